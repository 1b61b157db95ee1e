// Parses damaged replies by the hundred thousand with every parser, and says how often one threw, how many parsed, and the longest parse.
// `node scripts/fuzzParsers.ts [--replies 100000] [--seed 1]`; exits with 1 where a parser threw or too few replies parsed.
import { parseArgs } from "node:util";
import { SCAFFOLDS } from "../src/core/cell.ts";
import { fuzz } from "../tests/agent/replyGrammar.ts";

/** Fewer would mean that the grammar tests only what is refused at once. */
const PARSED_SHARE_MIN = 0.3;

/** The time of this process alone: what else the machine does is not the parser's. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

const { values } = parseArgs({
  options: { replies: { type: "string", default: "100000" }, seed: { type: "string", default: "1" } },
});
const replies = Number(values.replies);
const seed = Number(values.seed);
process.stdout.write(`seeds ${seed} to ${seed + replies - 1}\n`);
for (const parser of SCAFFOLDS) {
  const startedAt = performance.now();
  const count = fuzz(parser, seed, replies, cpuMs);
  const seconds = (performance.now() - startedAt) / 1000;
  const share = count.parsed / count.replies;
  process.stdout.write(
    `${parser.padEnd(10)} ${count.replies} replies of ${Math.round(count.characters / count.replies)} characters on average: ` +
      `${count.threw.length} threw, ${(100 * share).toFixed(1)} % parsed to actions, ` +
      `longest parse ${count.longestMs.toFixed(1)} ms of CPU (seed ${count.longestSeed}), ${seconds.toFixed(1)} s in all\n`,
  );
  if (count.threw.length > 0)
    process.stdout.write(`  threw at seeds ${count.threw.slice(0, 10).join(", ")}\n`);
  if (count.threw.length > 0 || share < PARSED_SHARE_MIN) process.exitCode = 1;
}
