// Kills a run with SIGKILL at chosen moments of generating, evaluating and writing, resumes it, and compares it with a run that nothing
// disturbed: same keys, each once, same scores, same table hashes. Usage: node scripts/crashTest.ts [kills=20] [rolloutsPerCell=3] [backend=process]
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { LedgerEvent } from "../src/core/ledger.ts";
import { readManifest } from "../src/dataset/manifest.ts";
import { readLedger } from "../src/store/ledger.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const POLL_MS = 2;
const RUN_MS_MAX = 300_000;

const [kills = 20, perCell = 3, backend = "process"] = process.argv
  .slice(2)
  .map((arg) => (Number.isNaN(Number(arg)) ? arg : Number(arg)));
const folder = await mkdtemp(path.join(tmpdir(), "nightshift-crash-"));
const SETTINGS = [
  `rollouts.perCell=${perCell}`,
  "rollouts.groupSize=1",
  `sandbox.backend=${backend}`,
].flatMap((set) => ["--set", set]);

interface Run {
  readonly exited: Promise<number | null>;
  kill(): void;
}

function nightshift(args: readonly string[]): Run {
  const child = spawn(process.execPath, [path.join(ROOT, "bin/nightshift.js"), ...args], {
    cwd: ROOT,
    stdio: ["ignore", "ignore", "pipe"],
  });
  child.stderr.on("data", (text: Buffer) => process.stderr.write(text));
  const timer = setTimeout(() => child.kill("SIGKILL"), RUN_MS_MAX);
  const exited = new Promise<number | null>((resolve) => child.on("exit", (code) => resolve(code)));
  exited.finally(() => clearTimeout(timer));
  return { exited, kill: () => child.kill("SIGKILL") };
}

const pipeline = path.join(ROOT, "pipelines/quickstart.yaml");
const play = (directory: string) => nightshift(["run", pipeline, ...SETTINGS, "--out", directory]);
const resume = (directory: string) => nightshift(["resume", directory]);

/** What must be the same in every run: keys, endings and scores from the ledger, table hashes from the manifest. */
async function resultOf(directory: string) {
  const { events } = await readLedger(path.join(directory, "ledger.jsonl"));
  const of = <K extends LedgerEvent["kind"]>(kind: K) =>
    events.filter((event): event is Extract<LedgerEvent, { kind: K }> => event.kind === kind);
  const admitted = of("rollout-admitted").map(({ key }) => key);
  const ended = of("rollout-ended").map(({ key }) => key);
  const scores = new Map<string, string>();
  for (const { evaluation } of of("evaluation-ended")) {
    const text =
      evaluation.kind === "scored" ? JSON.stringify([evaluation.score, evaluation.phase]) : evaluation.reason;
    scores.set(evaluation.key, text);
  }
  const { tables } = await readManifest(path.join(directory, "dataset"));
  return {
    keys: admitted.toSorted(),
    once:
      new Set(ended).size === ended.length &&
      new Set(admitted).size === admitted.length &&
      ended.length === admitted.length,
    scores: [...scores].toSorted(([a], [b]) => (a < b ? -1 : 1)),
    tables: Object.entries(tables).map(([name, { rows, tableHash }]) => `${name}:${rows}:${tableHash}`),
    lines: events.length,
    retried: of("rollout-retried").length,
  };
}

type Moment = { readonly name: string; readonly isReached: (directory: string) => Promise<boolean> };

async function lineCount(directory: string): Promise<number> {
  const text = await readFile(path.join(directory, "ledger.jsonl"), "utf8").catch(() => "");
  return text.split("\n").length - 1;
}

/** Which stage the run was in, from the last lines of its ledger. */
async function phaseAt(directory: string): Promise<string> {
  if (existsSync(path.join(directory, ".dataset.building"))) return "write";
  const { events } = await readLedger(path.join(directory, "ledger.jsonl"));
  const last = events.at(-1);
  if (last === undefined) return "generate";
  if (last.kind === "dataset-written") return "write";
  return last.kind === "evaluation-ended" && last.evaluation.phase === "record" ? "evaluate" : "generate";
}

function moments(count: number, calmLines: number): readonly Moment[] {
  const writing = Math.max(1, Math.round(count / 5));
  const inLedger = count - writing;
  const byLine = Array.from({ length: inLedger }, (_, i): Moment => {
    const line = Math.max(1, Math.round(((i + 0.7) / inLedger) * (calmLines - 3)));
    return {
      name: `ledger line ${line}`,
      isReached: async (directory) => (await lineCount(directory)) >= line,
    };
  });
  const atWrite = Array.from({ length: writing }, (_, i): Moment => {
    let seenAt: number | null = null;
    const isWriting = (directory: string) =>
      existsSync(path.join(directory, ".dataset.building")) ||
      existsSync(path.join(directory, "dataset", "manifest.json"));
    return {
      name: `${i * 40} ms into writing`,
      isReached: async (directory) => {
        if (seenAt === null && isWriting(directory)) seenAt = performance.now();
        return seenAt !== null && performance.now() - seenAt >= i * 40;
      },
    };
  });
  return [...byLine, ...atWrite];
}

async function killAt(moment: Moment, directory: string): Promise<string> {
  const run = play(directory);
  let over = false;
  run.exited.then(() => {
    over = true;
  });
  while (!over && !(await moment.isReached(directory)))
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  run.kill();
  await run.exited;
  return phaseAt(directory);
}

let failures = 0;
const phases = new Map<string, number>();
try {
  const calm = path.join(folder, "calm");
  const calmExit = await play(calm).exited;
  const expected = await resultOf(calm);
  console.log(
    `calm run: exit ${calmExit}, ${expected.keys.length} rollouts, ${expected.lines} ledger lines, ${expected.tables.join(" ")}`,
  );
  const { lines: _lines, retried: _retried, ...same } = expected;
  for (const [index, moment] of moments(Number(kills), expected.lines).entries()) {
    const directory = path.join(folder, `run-${String(index).padStart(2, "0")}`);
    const phase = await killAt(moment, directory);
    phases.set(phase, (phases.get(phase) ?? 0) + 1);
    const exit = await resume(directory).exited;
    const { lines: _, retried, ...got } = await resultOf(directory);
    const equal = JSON.stringify(got) === JSON.stringify(same) && exit === calmExit;
    if (!equal) failures++;
    console.log(
      `${equal ? "same" : "DIFFERENT"}: killed at ${moment.name} (${phase}), ${retried} rollouts started again, resume exit ${exit}`,
    );
    if (equal) await rm(directory, { recursive: true, force: true });
    else
      for (const name of ["keys", "once", "scores", "tables"] as const)
        if (JSON.stringify(got[name]) !== JSON.stringify(same[name]))
          console.log(`  ${name} differ in ${directory}`);
  }
  const before = await readFile(path.join(calm, "ledger.jsonl"));
  const startedAt = performance.now();
  const again = await resume(calm).exited;
  const seconds = (performance.now() - startedAt) / 1000;
  const unchanged = before.equals(await readFile(path.join(calm, "ledger.jsonl")));
  if (!unchanged || again !== 0) failures++;
  console.log(
    `resume of the finished run: exit ${again}, ${unchanged ? "nothing changed" : "CHANGED"}, ${seconds.toFixed(2)} s`,
  );
} finally {
  if (failures === 0 && phases.size > 0) await rm(folder, { recursive: true, force: true });
}
console.log(JSON.stringify({ kills, phases: Object.fromEntries(phases), failures }));
process.exit(failures === 0 ? 0 : 1);
