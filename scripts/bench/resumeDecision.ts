// How long a cut-off run takes to know what is done and what is owed: one rollout is really played, its ledger events are written down
// for all others but the last under their own keys, and the run is resumed. The clock stops at the first event of the rollout that is
// owed, the process's largest resident memory is read there, and the session is ended.
// Usage: node scripts/bench/resumeDecision.ts [rollouts=10000] [steps=20]. Last line: one JSON object.
import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, open, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { rolloutKey } from "../../src/core/cell.ts";
import { evaluationKey } from "../../src/core/evaluation.ts";
import type { LedgerEvent } from "../../src/core/ledger.ts";
import { encodeLine } from "../../src/store/lines.ts";
import { readRun } from "../../src/store/readRun.ts";
import { startDouble } from "./startDouble.ts";

const COMMAND_LINE = fileURLToPath(new URL("../../bin/nightshift.js", import.meta.url));
/** Of `/proc/PID/stat`, on every Linux. */
const CLOCK_TICKS_PER_SECOND = 100;
const WAIT_MS_MAX = 120_000;
const [rollouts = 10_000, steps = 20] = process.argv.slice(2).map(Number);
const folder = await mkdtemp(path.join(tmpdir(), "nightshift-bench-"));
const directory = path.join(folder, "run");
const ledgerFile = path.join(directory, "ledger.jsonl");

function nightshift(...args: string[]): ChildProcess {
  return spawn(process.execPath, [COMMAND_LINE, ...args], { stdio: ["ignore", "ignore", "inherit"] });
}

/** Milliseconds until the ledger, from this byte on, holds the text. */
async function untilLedgerHolds(text: string, from: number): Promise<number> {
  const begunAt = performance.now();
  while (performance.now() - begunAt < WAIT_MS_MAX) {
    if (existsSync(ledgerFile) && (await stat(ledgerFile)).size > from) {
      const file = await open(ledgerFile);
      const tail = await file.readFile();
      await file.close();
      if (tail.subarray(from).includes(text)) return performance.now() - begunAt;
    }
    await sleep(20);
  }
  throw new Error(`the ledger never said ${text}`);
}

async function end(child: ChildProcess): Promise<void> {
  child.kill("SIGKILL");
  await once(child, "exit");
}

try {
  await using double = await startDouble({ "latency-ms": 1, sigma: 0, steps });
  const file = path.join(folder, "bench.yaml");
  await writeFile(
    file,
    `name: resume-decision
cells:
  tasks: [battle-of-sexes]
  models: [{ name: double, wire: openai, model: bench, baseUrls: ["${double.baseUrl}"] }]
rollouts: { perCell: ${rollouts} }
limits: { steps: ${steps + 5} }
budgets: { tokens: 1000000000000 }
sandbox: { backend: process, unsafe: true }
concurrency: { rollouts: 1 }
stages: { evaluate: { seeds: 1 }, filter: { outcomes: [submitted] } }
`,
  );
  const playing = nightshift("run", file, "--out", directory);
  await untilLedgerHolds('"rollout-inspected"', 0);
  await end(playing);

  const { events, state, archive } = await readRun(directory);
  const played = [...state.rollouts.values()].find((rollout) => rollout.archive !== null);
  if (played?.archive == null) throw new Error("no rollout was played to its end");
  const { cell } = await archive.read(played.archive);
  const judged = events.find((event) => event.kind === "evaluation-ended");
  const own = events.filter(
    (event) =>
      ("key" in event && event.key === played.key) ||
      (event.kind === "call-started" && event.call.startsWith(`${played.key}/`)),
  );
  if (judged === undefined) throw new Error("no evaluation is in the ledger");

  /** The played rollout's events as those of another seed, with a submission of its own. */
  const eventsOf = (seedIndex: number): LedgerEvent[] => {
    const key = rolloutKey(cell, seedIndex, null);
    const submission = createHash("sha256").update(key).digest("hex");
    const { judgeHash, phase, seed } = judged.evaluation;
    return [
      ...own.map((event): LedgerEvent => {
        if (event.kind === "call-started") return { ...event, call: event.call.replace(played.key, key) };
        if (event.kind === "rollout-admitted") return { ...event, key, seedIndex };
        if (event.kind === "rollout-ended") {
          return {
            ...event,
            key,
            facts: { ...event.facts, finalSubmission: submission, bestValidated: null },
          };
        }
        return "key" in event ? { ...event, key } : event;
      }),
      {
        ...judged,
        evaluation: {
          ...judged.evaluation,
          submission,
          key: evaluationKey({ submission, judgeHash, phase, seed }),
        },
      },
    ];
  };
  const opening = events.filter(({ kind }) => kind === "run-opened");
  const ledger = await open(ledgerFile, "w");
  for (const event of opening) await ledger.write(encodeLine(event));
  for (let seedIndex = 0; seedIndex < rollouts - 1; seedIndex++) {
    await ledger.write(Buffer.concat(eventsOf(seedIndex).map(encodeLine)));
  }
  await ledger.close();
  const { size } = await stat(ledgerFile);

  const owed = rolloutKey(cell, rollouts - 1, null);
  const resumed = nightshift("resume", directory);
  const decidedMs = await untilLedgerHolds(`"rollout-started"`, size);
  const status = await readFile(`/proc/${resumed.pid}/status`, "utf8");
  const ticks = (await readFile(`/proc/${resumed.pid}/stat`, "utf8")).split(") ")[1]?.split(" ") ?? [];
  const isTheOneOwed = (await readFile(ledgerFile)).subarray(size).includes(owed);
  await end(resumed);
  console.log(
    JSON.stringify({
      rollouts: rollouts - 1,
      steps: (rollouts - 1) * (state.rollouts.get(played.key)?.facts?.stepCount ?? 0),
      ledgerMb: Math.round(size / 1e6),
      secondsToDecision: Math.round(decidedMs / 10) / 100,
      cpuSeconds: (Number(ticks[11]) + Number(ticks[12])) / CLOCK_TICKS_PER_SECOND,
      rssMaxMb: Math.round(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024),
      playsOnlyWhatIsOwed: isTheOneOwed,
    }),
  );
  process.exitCode = isTheOneOwed ? 0 : 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}
