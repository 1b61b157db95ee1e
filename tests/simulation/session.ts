// One simulated process: it opens the run directory, plays until the end, a mishap or its death, and is gone. Everything between the clock,
// the disk, the sandboxes, the provider and the judge is the code that users run.
import { rm } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import { constants, zstdCompressSync } from "node:zlib";
import { leftUnderWay } from "../../src/compose/leftUnderWay.ts";
import { playerOf } from "../../src/compose/player.ts";
import { resolvedOf } from "../../src/compose/storedRun.ts";
import type { Books } from "../../src/core/books.ts";
import { errorText } from "../../src/core/errors.ts";
import { seedOf } from "../../src/core/hash.ts";
import type { Model } from "../../src/core/model.ts";
import { prng } from "../../src/core/prng.ts";
import { attemptId } from "../../src/core/runState.ts";
import type { Log } from "../../src/core/runtime.ts";
import type { BlobStore } from "../../src/core/sandbox.ts";
import { NO_SECRETS } from "../../src/core/secrets.ts";
import { type Manifest, manifestSchema } from "../../src/dataset/manifest.ts";
import { ModelCallError } from "../../src/models/callError.ts";
import { faultyModel } from "../../src/models/faulty.ts";
import { DEFAULT_RETRY_POLICY, withRetry } from "../../src/models/retry.ts";
import { PlannedRun } from "../../src/pipeline/plannedRun.ts";
import type { RunEnding } from "../../src/pipeline/runPipeline.ts";
import { faultyBackend } from "../../src/sandbox/faulty.ts";
import type { MeteredBudget } from "../../src/schedule/budget.ts";
import { type OpenRun, openRun } from "../../src/store/runDirectory.ts";
import { runPaths } from "../../src/store/runJson.ts";
import { keepSnapshots } from "../../src/store/snapshots.ts";
import type { OutsideBooks } from "./books.ts";
import { cuttableDisk } from "./cuttableDisk.ts";
import type { KeptBlobs } from "./keptBlobs.ts";
import type { MemoryHost } from "./memoryHost.ts";
import type { Mishap, planOf } from "./scenario.ts";
import { seller } from "./seller.ts";
import { simulatedJudge } from "./simulatedJudge.ts";
import { clockOf, type Life, type Timeline } from "./timeline.ts";

/** What lives on when a process dies. */
export interface Outside {
  readonly directory: string;
  readonly seed: number;
  readonly timeline: Timeline;
  readonly host: MemoryHost;
  readonly blobs: KeptBlobs;
  readonly snapshots: KeptBlobs;
  readonly books: OutsideBooks;
  /** Records of the steps log by try, and events of the ledger, of which a process was told that they are durable. */
  readonly acknowledged: { readonly steps: Map<string, number>; events: number };
  /** Breaks something on purpose, so that a test sees the simulator notice. */
  readonly sabotage?: Sabotage;
}

/** Ways to break a promise of the product, for the proof that the simulator would see it. */
export type Sabotage =
  | "stepsNotWritten"
  | "evaluationsNotWritten"
  | "sandboxesNotSwept"
  | "pricesHalved"
  | "snapshotsMixedUp";

export interface SessionOptions {
  readonly planned: Awaited<ReturnType<typeof planOf>>;
  readonly mishap: Mishap;
  /** Which session of the run it is. */
  readonly ordinal: number;
  readonly segmentBytesMax: number | null;
  /** Whether the dataset is written at the end. */
  readonly writes: boolean;
}

export type SessionEnd =
  | { readonly kind: "crashed" }
  | { readonly kind: "stuck" }
  | { readonly kind: "broken"; readonly error: string }
  | {
      readonly kind: "ended";
      readonly ending: RunEnding;
      readonly books: Books;
      /** Null where no dataset was written. */
      readonly manifest: Manifest | null;
    };

