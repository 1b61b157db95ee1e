// Holds a finished quickstart run to what its README promises: enough rollouts, a natural mix of endings, and scores that differ by far more
// than the judge's noise. Usage: node scripts/checkQuickstart.ts RUN. One line a promise; exit 1 when one is broken.
import { planOf } from "../src/compose/plan.ts";
import { readStoredRun } from "../src/compose/storedRun.ts";
import { createWorld } from "../src/compose/world.ts";
import { type CellSummary, quantile, summariseCells } from "../src/pipeline/summary.ts";

const directory = process.argv[2];
if (directory === undefined) {
  console.error("usage: node scripts/checkQuickstart.ts RUN");
  process.exit(2);
}
const { reader, pipeline } = await readStoredRun(directory, []);
const plan = await planOf(await createWorld(), pipeline);
const cells = summariseCells(plan, reader.state);
const usedFor = (use: string) =>
  new Set(
    plan.cells.filter(({ task }) => task.definition.use === use).map(({ task }) => task.definition.family),
  ).size;
const ended = [...reader.state.rollouts.values()].filter(({ status }) => status === "ended");
const steps = ended.map(({ facts }) => facts?.stepCount ?? 0).toSorted((a, b) => a - b);
const outcomes = new Set(cells.flatMap((cell) => Object.keys(cell.outcomes)));

let broken = 0;
function promise(what: string, found: string | number, holds: boolean): void {
  if (!holds) broken++;
  console.log(`${holds ? "ok    " : "BROKEN"} ${what}: ${found}`);
}

promise("families that train ≥ 2", usedFor("train"), usedFor("train") >= 2);
promise("families held out ≥ 2", usedFor("heldOut"), usedFor("heldOut") >= 2);
promise("benchmark tasks: none", usedFor("benchmark"), usedFor("benchmark") === 0);
promise("rollouts ≥ 120", ended.length, ended.length >= 120);
promise("median steps ≥ 8", quantile(steps, 0.5) ?? 0, (quantile(steps, 0.5) ?? 0) >= 8);
promise("judge seeds = 3", pipeline.stages.evaluate.seeds, pipeline.stages.evaluate.seeds === 3);
const validated = cells.reduce((sum, cell) => sum + cell.validatedCount, 0);
promise(
  "rollouts with a validation, most of them",
  `${validated} of ${ended.length}`,
  validated * 2 > ended.length,
);
for (const ending of ["submitted", "forfeit", "limit:steps", "limit:format"])
  promise(`ending ${ending}`, outcomes.has(ending) ? "seen" : "not seen", outcomes.has(ending));
const tokenOrWall = outcomes.has("limit:tokens") || outcomes.has("limit:wall");
promise("ending limit:tokens or limit:wall", tokenOrWall ? "seen" : "not seen", tokenOrWall);
for (const cell of cells) {
  promise(`${cell.taskId}: distinct scores ≥ 20`, cell.distinctScoreCount, cell.distinctScoreCount >= 20);
  const spread = spreadOf(cell);
  promise(
    `${cell.taskId}: p10 to p90 ≥ 10 σ`,
    `${spread.toPrecision(3)}, σ ${cell.sigma}`,
    spread >= 10 * cell.sigma,
  );
  promise(`${cell.taskId}: some worse than the baseline`, cell.worseCount, cell.worseCount > 0);
  promise(`${cell.taskId}: some better by 5 σ`, cell.aboveCount, cell.aboveCount > 0);
}
process.exit(broken === 0 ? 0 : 1);

function spreadOf(cell: CellSummary): number {
  return Math.abs((cell.p90 ?? 0) - (cell.p10 ?? 0));
}
