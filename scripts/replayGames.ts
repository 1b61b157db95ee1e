// Replays MLGym's recorded runs of its three games, or of the tasks named, against tasks imported from the same checkout, and prints what is equal.
// Usage: MLGYM_CHECKOUT=… node scripts/replayGames.ts [mlgymId...] [--part 1/1] [--keep FILE] [--seconds 3600] [--evaluations 10000] [--backend auto] [--differences]
// --part 2/6 replays the second sixth of each task's runs. --keep appends each run's report to FILE as a JSON line and leaves out runs that are there,
// so that many short calls make one table; after --seconds no further run is begun. --evaluations 1 compares one score a run: they cost the most. Exit 0 when at least 95 % of the data lines are equal and each difference has a known reason.
import { appendFile, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { shortNumber, textTable } from "../src/cli/table.ts";
import { FACT_RULES, REASONS } from "../src/compat/facts.ts";
import type { ReplayReport } from "../src/compat/replayTraj.ts";
import { SKIPPED } from "../src/compat/skipped.ts";
import { summaryOf } from "../src/compat/summary.ts";
import { importCheckout } from "../src/compose/importMlgym.ts";
import { type ReplayedFile, replayCheck } from "../src/compose/replayCheck.ts";
import { createWorld } from "../src/compose/world.ts";
import { UserError } from "../src/core/errors.ts";

const GAMES = ["battleOfSexes", "blotto", "prisonersDilemma"];
const RUNS = "trajectories/mlgym_bench_v0";
const EQUAL_SHARE_MIN = 0.95;
const SHOWN_CHARS = 100;

interface Kept {
  readonly task: string;
  readonly run: string;
  readonly report: ReplayReport;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    part: { type: "string", default: "1/1" },
    keep: { type: "string" },
    evaluations: { type: "string", default: "10000" },
    seconds: { type: "string", default: "3600" },
    backend: { type: "string", default: "auto" },
    differences: { type: "boolean", default: false },
  },
});
const checkout = process.env["MLGYM_CHECKOUT"];
const [part, parts] = values.part.split("/").map(Number);
if (checkout === undefined || part === undefined || parts === undefined || !(part >= 1 && part <= parts)) {
  console.error("set MLGYM_CHECKOUT to a checkout of MLGym with its trajectories; --part is as 2/6");
  process.exit(2);
}

const world = await createWorld();
const ids = positionals.length > 0 ? positionals : GAMES;
const keep = values.keep === undefined ? null : path.resolve(values.keep);
const kept = keep === null ? [] : await readKept(keep);
const folder = await mkdtemp(path.join(tmpdir(), "nightshift-replay-"));
const from = path.resolve(checkout);
const signal = new AbortController().signal;
const { backend } = values;
const evaluationsMax = Number(values.evaluations);
const endsAtMs = performance.now() + 1000 * Number(values.seconds);
try {
  const imported = await importCheckout(world, { checkout: from, out: path.join(folder, "tasks") }, signal);
  // Tasks are found in `tasks/` of the folder that a program runs in.
  process.chdir(folder);
  for (const id of ids) {
    const task = imported.find(({ mlgymId, task }) => mlgymId === id && task !== null)?.task;
    if (task == null) throw new UserError(`${id}: no task of that id was imported`);
    const paths = await runsOf(id);
    if (paths.length === 0) continue;
    for await (const file of replayCheck(world, { paths, taskId: task, backend, evaluationsMax }, signal)) {
      await note(id, file);
      if (performance.now() > endsAtMs) break;
    }
  }
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
} finally {
  process.chdir(tmpdir());
  await rm(folder, { recursive: true, force: true });
}
if (process.exitCode === undefined) process.exitCode = tell() ? 0 : 1;

/** The recorded files of a task that belong to this part and are not kept yet. */
async function runsOf(id: string): Promise<readonly string[]> {
  const root = path.join(from, RUNS);
  const names = (await readdir(root)).filter((name) => name.split("__")[1] === id).sort();
  const files: string[] = [];
  for (const [index, name] of names.entries()) {
    const isPart = index % (parts ?? 1) === (part ?? 1) - 1;
    const isKept = kept.some(({ task, run }) => task === id && run === name);
    const has = (await readdir(path.join(root, name))).includes(`${id}.traj`);
    if (isPart && !isKept && has) files.push(path.join(root, name, `${id}.traj`));
  }
  return files;
}

async function readKept(file: string): Promise<Kept[]> {
  const text = await readFile(file, "utf8").catch(() => "");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line): Kept => JSON.parse(line));
}

async function note(task: string, file: ReplayedFile): Promise<void> {
  const run = path.basename(path.dirname(file.file));
  if ("why" in file) {
    console.log(`${run}: not replayed: ${file.why}`);
    return;
  }
  const one: Kept = { task, run, report: file.report };
  kept.push(one);
  if (keep !== null) await appendFile(keep, `${JSON.stringify(one)}\n`);
}

/** Prints the tables; true where the goal is met. */
function tell(): boolean {
  const rows = [...ids, "all"].map((id) => {
    const reports = kept.filter(({ task }) => id === "all" || task === id).map(({ report }) => report);
    const { runs, steps, comparable, equal, share, vintages, given } = summaryOf(reports);
    const different = comparable - equal;
    const cells = [
      runs,
      vintages.V1,
      vintages.V2,
      vintages.unknown,
      steps,
      comparable,
      equal,
      different,
      given,
    ];
    return [id, ...cells.map(String), `${shortNumber(share * 100)} %`];
  });
  const header = [
    "task",
    "runs",
    "V1",
    "V2",
    "?",
    "steps",
    "data lines",
    "equal",
    "differ",
    "given",
    "share",
  ];
  console.log(textTable(header, rows));
  const all = summaryOf(kept.map(({ report }) => report));
  console.log("");
  console.log(
    textTable(
      ["class", "compared", "equal", "share", "equal if"],
      all.classes.map(({ name, comparable, equal }) => [
        name,
        String(comparable),
        String(equal),
        `${shortNumber((equal / comparable) * 100)} %`,
        FACT_RULES[name],
      ]),
    ),
  );
  console.log("");
  for (const { reason, count } of all.reasons) console.log(`${count} differ, ${reason}: ${REASONS[reason]}`);
  for (const { why, count } of all.skipped) console.log(`${count} actions not compared: ${SKIPPED[why]}`);
  if (values.differences) {
    for (const { task, run, report } of kept) {
      for (const { step, class: kind, key, recorded, now, reason } of report.differences) {
        const shown = [recorded, now]
          .map((value) => JSON.stringify(value)?.slice(0, SHOWN_CHARS))
          .join(" → ");
        console.log(`${task} ${run} step ${step} ${reason} ${kind} ${key}: ${shown}`);
      }
    }
  }
  const isExplained = all.reasons.every(({ reason }) => reason !== "unexplained");
  return all.runs > 0 && all.share >= EQUAL_SHARE_MIN && isExplained;
}
