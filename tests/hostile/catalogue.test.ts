// The attacks on scores are complete: every row of the exploit catalogue that can apply here is attacked, and says what comes of it.
import { describe, expect, it } from "vitest";
import { SIGNAL_NAMES } from "../../src/core/signal.ts";
import { allAttacks } from "./kit/attacks.ts";

const MUST = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 15, 16, 17, 21, 27, 28, 29, 30, 32, 33];
/** Beyond those: what applies too. 26 is allowed where it is honest, 31 needs a model as judge of the score, which there is not. */
const MORE = [13, 18, 19, 20, 22, 23, 24, 25, 34, 35, 36, 37];

const attacks = (await allAttacks()).filter(({ aim }) => aim === "score");

describe("the catalogue of exploits", () => {
  it("is attacked row by row", () => {
    const rows = attacks
      .filter(({ id }) => !/^(?:policy|csv|repo)-/.test(id))
      .flatMap(({ row }) =>
        [...(row.split(":", 1)[0] ?? "").matchAll(/F(\d+)/g)].map(([, number]) => Number(number)),
      );
    expect([...new Set(rows)].sort((a, b) => a - b)).toEqual([...MUST, ...MORE].sort((a, b) => a - b));
  });

  it("expects flags that there are, of most attacks at least one", () => {
    const known: readonly string[] = SIGNAL_NAMES;
    for (const { id, flags } of attacks)
      expect(
        flags.filter((flag) => !known.includes(flag)),
        id,
      ).toEqual([]);
    const flagged = attacks.filter(({ flags }) => flags.length > 0);
    expect(flagged.length).toBeGreaterThanOrEqual(30);
  });
});