const RUN_ID = "simulation";
const EPSILON = 1e-9;
/** Real time within which the deletions that a process had begun are over. */
const DELETED_MS = 5;

/** Plays one session. Resolves when its process is gone, one way or another. */
export async function playSession(outside: Outside, options: SessionOptions): Promise<SessionEnd> {
  const { timeline, host, books, directory } = outside;
  const { mishap, ordinal } = options;
  const streamOf = (what: string) => prng(seedOf("simulated session", { seed: outside.seed, ordinal, what }));
  const life: Life = { dead: false };
  const clock = clockOf(timeline, life, mishap.clockJumpMs);
  const user = new AbortController();
  const fate = streamOf("fate");
  const died = Promise.withResolvers<SessionEnd>();
  let crashAt = mishap.crashAt;
  const disk = cuttableDisk({
    clock,
    life,
    draw: streamOf("disk"),
    reached: (operation) => {
      if (operation === mishap.interruptAt) user.abort(new Error("the user stops it"));
      if (crashAt === null || operation < crashAt) return;
      life.dead = true;
      timeline.clear();
      disk.cut(mishap.crash);
      host.crash(() => mishap.crash === "kill" && fate.chance(mishap.survivalShare));
      died.resolve({ kind: "crashed" });
    },
  });
  const stuck = new Promise<SessionEnd>((resolve) => {
    timeline.onIdle = () => resolve({ kind: "stuck" });
  });

  const { segmentBytesMax } = options;
  const opened = await openRun(directory, {
    ...{ disk, compress },
    ...(segmentBytesMax === null ? {} : { segmentBytesMax }),
  });
  const { run, budgetOf } = await assemble(outside, options, {
    ...{ opened, life, clock, streamOf },
    isFull: () => mishap.fullAt !== null && disk.operations >= mishap.fullAt,
  });
  const played = async (): Promise<SessionEnd> => {
    const { pilotSeeds } = mishap;
    const pilot = pilotSeeds === null ? "played" : await run.play(user.signal, { seedsMax: pilotSeeds });
    const ending = pilot === "played" ? await run.play(user.signal) : pilot;
    timeline.onIdle = null;
    const budget = budgetOf();
    if (budget !== null && (budget.reserved.usd > EPSILON || budget.reserved.tokens > 0))
      books.violate("nothing is reserved once all is over", `${JSON.stringify(budget.reserved)} is`);
    let manifest: Manifest | null = null;
    if (mishap.diesWriting) crashAt = disk.operations;
    if (ending !== "interrupted" && ending !== "paused") {
      if (options.writes) ({ manifest } = await run.writeDataset(NEVER));
      await run.end(run.shortfall(ending) === null ? "complete" : "short");
    }
    const { books: kept } = run.progress();
    await run.close();
    return { kind: "ended", ending, books: kept, manifest };
  };
  timeline.kick();
  const end = await Promise.race([
    died.promise,
    stuck,
    played().catch((error: unknown): SessionEnd => ({ kind: "broken", error: errorText(error) })),
  ]);
  books.spentBefore = budgetOf()?.spent ?? books.spentBefore;
  life.dead = true;
  timeline.onIdle = null;
  timeline.clear();
  if (end.kind === "stuck" || end.kind === "broken") disk.cut("kill");
  // What it was deleting is deleted: nothing of it may come between the next process and its files.
  if (segmentBytesMax !== null) await setTimeout(DELETED_MS);
  // A dead process's lock is found to be one; here its owner, this very process, lives on.
  if (end.kind !== "ended") await rm(runPaths(directory).lock, { recursive: true, force: true });
  return end;
}

const FASTEST = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

/** On this thread: a compression elsewhere would end at a moment that no seed draws. */
async function compress(json: Buffer): Promise<Buffer> {
  return zstdCompressSync(json, FASTEST);
}

const NEVER = new AbortController().signal;

