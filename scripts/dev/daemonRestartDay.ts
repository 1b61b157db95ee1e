// One run over a Docker daemon of its own that is restarted twice: under the playing run, and while the orchestrator is dead. What came of it.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { readRun } from "../../src/store/readRun.ts";
import { startDouble } from "../bench/startDouble.ts";
import { startOwnDaemon } from "./ownDaemon.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
export const IMAGE = "nightshift/python:latest";
const ROLLOUTS = 2;
const STEPS = 30;
/** Long enough for a restart of the daemon to fall into a rollout. */
const LATENCY_MS = 700;
const WAIT_MS_MAX = 120_000;
const ASK_EVERY_MS = 50;

export interface DaemonRestartDay {
  readonly liveRestore: boolean;
  readonly exitCode: number | null;
  readonly outcomes: readonly string[];
  /** How rollouts were taken up: under the playing run, and by the resume that found the daemon restarted. */
  readonly underRun: readonly string[];
  readonly byResume: readonly string[];
  readonly sold: number;
  readonly recorded: number;
  /** Steps of tries that were begun anew. */
  readonly boughtAgain: number;
  readonly lostCalls: number;
  readonly containersLeft: number;
  readonly seconds: number;
}

/** Plays the day. Throws where the daemon cannot be started, or where the run does not come on. */
export async function daemonRestartDay(liveRestore: boolean): Promise<DaemonRestartDay> {
  const startedAt = performance.now();
  const folder = await mkdtemp(path.join(tmpdir(), "nightshift-daemon-day-"));
  const directory = path.join(folder, "run");
  let session: ChildProcess | null = null;
  try {
    await using daemon = await startOwnDaemon(liveRestore);
    daemon.load(IMAGE);
    await using double = await startDouble({ "latency-ms": LATENCY_MS, sigma: 0.2, steps: STEPS });
    await writeFile(path.join(folder, "day.yaml"), pipeline(double.baseUrl));
    const nightshift = (...args: readonly string[]) => {
      const words = [path.join(ROOT, "bin/nightshift.js"), ...args];
      const env = { ...process.env, NIGHTSHIFT_DOCKER_SOCKET: daemon.socket };
      session = spawn(process.execPath, words, { cwd: folder, stdio: ["ignore", "ignore", "inherit"], env });
      return { child: session, exited: once(session, "exit").then(([code]: readonly unknown[]) => code) };
    };

    const run = nightshift("run", "day.yaml", "--out", directory);
    await untilCalls(directory, 3 * ROLLOUTS);
    await daemon.restart("SIGTERM");
    await untilCalls(directory, callsIn(directory) + 2 * ROLLOUTS);
    if (run.child.exitCode !== null)
      throw new Error("the run had ended before its orchestrator could be killed");
    run.child.kill("SIGKILL");
    await run.exited;
    const before = (await resumptions(directory)).length;
    await daemon.restart("SIGTERM");
    const code = await nightshift("resume", directory).exited;

    const { state, events } = await readRun(directory);
    const ended = [...state.rollouts.values()];
    const recorded = ended.reduce((sum, { facts }) => sum + (facts?.stepCount ?? 0), 0);
    const taken = await resumptions(directory);
    const { replies: sold = 0 } = await double.stats();
    return {
      liveRestore,
      exitCode: typeof code === "number" ? code : null,
      outcomes: ended.map(({ outcome }) => outcome?.kind ?? "owed"),
      underRun: taken.slice(0, before),
      byResume: taken.slice(before),
      sold,
      recorded,
      boughtAgain: events.reduce(
        (sum, event) => sum + (event.kind === "rollout-retried" ? event.stepCount : 0),
        0,
      ),
      lostCalls: state.callCount - recorded,
      containersLeft: daemon
        .docker("ps", "-aq")
        .split("\n")
        .filter((id) => id !== "").length,
      seconds: Math.round((performance.now() - startedAt) / 1000),
    };
  } finally {
    stop(session);
    await rm(folder, { recursive: true, force: true });
  }
}

function stop(child: ChildProcess | null): void {
  if (child !== null && child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
}

async function resumptions(directory: string): Promise<readonly string[]> {
  const { events } = await readRun(directory);
  return events.flatMap((event) => (event.kind === "rollout-resumed" ? [event.how] : []));
}

function callsIn(directory: string): number {
  const ledger = path.join(directory, "ledger.jsonl");
  const text = existsSync(ledger) ? readFileSync(ledger, "utf8") : "";
  return text.split('"call-started"').length - 1;
}

async function untilCalls(directory: string, count: number): Promise<void> {
  for (let waited = 0; waited < WAIT_MS_MAX; waited += ASK_EVERY_MS) {
    if (callsIn(directory) >= count) return;
    await sleep(ASK_EVERY_MS);
  }
  throw new Error(`the run did not come to ${count} model calls`);
}

function pipeline(baseUrl: string): string {
  return `name: daemon-day
cells:
  tasks: [battle-of-sexes]
  models: [{ name: double, wire: openai, model: bench, baseUrls: ["${baseUrl}"] }]
rollouts: { perCell: ${ROLLOUTS} }
limits: { steps: 40, actionSeconds: 60 }
sandbox: { backend: docker }
concurrency: { rollouts: ${ROLLOUTS}, evaluations: 1 }
stages: { evaluate: { seeds: 1 }, filter: { outcomes: [submitted] } }
tripwires: { failedRollouts: null, deadSandboxes: null }
`;
}
