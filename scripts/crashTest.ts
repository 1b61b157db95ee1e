// Kills a run with SIGKILL at chosen moments of generating, evaluating and writing, resumes it, and compares it with a run that nothing
// disturbed: same keys, each once, same scores, same table hashes. Usage: node scripts/crashTest.ts [kills=20] [rolloutsPerCell=3] [backend=process]
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { LedgerEvent } from "../src/core/ledger.ts";
import { fold } from "../src/core/runState.ts";
import { readManifest } from "../src/dataset/manifest.ts";
import { readLedger } from "../src/store/ledger.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const POLL_MS = 2;
const RUN_MS_MAX = 300_000;
/** As pipelines/quickstart.yaml has them. */
const JUDGE_SEEDS = 3;

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
    resumed: of("rollout-resumed").length,
    recorded: of("evaluation-ended").filter(({ evaluation }) => evaluation.phase === "record").length,
  };
}

type Moment = { readonly name: string; readonly isReached: (directory: string) => Promise<boolean> };

async function lineCount(directory: string): Promise<number> {
  const text = await readFile(path.join(directory, "ledger.jsonl"), "utf8").catch(() => "");
  return text.split("\n").length - 1;
}

interface Picture {
  readonly playing: number;
  readonly judging: number;
  readonly ended: number;
  readonly recorded: number;
}

/** What the ledger says is under way: rollouts that have started, and ended ones whose scores of record are not all there. */
async function picture(directory: string): Promise<Picture> {
  const file = path.join(directory, "ledger.jsonl");
  const { events } = existsSync(file) ? await readLedger(file) : { events: [] };
  const state = fold(events);
  const judged = new Map<string, number>();
  for (const { submission, phase } of state.evaluations.values()) {
    if (phase === "record") judged.set(submission, (judged.get(submission) ?? 0) + 1);
  }
  const rollouts = [...state.rollouts.values()];
  const isJudged = (submission: string | null | undefined) =>
    !submission || (judged.get(submission) ?? 0) >= JUDGE_SEEDS;
  const ended = rollouts.filter(({ status }) => status === "ended");
  return {
    playing: rollouts.filter(({ status }) => status === "started").length,
    judging: ended.filter(
      ({ facts }) => !isJudged(facts?.finalSubmission) || !isJudged(facts?.bestValidated?.submission),
    ).length,
    ended: ended.length,
    recorded: [...judged.values()].reduce((sum, count) => sum + count, 0),
  };
}

/** In words, and the stage that it counts for: writing, else judging where anything is being judged, else playing. */
async function stageAt(directory: string): Promise<{ stage: string; words: string }> {
  if (isWriting(directory)) return { stage: "write", words: "while the dataset is written" };
  const { playing, judging } = await picture(directory);
  return {
    stage: judging > 0 ? "evaluate" : "generate",
    words: `${playing} playing, ${judging} being judged`,
  };
}

function isWriting(directory: string): boolean {
  return (
    existsSync(path.join(directory, ".dataset.building")) ||
    existsSync(path.join(directory, "dataset", "manifest.json"))
  );
}

/** Moments of all three stages: by lines of the ledger, by scores of record, after the last rollout, and while writing. */
function moments(
  count: number,
  calm: { lines: number; rollouts: number; recorded: number },
): readonly Moment[] {
  const share = (part: number) => Math.max(1, Math.round(count * part));
  const [writing, last, judging] = [share(0.2), share(0.15), share(0.25)];
  const playing = Math.max(1, count - writing - last - judging);
  const spread = (n: number, i: number, most: number) => Math.max(1, Math.round(((i + 0.7) / n) * most));
  const list = (n: number, make: (i: number) => Moment) => Array.from({ length: n }, (_, i) => make(i));
  const after = (
    name: string,
    delayMs: number,
    hasBegun: (directory: string) => Promise<boolean>,
  ): Moment => {
    let seenAt: number | null = null;
    return {
      name,
      isReached: async (directory) => {
        if (seenAt === null && (await hasBegun(directory))) seenAt = performance.now();
        return seenAt !== null && performance.now() - seenAt >= delayMs;
      },
    };
  };
  return [
    ...list(playing, (i) => {
      const line = spread(playing, i, calm.lines - 3);
      return {
        name: `ledger line ${line}`,
        isReached: async (directory) => (await lineCount(directory)) >= line,
      };
    }),
    ...list(judging, (i) => {
      const score = spread(judging, i, calm.recorded - 1);
      return {
        name: `score of record ${score}`,
        isReached: async (directory) => (await picture(directory)).recorded >= score,
      };
    }),
    ...list(last, (i) =>
      after(
        `${i * 60} ms after the last rollout`,
        i * 60,
        async (directory) => (await picture(directory)).ended >= calm.rollouts,
      ),
    ),
    ...list(writing, (i) =>
      after(`${i * 40} ms into writing`, i * 40, async (directory) => isWriting(directory)),
    ),
  ].slice(0, count);
}

async function killAt(moment: Moment, directory: string) {
  const run = play(directory);
  let over = false;
  run.exited.then(() => {
    over = true;
  });
  while (!over && !(await moment.isReached(directory)))
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  run.kill();
  await run.exited;
  return stageAt(directory);
}

let failures = 0;
const stages = new Map<string, number>();
try {
  const calm = path.join(folder, "calm");
  const calmExit = await play(calm).exited;
  const expected = await resultOf(calm);
  console.log(
    `calm run: exit ${calmExit}, ${expected.keys.length} rollouts, ${expected.lines} ledger lines, ${expected.tables.join(" ")}`,
  );
  const { lines: _lines, retried: _retried, resumed: _resumed, recorded: _recorded, ...same } = expected;
  for (const [index, moment] of moments(Number(kills), {
    lines: expected.lines,
    rollouts: expected.keys.length,
    recorded: expected.recorded,
  }).entries()) {
    const directory = path.join(folder, `run-${String(index).padStart(2, "0")}`);
    const { stage, words } = await killAt(moment, directory);
    stages.set(stage, (stages.get(stage) ?? 0) + 1);
    const exit = await resume(directory).exited;
    const { lines: _, recorded: _scores, retried, resumed, ...got } = await resultOf(directory);
    const equal = JSON.stringify(got) === JSON.stringify(same) && exit === calmExit;
    if (!equal) failures++;
    console.log(
      `${equal ? "same" : "DIFFERENT"}: killed at ${moment.name} (${words}), ${resumed} rollouts taken up, ${retried} begun again, resume exit ${exit}`,
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
  if (failures === 0 && stages.size > 0) await rm(folder, { recursive: true, force: true });
}
console.log(JSON.stringify({ kills, stages: Object.fromEntries(stages), failures }));
process.exit(failures === 0 ? 0 : 1);