/** Puts the product together around the simulated outside, as the composition root does around the real one. */
async function assemble(
  outside: Outside,
  { planned, mishap }: SessionOptions,
  here: {
    readonly opened: OpenRun;
    readonly life: Life;
    readonly clock: ReturnType<typeof clockOf>;
    readonly streamOf: (what: string) => ReturnType<typeof prng>;
    readonly isFull: () => boolean;
  },
) {
  const { timeline, books, host, sabotage } = outside;
  const { opened, life, clock, streamOf } = here;
  const { plan, agents } = planned;
  const log: Log = {
    info: (event, fields) => {
      if (event === "fault-injected") books.count(String(fields?.["kind"]));
    },
    warn: () => {},
  };
  let budget: MeteredBudget | null = null;
  const checkBudget = () => {
    if (budget === null) return;
    for (const unit of ["usd", "tokens"] as const) {
      const limit = plan.pipeline.budgets[unit] ?? Number.POSITIVE_INFINITY;
      const taken = budget.spent[unit] + budget.reserved[unit];
      const billed = books.bill[unit];
      if (taken > limit + EPSILON) books.violate("spent + reserved ≤ limit", `${taken} ${unit} of ${limit}`);
      if (billed > limit + EPSILON)
        books.violate("the bill stays within the limit", `${billed} ${unit} of ${limit}`);
      if (taken < billed - EPSILON)
        books.violate("what was sold is spent or reserved", `${taken} ${unit} of ${billed} are known of`);
    }
  };
  const store = watched(outside, opened, checkBudget);
  const left = await leftUnderWay(store);
  const snapshots = keepSnapshots(outside.snapshots.openedBy({ clock, life, draw: streamOf("snapshots") }), {
    sizes: outside.snapshots.sizes,
    needed: left.snapshotIds,
    bytesMax: plan.pipeline.stages.generate.snapshotsDiskMb * 1_048_576,
  });
  const blobs = outside.blobs.openedBy({ clock, life, draw: streamOf("blobs") });
  const sandboxes = host.backend({
    clock,
    life,
    draw: streamOf("sandboxes"),
    blobs: sabotage === "snapshotsMixedUp" ? lossy(snapshots) : snapshots,
  });
  const backend = faultyBackend(sandboxes, {
    faults: mishap.sandbox,
    seed: streamOf("sandbox faults").below(2 ** 40),
    clock,
    log,
  });
  const sold = seller({ clock, life, draw: streamOf("provider"), books });
  const faulty = faultyModel(sold, {
    faults: mishap.model,
    seed: streamOf("model faults").below(2 ** 40),
    clock,
    log,
  });
  const jitter = streamOf("jitter");
  const model = withRetry(
    withFates(sabotage === "pricesHalved" ? halved(faulty) : faulty, books),
    DEFAULT_RETRY_POLICY,
    {
      clock,
      random: () => jitter.next(),
      log,
    },
  );
  const { runId } = opened.runJson;
  const judge = simulatedJudge({
    clock,
    life,
    draw: streamOf("judge"),
    books,
    blobs,
    failShare: mishap.judgeFailShare,
  });
  const run = new PlannedRun(
    plan,
    { ...store, blobs },
    {
      judge: () => judge,
      player: (given) => {
        ({ budget } = given);
        checkStays(outside, budget);
        const place = { imageDigests: new Map<string, string>() };
        const modelFor = async () => ({ model, fleet: null });
        return playerOf(
          { clock, log, random: () => jitter.next(), secrets: NO_SECRETS },
          { ...given, plan, place, backend, runId, modelFor, web: null, agents },
        );
      },
      sweep: async () =>
        sabotage === "sandboxesNotSwept"
          ? 0
          : backend.sweep({ runId, spareOwned: true, spare: left.sandboxIds }),
      snapshots,
      // The disk is full from an operation on, as far as the run can tell.
      room: { lack: async () => (here.isFull() ? "an injected fault: the disk is full" : null) },
      rolloutsAtOnceMax: Number.POSITIVE_INFINITY,
      clock,
      log,
      offThread: (url, input, _signal, feed) =>
        timeline.external(async () => {
          const worker: { run(input: unknown, feed?: AsyncIterable<unknown>): Promise<unknown> } =
            await import(url);
          return manifestSchema.parse(await worker.run(input, feed));
        }),
      release: () => backend.close(),
      codeVersion: "simulated",
      sessionMsMax: mishap.sessionMsMax,
      notify: async () => {},
    },
  );
  return { run, budgetOf: () => budget };
}

