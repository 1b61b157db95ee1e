// One simulated run: played calmly, then again with its bad days until it is whole, and held against the calm one.
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Amount } from "../../src/core/budget.ts";
import { errorText } from "../../src/core/errors.ts";
import type { RunState } from "../../src/core/runState.ts";
import type { Manifest } from "../../src/dataset/manifest.ts";
import type { Pipeline } from "../../src/pipeline/pipelineFile.ts";
import { createRun } from "../../src/store/runDirectory.ts";
import { runPaths } from "../../src/store/runJson.ts";
import { audit } from "./audit.ts";
import { OutsideBooks, type Violation } from "./books.ts";
import { KeptBlobs } from "./keptBlobs.ts";
import { MemoryHost } from "./memoryHost.ts";
import { CALM, drawScenario, planOf, type Scenario, type ScenarioOptions } from "./scenario.ts";
import { descriptionOf, type Outside, playSession, type Sabotage, type SessionEnd } from "./session.ts";
import { Timeline } from "./timeline.ts";

/** Sessions without mishaps after which a run must be whole. */
const CALM_SESSIONS_MAX = 3;

export interface SimulationOptions extends ScenarioOptions {
  /** Folder for the run directories; best on a file system in memory. */
  readonly root: string;
  /** Keeps the last calm run, for the next seed with the same plan. Contract: all are asked with the same `rollouts`. */
  readonly calm?: Map<string, Calm>;
  readonly sabotage?: Sabotage;
  /** Leaves the run directories where they are, to be looked at. */
  readonly keeps?: boolean;
}

export interface SimulationReport {
  readonly seed: number;
  readonly rollouts: number;
  readonly sessions: number;
  readonly crashes: number;
  /** How the sessions ended that did not crash. */
  readonly endings: ReadonlyMap<string, number>;
  /** Times that a rollout was taken up, and of these in its own living sandbox; actions that were carried out again. */
  readonly takenUp: { readonly times: number; readonly attached: number; readonly replayed: number };
  readonly faults: ReadonlyMap<string, number>;
  readonly sold: number;
  readonly journaled: number;
  readonly inFlightAtCrashes: number;
  readonly lostToFaults: number;
  readonly stopped: number;
  readonly violations: readonly Violation[];
}

/** What a run comes to on which nothing befalls. */
export interface Calm {
  readonly tables: Manifest["tables"] | null;
  readonly bill: Amount;
  readonly violations: readonly Violation[];
}

async function playCalmly(scenario: Scenario, folder: string): Promise<Calm> {
  const outside = outsideOf(join(folder, "calm"), scenario.seed);
  const { tables } = await toEnd(outside, scenario, { mishaps: [] });
  const { bill, violations } = outside.books;
  return { tables, bill, violations };
}

/** What the sessions with mishaps may spend. */
function budgetsOf({ budget }: Scenario, { bill }: Calm): Partial<Pipeline["budgets"]> {
  if (budget === null) return {};
  const { unit, share } = budget;
  return unit === "usd" ? { usd: share * bill.usd } : { tokens: Math.ceil(share * bill.tokens) };
}

/** Simulates the run of a seed. Equal options give equal reports. */
export async function simulate(options: SimulationOptions): Promise<SimulationReport> {
  const scenario = drawScenario(options);
  const folder = await mkdtemp(join(options.root, "nightshift-simulation-"));
  try {
    const calm = options.calm?.get(scenario.pipeline.name) ?? (await playCalmly(scenario, folder));
    options.calm?.clear();
    options.calm?.set(scenario.pipeline.name, calm);
    const stormy = outsideOf(join(folder, "stormy"), options.seed, options.sabotage);
    const result = await toEnd(stormy, scenario, { ...scenario, budgets: budgetsOf(scenario, calm) });
    const { books } = stormy;
    for (const { rule, detail } of calm.violations) books.violate(`calm: ${rule}`, detail);
    for (const table of ["tasks", "trajectories", "steps"] as const) {
      const [one, other] = [calm.tables?.[table], result.tables?.[table]];
      if (one?.tableHash !== other?.tableHash || one?.rows !== other?.rows || one === undefined)
        books.violate("the same tables as the calm run", `${table}: ${one?.rows} rows, and ${other?.rows}`);
    }
    const { sessions, crashes, endings, takenUp } = result;
    return {
      seed: options.seed,
      rollouts: scenario.rollouts,
      ...{ sessions, crashes, endings, takenUp },
      faults: books.faults,
      sold: books.soldCount,
      journaled: books.fated("journaled"),
      inFlightAtCrashes: books.fated("inFlight"),
      lostToFaults: books.fated("lost"),
      stopped: books.fated("stopped"),
      violations: books.violations,
    };
  } finally {
    if (!options.keeps) await rm(folder, { recursive: true, force: true });
  }
}

