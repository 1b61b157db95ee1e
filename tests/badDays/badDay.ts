// A whole run, as the command line carries it out, in this process: with a clock that hours can be laid into, and its ledger at hand.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { checkPlan } from "../../src/compose/place.ts";
import { planOf, readPipeline } from "../../src/compose/plan.ts";
import { openPlannedRun } from "../../src/compose/runs.ts";
import { readStoredRun } from "../../src/compose/storedRun.ts";
import { createWorld, type World } from "../../src/compose/world.ts";
import type { LedgerEvent } from "../../src/core/ledger.ts";
import type { PlannedRun } from "../../src/pipeline/plannedRun.ts";
import type { RunEnding } from "../../src/pipeline/runPipeline.ts";
import { readLedger } from "../../src/store/ledger.ts";
import { type MemoryLog, memoryLog } from "../models/fakeWorld.ts";
import type { EndpointDouble } from "./endpointDouble.ts";
import { type HandClock, handClock } from "./handClock.ts";

/** Real milliseconds without a reply after which rollouts of a parked model are at their next call. */
const QUIET_MS = 1_000;
/** Longest that a test waits for something to happen, real milliseconds. */
const WAIT_MS_MAX = 60_000;

export interface BadDay extends AsyncDisposable {
  readonly clock: HandClock;
  readonly log: MemoryLog;
  readonly directory: string;
  /** Opens the run, or opens it again with what it was begun with. Close it before the next. */
  open(settings?: readonly string[], deadlineMs?: number): Promise<PlannedRun>;
  ledger(): Promise<<K extends LedgerEvent["kind"]>(kind: K) => Extract<LedgerEvent, { kind: K }>[]>;
}

/** `env` holds the variables that the run sees. */
export async function badDay(
  pipelineText: string,
  env: Readonly<Record<string, string>> = {},
): Promise<BadDay> {
  const folder = await mkdtemp(path.join(tmpdir(), "nightshift-bad-day-"));
  const file = path.join(folder, "day.yaml");
  await writeFile(file, pipelineText);
  const directory = path.join(folder, "run");
  const clock = handClock();
  const log = memoryLog();
  const real = await createWorld();
  const world: World = { ...real, clock, log, random: () => 0.5, env: (name) => env[name] ?? real.env(name) };
  let isMade = false;
  return {
    clock,
    log,
    directory,
    async open(settings = [], deadlineMs) {
      const { pipeline, text } = isMade
        ? { ...(await readStoredRun(directory, settings)), text: "" }
        : await readPipeline(file, settings);
      const plan = await planOf(world, pipeline);
      const place = await checkPlan(world, plan);
      const create = isMade ? null : { text };
      isMade = true;
      const deadline =
        deadlineMs === undefined ? null : { text: new Date(deadlineMs).toISOString(), atMs: deadlineMs };
      return openPlannedRun(world, { directory, plan, place, create, deadline });
    },
    async ledger() {
      const { events } = await readLedger(path.join(directory, "ledger.jsonl"));
      return <K extends LedgerEvent["kind"]>(kind: K) =>
        events.filter((event): event is Extract<LedgerEvent, { kind: K }> => event.kind === kind);
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Waits for something, in real time, while time is laid in by the way. */
export async function until(
  what: string,
  happened: () => boolean,
  meanwhile: () => void = () => {},
): Promise<void> {
  for (let waitedMs = 0; !happened(); waitedMs += 5) {
    if (waitedMs > WAIT_MS_MAX) throw new Error(`${what}: not within ${WAIT_MS_MAX} ms`);
    meanwhile();
    await sleep(5);
  }
}

/** The pipeline of a bad day: a small task, played by a double. */
export function dayOf(
  baseUrls: readonly string[],
  {
    model = "",
    more = "",
    perCell = 3,
    wallSeconds = 300,
  }: { model?: string; more?: string; perCell?: number; wallSeconds?: number } = {},
): string {
  return `name: bad-day
cells:
  tasks: [battle-of-sexes]
  models: [{ name: double, wire: openai, model: double, baseUrls: ${JSON.stringify(baseUrls)}, price: { inputPerMillion: 1, outputPerMillion: 1 }${model} }]
  sampling: [{ maxTokens: 200, seeded: true }]
rollouts: { perCell: ${perCell} }
limits: { steps: 12, actionSeconds: 20, wallSeconds: ${wallSeconds}, validations: 3 }
concurrency: { rollouts: 3 }
sandbox: { backend: process, unsafe: true }
stages: { evaluate: { seeds: 1 }, filter: { outcomes: [submitted] } }
allow: [benchmark]
${more}`;
}

/**
 * Plays a run to its end, with time laid in whenever all that is unfinished waits for an endpoint: sandboxes and judges see real time.
 */
export async function playThrough(
  run: PlannedRun,
  double: EndpointDouble,
  clock: HandClock,
  stepMs: number,
): Promise<RunEnding> {
  let isOver = false;
  const playing = run.play(new AbortController().signal).finally(() => {
    isOver = true;
  });
  let seenLast = -1;
  let changedAtMs = performance.now();
  const isStuck = () => {
    const { admitted, owed } = run.progress().books;
    if (admitted < run.progress().planned || owed === 0) return false;
    if (double.waitingCount >= owed) return true;
    // Whoever is parked never gets to the double: nothing is asked, and nothing has been for a while.
    if (run.state.parked.size === 0 || seenLast !== double.sold.length) {
      seenLast = double.sold.length;
      changedAtMs = performance.now();
    }
    return performance.now() - changedAtMs > QUIET_MS;
  };
  await until(
    "the run's end",
    () => isOver,
    () => clock.advance(isStuck() ? stepMs : 0),
  );
  return playing;
}

/** Until so many calls are being tried again: their rollouts wait for nothing else, so that hours laid in are lost to no action. */
export function untilWaiting(log: MemoryLog, count: number): Promise<void> {
  const calls = () =>
    log.lines.flatMap(({ event, text }) =>
      event === "model-call-retried" ? [/"call":"([^"]*)"/.exec(text)?.[1]] : [],
    );
  return until("calls that are tried again", () => new Set(calls()).size >= count);
}

/** Of a list, whatever is in it more than once. */
export function twice(list: readonly string[]): readonly string[] {
  return list.filter((one, index) => list.indexOf(one) !== index);
}
