// Damaged replies by the thousand, for every parser: none throws, none hangs, and enough are read that the readers are really tried. The
// full count of 100,000 a parser is `node scripts/fuzzParsers.ts`.
import { describe, expect, it } from "vitest";
import { TEXT_FORMS } from "../../src/agent/forms/forms.ts";
import { SCAFFOLDS } from "../../src/core/cell.ts";
import { prng } from "../../src/core/prng.ts";
import { blockedCommands, refusalOf } from "../../src/tools/blockedCommands.ts";
import { drawReply, fuzz } from "./replyGrammar.ts";

const REPLIES = 5_000;
const FIRST_SEED = 1_000_000;
/** Fewer would mean that the grammar tests only what is refused at once. */
const PARSED_SHARE_MIN = 0.3;

describe("parsers", () => {
  it.each(SCAFFOLDS)(
    `%s takes ${REPLIES} damaged replies without throwing, and reads enough of them`,
    (parser) => {
      const count = fuzz(parser, FIRST_SEED, REPLIES);
      const share = count.parsed / count.replies;
      process.stdout.write(
        `${parser}: ${count.replies} replies, ${(100 * share).toFixed(1)} % parsed, ${count.threw.length} threw\n`,
      );
      expect(count.threw).toEqual([]);
      expect(share).toBeGreaterThanOrEqual(PARSED_SHARE_MIN);
      expect(share).toBeLessThan(1);
    },
  );
});

describe("the reader of shell commands", () => {
  it("takes whatever the parsers read out of damaged replies", () => {
    let commands = 0;
    for (let seed = FIRST_SEED; seed < FIRST_SEED + REPLIES; seed++) {
      const asked = TEXT_FORMS.lastBlock.parse(drawReply("lastBlock", prng(seed)));
      if (asked.kind !== "command") continue;
      commands += 1;
      const refusal = refusalOf(asked.command, blockedCommands("mlgym"));
      expect(refusal === null || refusal.endsWith("so nothing of the command was run.")).toBe(true);
    }
    expect(commands).toBeGreaterThan(REPLIES * PARSED_SHARE_MIN);
  });
});
