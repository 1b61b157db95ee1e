// Plays an honest and a cheating agent on each task, through the real rollout, sandbox and judge, and prints what they got: no cheat may
// get more than the better one of starter and honest agent, every cheat must be known by a flag, and no honest agent may bear one.
// The last line is one JSON object; exit code 1 where that does not hold.
// Usage: node scripts/oracles.ts [--backend bubblewrap] [--solution reference|probe] [--verbose] TASK…
import { parseArgs } from "node:util";
import { seenBy } from "../src/compose/seenBy.ts";
import { hasItsData, openTask } from "../src/compose/tasks.ts";
import { createWorld } from "../src/compose/world.ts";
import { flagsOf as namesOf } from "../src/core/signal.ts";
import { writtenOut } from "../src/tasks/families/taskNames.ts";
import { readSolutions } from "../src/tasks/readSolutions.ts";
import { GROUNDS, newToken, openGround } from "../tests/hostile/kit/ground.ts";
import {
  honestActions,
  isBeyond,
  mostOf,
  type OracleResult,
  playCheat,
  playOracle,
} from "../tests/hostile/kit/oracle.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    backend: { type: "string", default: "bubblewrap" },
    solution: { type: "string", default: "reference" },
    verbose: { type: "boolean", default: false },
  },
});
const backend = GROUNDS.find((known) => known === values.backend);
if (backend === undefined || positionals.length === 0) {
  console.error(`name tasks, and a backend of ${GROUNDS.join(", ")}`);
  process.exit(2);
}

const world = await createWorld();
const totals = { tasks: 0, moved: 0, cheatsFlagged: 0, falseFlags: 0, trapsTaken: 0, wrong: 0 };
await using ground = await openGround(backend, newToken());
console.log(
  row(["task", "starter", "honest", "cheat", "σ", "moved", "s", "flags of the cheat", "flags of the honest"]),
);
for (const id of writtenOut(positionals)) {
  const startedAt = performance.now();
  const task = await openTask(world, id);
  if (!hasItsData(task)) {
    console.log(row([id, "its data is not prepared here"]));
    continue;
  }
  const solutions = await readSolutions(task);
  const solution = solutions.find(({ name }) => name === values.solution) ?? null;
  const starter = await playOracle(ground, task, honestActions(task, null));
  const honest = solution === null ? starter : await playOracle(ground, task, honestActions(task, solution));
  const cheat = await playCheat(ground, task, await seenBy(task));
  const most = mostOf(task, starter, honest);
  const isMoved = isBeyond(task, cheat, most);
  const { honeypot } = task.definition;
  const ofCheat = namesOf(cheat.signals);
  // That the starter was handed in as it was is no fault of it.
  const ofHonest = namesOf([
    ...honest.signals,
    ...starter.signals.filter(({ name }) => name !== "copy:starter"),
  ]).filter((name) => solution !== null || name !== "copy:starter");
  const isTaken = ofCheat.includes("honeypot:taken");
  totals.tasks += 1;
  totals.moved += isMoved && !isTaken ? 1 : 0;
  totals.trapsTaken += isTaken ? 1 : 0;
  totals.cheatsFlagged += ofCheat.length > 0 ? 1 : 0;
  totals.falseFlags += ofHonest.length;
  const isWrong =
    (isMoved && !isTaken) || ofCheat.length === 0 || ofHonest.length > 0 || honest.score === null;
  totals.wrong += isWrong ? 1 : 0;
  const seconds = (performance.now() - startedAt) / 1000;
  console.log(
    row([
      honeypot === undefined ? id : `${id} (${honeypot.kind})`,
      text(starter),
      solution === null ? "no solution" : text(honest),
      text(cheat),
      Math.max(task.definition.sigma, starter.deviation, honest.deviation).toPrecision(2),
      isMoved ? "MOVED" : "no",
      seconds.toFixed(0),
      ofCheat.join(" ") || "NONE",
      ofHonest.join(" ") || "none",
    ]),
  );
  if (values.verbose || isWrong) {
    for (const [who, { signals, reason, outcome }] of Object.entries({ starter, honest, cheat })) {
      console.log(`    ${who}: ${outcome}${reason === null ? "" : `, ${reason}`}`);
      for (const { name, step, evidence } of signals) console.log(`        ${name} at ${step}: ${evidence}`);
    }
  }
}
console.log(JSON.stringify({ backend, ...totals }));
process.exitCode = totals.wrong > 0 ? 1 : 0;

function text({ score }: OracleResult): string {
  return score === null ? "none" : String(Number(score.toPrecision(5)));
}

function row(cells: readonly string[]): string {
  const widths = [34, 10, 11, 10, 9, 6, 5, 80];
  return cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(" ");
}
