// Plays whole runs against their own forecasts: two rollouts of each cell, the forecast, then the rest, on the LLM double with prices and
// rollouts of varying length. Usage: node scripts/pilotForecast.ts [seeds=10] [perCell=10]. A table, then one JSON line; exit 0 when the
// actual cost is within its interval, and that no wider than ±35 %, in nine of ten seeds.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { textTable } from "../src/cli/table.ts";
import { checkPlan } from "../src/compose/place.ts";
import { planOf, readPipeline } from "../src/compose/plan.ts";
import { openPlannedRun } from "../src/compose/runs.ts";
import { createWorld } from "../src/compose/world.ts";
import type { Interval } from "../src/pipeline/logInterval.ts";
import { startDouble } from "./bench/startDouble.ts";

const [seeds = 10, perCell = 10] = process.argv.slice(2).map(Number);
const PILOT = 2;
const HALF_WIDTH_MAX = 0.35;
const SHARE_WANTED = 0.9;
const STEPS = 8;
/** Within a cell, rollouts differ by this in the logarithm of their steps, and by some 1.7 times as much in their cost. */
const STEPS_SIGMA = 0.25;
const TASKS_SIGMA = 0.3;

const world = await createWorld();
const folder = await mkdtemp(path.join(tmpdir(), "nightshift-pilot-"));

interface Row {
  readonly seed: number;
  readonly usd: Interval;
  readonly actualUsd: number;
  readonly tokens: Interval;
  readonly actualTokens: number;
  readonly perAccepted: Interval | null;
  readonly actualPerAccepted: number | null;
  readonly rollouts: number;
}

function pipelineText(baseUrl: string): string {
  return `name: pilot-forecast
cells:
  tasks: [3-sat, prisoners-dilemma, battle-of-sexes, colonel-blotto]
  models:
    - { name: small, wire: openai, model: double-small, baseUrls: ["${baseUrl}"], price: { inputPerMillion: 0.5, outputPerMillion: 2 } }
    - { name: middle, wire: openai, model: double-middle, baseUrls: ["${baseUrl}"], price: { inputPerMillion: 1, outputPerMillion: 4 } }
    - { name: large, wire: openai, model: double-large, baseUrls: ["${baseUrl}"], price: { inputPerMillion: 1.5, outputPerMillion: 6 } }
  sampling: [{ maxTokens: 512, seeded: true }]
rollouts: { perCell: ${perCell} }
limits: { steps: ${STEPS * 12}, actionSeconds: 60 }
sandbox: { backend: process, unsafe: true }
concurrency: { rollouts: 8, evaluations: 2 }
stages: { evaluate: { seeds: 1 } }
`;
}

async function playSeed(seed: number): Promise<Row> {
  await using double = await startDouble({
    seed,
    "latency-ms": 2,
    steps: STEPS,
    "steps-sigma": STEPS_SIGMA,
    "tasks-sigma": TASKS_SIGMA,
  });
  const file = path.join(folder, `${seed}.yaml`);
  await writeFile(file, pipelineText(double.baseUrl));
  const { pipeline, text } = await readPipeline(file, []);
  const plan = await planOf(world, pipeline);
  const place = await checkPlan(world, plan);
  const directory = path.join(folder, `run-${seed}`);
  const run = await openPlannedRun(world, { directory, plan, place, create: { text } });
  try {
    const never = new AbortController().signal;
    const piloted = await run.play(never, { seedsMax: PILOT });
    const { usd, tokens, usdPerAccepted } = run.forecast();
    const ending = await run.play(never);
    const { books } = run.progress();
    const { spent } = run.state;
    if (piloted !== "played" || ending !== "played" || books.owed > 0 || usd === null) {
      throw new Error(`seed ${seed}: the run ended as ${piloted}, ${ending} with ${JSON.stringify(books)}`);
    }
    return {
      seed,
      usd,
      actualUsd: spent.usd,
      tokens,
      actualTokens: spent.tokens,
      perAccepted: usdPerAccepted,
      actualPerAccepted: books.kept === 0 ? null : spent.usd / books.kept,
      rollouts: books.admitted,
    };
  } finally {
    await run.close();
    await rm(directory, { recursive: true, force: true });
  }
}

const holds = ({ low, high }: Interval, value: number) => low <= value && value <= high;
const halfWidth = ({ low, likely, high }: Interval) => Math.max(high / likely - 1, 1 - low / likely);
const dollars = (value: number) => `$${value.toFixed(3)}`;

const rows: Row[] = [];
try {
  for (let seed = 1; seed <= seeds; seed++) rows.push(await playSeed(seed));
} finally {
  await rm(folder, { recursive: true, force: true });
}
console.log(
  textTable(
    ["seed", "rollouts", "low", "likely", "high", "±", "actual", "off by", "inside", "tokens", "$/accepted"],
    rows.map(({ seed, rollouts, usd, actualUsd, tokens, actualTokens, perAccepted, actualPerAccepted }) => [
      String(seed),
      String(rollouts),
      dollars(usd.low),
      dollars(usd.likely),
      dollars(usd.high),
      `${(halfWidth(usd) * 100).toFixed(0)} %`,
      dollars(actualUsd),
      `${((actualUsd / usd.likely - 1) * 100).toFixed(1)} %`,
      holds(usd, actualUsd) ? "yes" : "NO",
      holds(tokens, actualTokens) ? "yes" : "NO",
      perAccepted === null || actualPerAccepted === null
        ? "–"
        : holds(perAccepted, actualPerAccepted)
          ? "yes"
          : "NO",
    ]),
  ),
);
const inside = rows.filter(({ usd, actualUsd }) => holds(usd, actualUsd)).length;
const narrow = rows.filter(({ usd }) => halfWidth(usd) <= HALF_WIDTH_MAX).length;
const both = rows.filter(
  ({ usd, actualUsd }) => holds(usd, actualUsd) && halfWidth(usd) <= HALF_WIDTH_MAX,
).length;
console.log(
  JSON.stringify({
    seeds: rows.length,
    inside,
    narrow,
    both,
    widest: Number(Math.max(...rows.map(({ usd }) => halfWidth(usd))).toFixed(3)),
    tokensInside: rows.filter(({ tokens, actualTokens }) => holds(tokens, actualTokens)).length,
    perAcceptedInside: rows.filter(
      ({ perAccepted, actualPerAccepted }) =>
        perAccepted !== null && actualPerAccepted !== null && holds(perAccepted, actualPerAccepted),
    ).length,
  }),
);
process.exit(both >= SHARE_WANTED * rows.length ? 0 : 1);