function outsideOf(directory: string, seed: number, sabotage?: Sabotage): Outside {
  return {
    directory,
    seed,
    timeline: new Timeline(),
    host: new MemoryHost(),
    blobs: new KeptBlobs(),
    snapshots: new KeptBlobs(),
    books: new OutsideBooks(),
    acknowledged: { steps: new Map(), events: 0 },
    ...(sabotage === undefined ? {} : { sabotage }),
  };
}

/** Plays session after session, first those with mishaps, then calm ones until the run is whole. */
async function toEnd(
  outside: Outside,
  { pipeline, smaller, segmentBytesMax }: Scenario,
  of: { readonly mishaps: Scenario["mishaps"]; readonly budgets?: Partial<Pipeline["budgets"]> },
) {
  const { books, directory } = outside;
  const whole = await planOf(pipeline);
  const bounded = await planOf({
    ...smaller,
    budgets: { ...smaller.budgets, ...of.budgets },
  });
  await createRun(directory, descriptionOf(whole));
  let sessions = 0;
  let crashes = 0;
  const endings = new Map<string, number>();
  let takenUp = { times: 0, attached: 0, replayed: 0 };
  const noted = (end: SessionEnd, state: RunState | null) => {
    const name = end.kind === "ended" ? end.ending : end.kind;
    if (end.kind === "crashed") crashes += 1;
    else endings.set(name, (endings.get(name) ?? 0) + 1);
    if (state !== null) takenUp = takenUpIn(state);
    return { sessions, crashes, endings, takenUp };
  };
  for (const mishap of of.mishaps) {
    const end = await playSession(outside, {
      planned: bounded,
      mishap,
      ordinal: sessions++,
      segmentBytesMax,
      writes: mishap.diesWriting,
    });
    const state = await afterwards(outside, bounded.plan, end);
    const so = noted(end, state);
    if (state === null) return { ...so, tables: null };
  }
  for (let calm = 0; calm < CALM_SESSIONS_MAX; calm++) {
    const end = await playSession(outside, {
      planned: whole,
      mishap: CALM,
      ordinal: sessions++,
      segmentBytesMax,
      writes: true,
    });
    const state = await afterwards(outside, whole.plan, end);
    const so = noted(end, state);
    if (end.kind !== "ended" || state === null) return { ...so, tables: null };
    const { owed, failed } = end.books;
    if (owed > 0) continue;
    if (Object.keys(failed).length > 0)
      books.violate("all is played in the end", `failed: ${JSON.stringify(failed)}`);
    await checkLeft(outside, state);
    if (outside.host.living.length > 0)
      books.violate("no sandbox is leaked", `${outside.host.living.length} live after the last session`);
    return { ...so, tables: end.manifest?.tables ?? null };
  }
  books.violate("all is played in the end", `rollouts are owed after ${CALM_SESSIONS_MAX} calm sessions`);
  return { sessions, crashes, endings, takenUp, tables: null };
}

function takenUpIn(state: RunState): SimulationReport["takenUp"] {
  let takenUp = { times: 0, attached: 0, replayed: 0 };
  for (const { times, attached, replayedCount } of state.resumed.values()) {
    takenUp = {
      times: takenUp.times + times,
      attached: takenUp.attached + attached,
      replayed: takenUp.replayed + replayedCount,
    };
  }
  return takenUp;
}

/** A whole run keeps what was handed in, and nothing that only an unfinished rollout needs. */
async function checkLeft({ directory, blobs, snapshots, books }: Outside, state: RunState): Promise<void> {
  for (const { key, facts } of state.rollouts.values()) {
    const submissions = [
      facts?.finalSubmission,
      facts?.bestValidated?.submission,
      ...(facts?.validated ?? []),
    ];
    const lost = submissions.find((id) => typeof id === "string" && !blobs.has(id));
    if (lost !== undefined) books.violate("what was handed in is kept", `${lost} of ${key} is not`);
  }
  if (snapshots.sizes.size > 0)
    books.violate("nothing is kept for nobody", `${snapshots.sizes.size} snapshots at the end`);
  const segments = await readdir(runPaths(directory).steps);
  if (segments.length > 0)
    books.violate("nothing is kept for nobody", `${segments.length} segments of steps at the end`);
}

async function afterwards(
  outside: Outside,
  plan: Awaited<ReturnType<typeof planOf>>["plan"],
  end: SessionEnd,
) {
  if (end.kind === "stuck") outside.books.violate("a run never stands still", "nothing is left to happen");
  if (end.kind === "broken") outside.books.violate("a run does not break", end.error);
  if (isBeyondHope(end)) return null;
  try {
    return await audit(outside, plan, end.kind === "crashed" ? "crashed" : "ended");
  } catch (error) {
    outside.books.violate("a run can be read at any moment", errorText(error));
    return null;
  }
}

function isBeyondHope({ kind }: SessionEnd): boolean {
  return kind === "stuck" || kind === "broken";
}
