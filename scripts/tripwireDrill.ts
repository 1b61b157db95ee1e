// A model that starts to return garbage at rollout 30 of 500, at concurrency 8: the run must pause before 60 rollouts are admitted, tell, and
// after the fix go on to whole books. Through the command line, as a user would. Usage: node scripts/tripwireDrill.ts [rollouts=500]
// [garbageAfter=30] [concurrency=8]. Last line: one JSON object; exit 0 when all holds.
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { readLedger } from "../src/store/ledger.ts";
import { startDouble } from "./bench/startDouble.ts";

const [rollouts = 500, garbageAfter = 30, concurrency = 8] = process.argv.slice(2).map(Number);
const ROOT = fileURLToPath(new URL("..", import.meta.url));
const ADMITTED_MAX = garbageAfter * 2;
const RUN_MS_MAX = 1_800_000;

const folder = await mkdtemp(path.join(tmpdir(), "nightshift-drill-"));
const notices = path.join(folder, "notices");

interface Printed {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

function nightshift(...args: readonly string[]): Promise<Printed> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [path.join(ROOT, "bin/nightshift.js"), ...args],
      { cwd: folder, timeout: RUN_MS_MAX, maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) => {
        const exitCode = error === null ? 0 : typeof error.code === "number" ? error.code : -1;
        resolve({ exitCode, stdout, stderr });
      },
    );
  });
}

async function statusOf() {
  const { stdout } = await nightshift("status", "run", "--json");
  const { status, books, spent } = JSON.parse(stdout);
  const columns = [books.kept, books.owed, ...Object.values(books.dropped), ...Object.values(books.failed)];
  const sum = columns.reduce((total: number, count) => total + Number(count), 0);
  return { status, books, spentUsd: Number(spent.usd.toFixed(4)), doClose: sum === books.admitted };
}

let result: object;
let exitCode = 1;
try {
  await using double = await startDouble({
    "latency-ms": 20,
    steps: 6,
    "steps-sigma": 0.3,
    "garbage-after": garbageAfter,
  });
  await writeFile(
    path.join(folder, "drill.yaml"),
    `name: drill
cells:
  tasks: [battle-of-sexes]
  models:
    - { name: double, wire: openai, model: bench, baseUrls: ["${double.baseUrl}"], price: { inputPerMillion: 1, outputPerMillion: 4 } }
  sampling: [{ maxTokens: 512, seeded: true }]
rollouts: { perCell: ${rollouts} }
limits: { steps: 40, actionSeconds: 60 }
sandbox: { backend: process, unsafe: true }
concurrency: { rollouts: ${concurrency}, evaluations: 2 }
stages: { evaluate: { seeds: 1 } }
notify: { command: [sh, -c, "cat >> ${notices}"] }
`,
  );
  const run = await nightshift("run", "drill.yaml", "--out", "run");
  const paused = await statusOf();
  const { events } = await readLedger(path.join(folder, "run", "ledger.jsonl"));
  const said = run.stderr.split("\n").find((line) => line.startsWith("paused:")) ?? null;
  const pauseEvents = events.filter(({ kind }) => kind === "run-paused").length;
  const garbage = (await double.stats())["garbage"] ?? 0;
  await double.mend();
  const resumed = await nightshift("resume", "run");
  const after = await statusOf();
  const told = (await readFile(notices, "utf8"))
    .trim()
    .split("\n")
    .map((line) => String(JSON.parse(line).status));
  result = {
    rollouts,
    garbageAfter,
    concurrency,
    exitAtPause: run.exitCode,
    said,
    pauseEvents,
    garbageReplies: garbage,
    admittedAtPause: paused.books.admitted,
    paused,
    exitAfterResume: resumed.exitCode,
    after,
    told,
  };
  const holds =
    run.exitCode === 1 &&
    said !== null &&
    pauseEvents === 1 &&
    paused.status === "paused" &&
    paused.books.admitted < ADMITTED_MAX &&
    paused.doClose &&
    resumed.exitCode === 0 &&
    after.status === "complete" &&
    after.books.admitted === rollouts &&
    after.books.owed === 0 &&
    Object.keys(after.books.failed).length === 0 &&
    after.doClose &&
    after.spentUsd > paused.spentUsd &&
    told.join() === "paused,complete";
  exitCode = holds ? 0 : 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}
console.log(JSON.stringify({ holds: exitCode === 0, ...result }));
process.exit(exitCode);