/** What a dead process had spent stays spent: the next one knows of it before its first call. */
function checkStays({ books }: Outside, { spent }: MeteredBudget): void {
  for (const unit of ["usd", "tokens"] as const) {
    if (spent[unit] < books.spentBefore[unit] - EPSILON)
      books.violate(
        "what is spent stays spent",
        `${spent[unit]} ${unit}, and ${books.spentBefore[unit]} before`,
      );
  }
}

/** The run's files with an ear at each door: what was said to be durable is held against what is found later. */
function watched(outside: Outside, opened: OpenRun, checked: () => void): OpenRun {
  const { timeline, books, acknowledged, sabotage } = outside;
  let reading: Promise<unknown> = Promise.resolve();
  // One file at a time, so that their order is the same every time.
  const inTurn = <T>(read: () => Promise<T>): Promise<T> => {
    const found = reading.then(() => timeline.external(read));
    reading = found.catch(() => undefined);
    return timeline.external(() => found);
  };
  return {
    ...opened,
    archive: { ...opened.archive, read: (ref) => inTurn(() => opened.archive.read(ref)) },
    ledger: {
      async append(event) {
        checked();
        if (!(event.kind === "evaluation-ended" && sabotage === "evaluationsNotWritten"))
          await opened.ledger.append(event);
        acknowledged.events += 1;
        if (event.kind === "evaluation-ended") books.evaluated.add(event.evaluation.key);
        checked();
      },
    },
    stepsLog: {
      ...opened.stepsLog,
      async append(record) {
        if (sabotage !== "stepsNotWritten") await opened.stepsLog.append(record);
        const attempt = attemptId(record.key, record.retry);
        acknowledged.steps.set(attempt, (acknowledged.steps.get(attempt) ?? 0) + 1);
        if (record.kind === "reply-received") books.settle(`${attempt}/${record.step.index}`, "journaled");
      },
      records: (key, retry) => inTurn(() => opened.stepsLog.records(key, retry)),
    },
  };
}

/** Tells the books of a reply that a fault took. */
function withFates(model: Model, books: OutsideBooks): Model {
  return {
    ...model,
    complete: async (request, signal) => {
      try {
        return await model.complete(request, signal);
      } catch (error) {
        if (error instanceof ModelCallError && error.mayBeBilled) books.settle(request.callId, "lost");
        throw error;
      }
    },
  };
}

/** For the proof: a model whose replies say that they cost half of what was billed. */
function halved(model: Model): Model {
  return {
    ...model,
    complete: async (request, signal) => {
      const reply = await model.complete(request, signal);
      return { ...reply, costUsd: (reply.costUsd ?? 0) / 2 };
    },
  };
}

/** For the proof: snapshots that come back without what was written. */
function lossy(blobs: BlobStore): BlobStore {
  return {
    ...blobs,
    get: async (id) => {
      const text = Buffer.from(await blobs.get(id)).toString("utf8");
      return Buffer.from(text.replaceAll("solution.txt", "other.txt"));
    },
  };
}

/** What run.json says of a plan. */
export function descriptionOf({ plan }: SessionOptions["planned"]) {
  return {
    runId: RUN_ID,
    createdAt: "2026-01-01T00:00:00.000Z",
    codeVersion: "simulated",
    pipelineText: "",
    resolved: resolvedOf(plan),
  };
}
