// A plan in its run directory: the open files, the live state, and what can be done with them. The command line holds one of these.

import { assertBooksClose, type Books, keepBooks } from "../core/books.ts";
import { groupOf } from "../core/cell.ts";
import type { Evaluator } from "../core/evaluation.ts";
import { exhaustion } from "../core/exhausted.ts";
import type { StepsLog } from "../core/journal.ts";
import type { Ledger, LedgerEvent } from "../core/ledger.ts";
import { pastOf } from "../core/past.ts";
import { attemptId, fold, type Pause, type RunState } from "../core/runState.ts";
import type { Clock, Log } from "../core/runtime.ts";
import type { BlobStore } from "../core/sandbox.ts";
import type { StepsLogRecord } from "../core/trajectory.ts";
import type { Verdict } from "../core/verdict.ts";
import type { Notice } from "../notify/notice.ts";
import { createBudget, type MeteredBudget } from "../schedule/budget.ts";
import { createLane } from "../schedule/lanes.ts";
import { journaledEvaluator, judgeForRecord } from "../stages/evaluate.ts";
import type { GenerateDeps } from "../stages/generate.ts";
import { inspectForRecord } from "../stages/inspect.ts";
import type { OffThread } from "../stages/write.ts";
import { writeRunDataset } from "../stages/write.ts";
import type { Room } from "../store/room.ts";
import type { OpenRun } from "../store/runDirectory.ts";
import type { SnapshotStore } from "../store/snapshots.ts";
import { writingMs } from "./deadline.ts";
import { type EndpointWatch, watchEndpoints } from "./endpointWatch.ts";
import { type Forecast, forecast } from "./forecast.ts";
import { interruptedTries, NOTHING_SPENT } from "./interruptedTries.ts";
import { priceOf } from "./modelConfig.ts";
import { type Plan, type PlannedCell, termsByModel } from "./plan.ts";
import { type Again, type BegunAnew, priceAgain } from "./playedAgain.ts";
import { RunPausedError } from "./runPausedError.ts";
import { type RunEnding, runPipeline } from "./runPipeline.ts";
import { playedOf } from "./samples.ts";
import { type SignalCounts, signalCounts } from "./signalCounts.ts";
import { type TripwireWatch, watchTripwires } from "./tripwires.ts";
import { allVerdicts, copiesAmong, recordRules, recordScores } from "./verdicts.ts";

/** What the composition root brings to a run. */
export interface RunImplementations {
  /** The bare judge over its sandboxes. */
  readonly judge: (blobs: BlobStore) => Evaluator;
  /** How one try of a rollout is played; `judge` is the journaled one. */
  readonly player: (given: PlayerGiven) => GenerateDeps["play"];
  /** Removes this run's leftovers from the backend, but for the sandboxes of rollouts that are to be taken up; returns how many. */
  readonly sweep: () => Promise<number>;
  readonly snapshots: SnapshotStore;
  /** Whether the run's file system still has room. */
  readonly room: Room;
  /** As many rollouts at a time as this process has open files for. */
  readonly rolloutsAtOnceMax: number;
  readonly clock: Clock;
  readonly log: Log;
  /** Where work that would hold up the event loop runs. */
  readonly offThread: OffThread;
  /** Gives back what the implementations hold, once the run's files are closed. */
  readonly release: () => Promise<void>;
  readonly codeVersion: string;
  readonly sessionMsMax: number | null;
  /** The deadline of this session as it was given; null: none. */
  readonly deadline?: string | null;
  /** Tells whoever the pipeline names; resolves when they know, or when it was given up. Never rejects. */
  readonly notify: (notice: Notice) => Promise<void>;
}

export interface PlayerGiven {
  readonly blobs: BlobStore;
  readonly judge: Evaluator;
  readonly budget: MeteredBudget;
  readonly ledger: Ledger;
  readonly steps: StepsLog;
  /** Null: nothing is kept from which a rollout could go on. */
  readonly snapshots: SnapshotStore | null;
  /** Told how the models' endpoints are. Absent: calls fail where retries are of no use. */
  readonly endpoints?: EndpointWatch;
  /** Aborted when the run pauses. */
  readonly pause: AbortSignal;
  /** Aborted when the run stops in good order. */
  readonly drain: AbortSignal;
}

/** A momentary picture of a run. */
export interface Progress {
  readonly books: Books;
  /** Rollouts that the plan wants in all, as far as it is known. */
  readonly planned: number;
  readonly running: number;
  readonly stepCount: number;
  readonly tokens: number;
  readonly costUsd: number | null;
  readonly elapsedMs: number;
  /** Models whose endpoints cannot be used now. */
  readonly parked: readonly { readonly model: string; readonly trouble: string; readonly parkedMs: number }[];
}

export class PlannedRun {
  readonly plan: Plan;
  readonly state: RunState;
  readonly directory: string;
  readonly #store: OpenRun;
  readonly #with: RunImplementations;
  readonly #ledger: Ledger;
  readonly #budget: MeteredBudget;
  readonly #judge: Evaluator;
  readonly #startedAt: number;
  readonly #cells: ReadonlyMap<string, PlannedCell>;
  /** Row verdicts drawn in this session. */
  readonly #drawn = new Map<string, Verdict>();
  readonly #pause = new AbortController();
  readonly #drain = new AbortController();
  #pauseWritten: Promise<void> = Promise.resolve();
  #pauseReason: string | null = null;
  #watch: TripwireWatch | null = null;
  #isSessionOpen = false;
  #judged = 0;

  constructor(plan: Plan, store: OpenRun, implementations: RunImplementations) {
    this.plan = plan;
    this.#cells = new Map(plan.cells.map((cell) => [cell.id, cell]));
    this.directory = store.paths.directory;
    this.state = fold(store.events);
    this.#store = store;
    this.#with = implementations;
    this.#startedAt = implementations.clock.monotonic();
    this.#ledger = { append: (event) => this.#append(event) };
    const { usd, tokens } = plan.pipeline.budgets;
    this.#budget = createBudget("run", { usdMax: usd, tokensMax: tokens });
    this.#budget.charge(this.state.spent);
    const lane = createLane(plan.pipeline.concurrency.evaluations);
    const bare = implementations.judge(store.blobs);
    const counted: Evaluator = {
      evaluate: async (...request) => {
        const evaluations = await bare.evaluate(...request);
        this.#judged += evaluations.length;
        return evaluations;
      },
    };
    this.#judge = journaledEvaluator(counted, {
      known: this.state.evaluations,
      ledger: this.#ledger,
      clock: implementations.clock,
      runWhenFree: (work) => lane.run(work),
    });
  }

  /**
   * Generates and evaluates until the plan is met or something stops it. Aborting stops it in good order: what is under way is kept at its
   * next step boundary, or cut off after a while. `again` says which rollouts that infrastructure had failed
   * are played once more (default: all); `seedsMax` keeps to the first seeds of each cell (a pilot), whatever is wanted.
   */
  async play(
    signal: AbortSignal,
    of: { readonly again?: Again; readonly seedsMax?: number } = {},
  ): Promise<RunEnding> {
    await this.#openSession();
    const { clock, log } = this.#with;
    const tries = await interruptedTries(this.state, this.#store.stepsLog);
    // The state learns of these when each ends or is begun again; the budget must know before the first call.
    for (const { charged } of tries.values()) this.#budget.charge(charged);
    const interrupted = (key: string, retry: number) => tries.get(attemptId(key, retry)) ?? NOTHING_SPENT;
    const { pause } = this;
    const play = this.#with.player({
      blobs: this.#store.blobs,
      judge: this.#judge,
      budget: this.#budget,
      ledger: this.#ledger,
      steps: { append: (record) => this.#appendStep(record) },
      snapshots: this.#with.snapshots,
      pause,
      drain: this.#drain.signal,
      endpoints: this.#watchEndpoints(),
    });
    this.#watch ??= watchTripwires(
      this.plan.pipeline.tripwires,
      (key) => this.#groupsOf(key),
      (_, reason) => this.pauseFor("tripwire", reason),
    );
    const ending = await runPipeline(
      of.seedsMax === undefined ? this.plan : firstSeeds(this.plan, of.seedsMax),
      {
        state: this.state,
        ledger: this.#ledger,
        archive: this.#store.archive,
        play,
        judge: this.#judge,
        interrupted,
        pastOf: async (key, retry) => pastOf(await this.#store.stepsLog.records(key, retry)),
        drain: this.#drain,
        clock,
        log,
        sessionMsMax: this.sessionMsLeft(),
        writingMs: () => this.#writingMs(),
        pause,
        again: of.again ?? "all",
        rolloutsAtOnce: this.rolloutsAtOnce,
        lack: () => this.#with.room.lack(),
        pauseFor: (lack) => this.#pauseForMachine(lack),
      },
      signal,
    );
    await this.#pauseWritten.catch((error: unknown) => {
      if (exhaustion(error) === null) throw error;
    });
    if (ending === "interrupted") await this.end("interrupted");
    return ending;
  }

  /** Aborted once the run has paused itself because of what was played. */
  get pause(): AbortSignal {
    return this.#pause.signal;
  }

  /**
   * Pauses the run: nothing more is begun in this session. Resolves when the ledger says why; `play` waits for that, too. Where the fault
   * is not in what was played (an endpoint), what is under way is kept at its next step and goes on there; else it is sealed as cancelled.
   */
  pauseFor(cause: Pause["cause"], reason: string): Promise<void> {
    if (this.#pauseReason !== null) return this.#pauseWritten;
    this.#pauseReason = reason;
    // What the machine or an endpoint lacks is no fault of a rollout: each is kept where it stands. Any other pause gives up what is under way.
    const isKept = cause === "machine" || cause === "endpoint" || cause === "modelChanged";
    (isKept ? this.#drain : this.#pause).abort(new RunPausedError(reason));
    this.#pauseWritten = this.#append({ kind: "run-paused", atMs: this.#with.clock.now(), cause, reason });
    // Whoever waits for it hears of a failure; until then it must not count as unheard.
    this.#pauseWritten.catch(() => {});
    return this.#pauseWritten;
  }

  #watchEndpoints(): EndpointWatch {
    const { clock, log } = this.#with;
    return watchEndpoints({
      onModelChange: this.plan.pipeline.endpoints.onModelChange,
      state: this.state,
      append: (event) => this.#append(event),
      clock,
      log,
      tell: (status, reason) => this.tell(status, reason),
      pauseFor: (cause, reason) => void this.pauseFor(cause, reason),
    });
  }

  /** What a session begins anew though it is paid for. */
  begunAnew(again: Again): BegunAnew {
    return priceAgain(this.state, again);
  }

  /** Rollouts that are played at a time: as many as the pipeline says, or as this process has open files for. */
  get rolloutsAtOnce(): number {
    return Math.min(this.plan.pipeline.concurrency.rollouts, this.#with.rolloutsAtOnceMax);
  }

  /** Why the run paused itself in this session; null where it did not. */
  get pauseReason(): string | null {
    return this.#pauseReason;
  }

  /** Pauses for what the machine has run out of. The ledger may have no room to say so: then only this session does. */
  async #pauseForMachine(lack: string): Promise<void> {
    await this.pauseFor("machine", lack).catch((error: unknown) => {
      if (exhaustion(error) === null) throw error;
    });
  }

  /** Tells whoever the pipeline names how the run stands. Never rejects. */
  async tell(status: Notice["status"], reason: string | null): Promise<void> {
    if (this.plan.pipeline.notify === null) return;
    const { books, costUsd, tokens } = this.progress();
    await this.#with.notify({
      run: this.#store.runJson.runId,
      directory: this.directory,
      status,
      reason,
      books,
      spent: { usd: costUsd, tokens },
    });
  }

  /** Asks the present judges for every ended rollout's submissions; what they have judged already is not judged again. */
  async judgeAgain(
    signal: AbortSignal,
  ): Promise<{ evaluations: number; modelCalls: number; rollouts: number }> {
    await this.#openSession();
    const before = { calls: this.state.callCount, rollouts: this.state.rollouts.size };
    const cells = new Map(this.plan.cells.map((cell) => [cell.id, cell]));
    const work: Promise<void>[] = [];
    const { log, clock } = this.#with;
    const deps = { judge: this.#judge, ledger: this.#ledger, log, clock };
    for (const rollout of this.state.rollouts.values()) {
      const planned = cells.get(rollout.cell);
      if (planned === undefined) continue;
      const rules = recordRules(this.plan.pipeline, planned.task.definition);
      work.push(judgeForRecord(planned.task, rollout, rules, deps, signal));
    }
    await Promise.all(work);
    const { archive } = this.#store;
    const { inspections } = this.state;
    // One after the other: a record may be large, and there may be many.
    for (const rollout of this.state.rollouts.values()) {
      const planned = cells.get(rollout.cell);
      if (planned === undefined) continue;
      signal.throwIfAborted();
      const scores = recordScores(this.plan.pipeline, planned, rollout, this.state);
      await inspectForRecord(planned.task, rollout, scores, {
        archive,
        ledger: this.#ledger,
        clock,
        inspections,
      });
    }
    return {
      evaluations: this.#judged,
      modelCalls: this.state.callCount - before.calls,
      rollouts: this.state.rollouts.size - before.rollouts,
    };
  }

  /** Writes the dataset of all that has a verdict, in place of an earlier one. */
  async writeDataset(signal: AbortSignal) {
    const { plan, state } = this;
    await this.#noteLost(signal);
    const startedAtMs = this.#with.clock.monotonic();
    const verdicts = allVerdicts(plan, state, this.#drawn);
    const books = this.#books(verdicts);
    const written = await writeRunDataset(
      {
        outDir: this.#store.paths.dataset,
        runId: this.#store.runJson.runId,
        title: plan.pipeline.name,
        codeVersion: this.#with.codeVersion,
        createdAtMs: this.#with.clock.now(),
        groupSize: plan.pipeline.rollouts.groupSize,
        score: plan.pipeline.stages.score,
        outputTerms: termsByModel(plan),
        allow: plan.pipeline.allow,
        tasks: [...new Map(plan.cells.map(({ task }) => [task.id, task])).values()],
        funnel: books,
        rollouts: [...this.#rowsInKeyOrder(verdicts)],
      },
      { archive: this.#store.archive, offThread: this.#with.offThread },
      signal,
    );
    await this.#ledger.append({
      kind: "dataset-written",
      atMs: this.#with.clock.now(),
      manifestSha256: written.manifestSha256,
      tookMs: this.#with.clock.monotonic() - startedAtMs,
      rollouts: this.#endedCount(),
    });
    return written;
  }

  /** Whatever cannot be read any more has no row, and stands in the books. */
  async #noteLost(signal: AbortSignal): Promise<void> {
    for (const { key, retry, archive } of this.state.rollouts.values()) {
      if (archive === null || this.state.lost.has(key)) continue;
      signal.throwIfAborted();
      const reason = await this.#store.archive.damage(archive);
      if (reason === null) continue;
      this.#with.log.warn("record-lost", { rollout: key, reason });
      await this.#append({ kind: "record-lost", atMs: this.#with.clock.now(), key, retry, archive, reason });
    }
  }

  get datasetDirectory(): string {
    return this.#store.paths.dataset;
  }

  get exportsDirectory(): string {
    return this.#store.paths.exports;
  }

  progress(): Progress {
    const { state, plan } = this;
    const running = state.underWay().length;
    const { spent } = this.#budget;
    return {
      books: this.#books(allVerdicts(plan, state, this.#drawn)),
      planned: plan.cells.reduce((sum, { demand }) => sum + demand.rolloutsMax, 0),
      running,
      stepCount: state.callCount,
      tokens: spent.tokens,
      costUsd: plan.cells.some(({ model }) => priceOf(model) === null) ? null : spent.usd,
      elapsedMs: this.#with.clock.monotonic() - this.#startedAt,
      parked: [...state.parked.values()].map(({ model, trouble, atMs }) => ({
        ...{ model, trouble },
        parkedMs: Math.max(0, this.#with.clock.now() - atMs),
      })),
    };
  }

  /** How many rollouts have which integrity signal. */
  signals(): SignalCounts {
    return signalCounts(this.plan, this.state, allVerdicts(this.plan, this.state, this.#drawn));
  }

  /** True once every seed that a pilot of so many plays has ended. */
  isPiloted(rolloutsPerCell: number): boolean {
    const { done } = playedOf(this.plan, this.state, rolloutsPerCell);
    return this.plan.cells.every(
      ({ id, demand }) => (done.get(id) ?? 0) >= Math.min(rolloutsPerCell, demand.rolloutsMax),
    );
  }

  /** The forecast for the whole run from all that was played so far. */
  forecast(): Forecast {
    return forecast(this.plan, playedOf(this.plan, this.state));
  }

  /** Why the run is less than was asked for, in words; null when it is whole. */
  shortfall(ending: string): string | null {
    const { books } = this.progress();
    const reasons: string[] = [];
    if (ending === "budget") reasons.push("the run's budget is used up");
    if (ending === "deadline") {
      const { deadline = null } = this.#with;
      reasons.push(`the session's time is over${deadline === null ? "" : ` (deadline ${deadline})`}`);
    }
    if (books.owed > 0) reasons.push(`${books.owed} rollouts are owed`);
    const failed = Object.entries(books.failed).map(([reason, count]) => `${reason} ${count}`);
    if (failed.length > 0) reasons.push(`rollouts failed (${failed.join(", ")})`);
    const { size } = this.state.lost;
    if (size > 0) {
      reasons.push(
        `${size} of them because their record is damaged: \`nightshift verify ${this.directory}\` names them, \`nightshift rerun ${this.directory} --where class=lost\` plays them again`,
      );
    }
    const { accepted } = this.plan.pipeline.rollouts;
    if (accepted !== null) {
      const verdicts = allVerdicts(this.plan, this.state, this.#drawn);
      for (const cell of this.plan.cells) {
        const kept = [...this.state.rollouts.values()].filter(
          ({ cell: id, key }) => id === cell.id && verdicts.get(key)?.kind === "kept",
        ).length;
        if (kept < accepted) reasons.push(`${cell.cell.taskId}: ${kept} of ${accepted} accepted`);
      }
    }
    return reasons.length === 0 ? null : reasons.join("; ");
  }

  /** What is left of the session's time: a pilot and what follows it share it. */
  sessionMsLeft(): number | null {
    const { sessionMsMax, clock } = this.#with;
    return sessionMsMax === null ? null : Math.max(0, sessionMsMax - (clock.monotonic() - this.#startedAt));
  }

  #endedCount(): number {
    return [...this.state.rollouts.values()].filter(({ status }) => status === "ended").length;
  }

  /** What the dataset and its exports may take to write, as things stand. */
  #writingMs(): number {
    return writingMs(this.#endedCount(), this.state.written, this.plan.pipeline.stages.export.length);
  }

  async end(status: "complete" | "short" | "interrupted"): Promise<void> {
    await this.#ledger.append({ kind: "run-ended", atMs: this.#with.clock.now(), status });
  }

  async close(): Promise<void> {
    await this.#with.snapshots.close();
    await this.#store.close();
    await this.#with.release();
  }

  async #openSession(): Promise<void> {
    if (this.#isSessionOpen) return;
    this.#isSessionOpen = true;
    const { clock, codeVersion, log, sweep } = this.#with;
    const swept = await sweep();
    if (swept > 0) log.info("swept", { leftovers: swept });
    await this.#ledger.append({
      kind: "run-opened",
      atMs: clock.now(),
      session: this.state.sessionCount,
      codeVersion,
    });
  }

  /** Durable first, then in the state, then to whoever waits. */
  async #append(event: LedgerEvent): Promise<void> {
    await this.#watchRoom();
    await this.#store.ledger.append(event);
    this.state.apply(event);
    if (event.kind === "rollout-ended" || event.kind === "rollout-retried") {
      this.#with.snapshots.need(attemptId(event.key, event.retry), null);
    }
    this.#watch?.event(event);
  }

  /** Before each record: a run pauses while there is still room to say so. */
  async #watchRoom(): Promise<void> {
    if (this.#pauseReason !== null || !this.#isSessionOpen) return;
    const lack = await this.#with.room.lack();
    if (lack !== null) this.#pauseForMachine(lack).catch(() => {});
  }

  async #appendStep(record: StepsLogRecord): Promise<void> {
    await this.#watchRoom();
    await this.#store.stepsLog.append(record);
    if (record.kind === "snapshot-taken") {
      this.#with.snapshots.need(attemptId(record.key, record.retry), record.snapshot);
    }
    this.#watch?.step(record);
  }

  #groupsOf(key: string): { readonly model: string; readonly task: string } | null {
    const rollout = this.state.rollouts.get(key);
    const planned = rollout && this.#cells.get(rollout.cell);
    return planned === undefined ? null : { model: planned.model.name, task: planned.cell.taskId };
  }

  #books(verdicts: ReadonlyMap<string, Verdict>): Books {
    const books = keepBooks(this.state, (key) => verdicts.get(key));
    assertBooksClose(books);
    return books;
  }

  *#rowsInKeyOrder(verdicts: ReadonlyMap<string, Verdict>) {
    const rows = [...verdicts].flatMap(([key, verdict]) => {
      const rollout = this.state.rollouts.get(key);
      const planned = rollout && this.#cells.get(rollout.cell);
      if (rollout === undefined || planned === undefined || rollout.archive === null) return [];
      if (verdict.kind === "dropped" && verdict.reason === "surplus") return [];
      return [{ key, verdict, rollout, planned, archive: rollout.archive }];
    });
    const copies = copiesAmong(this.plan, this.state, verdicts);
    for (const { key, verdict, rollout, planned, archive } of rows.sort((a, b) => (a.key < b.key ? -1 : 1))) {
      const { groupSize } = this.plan.pipeline.rollouts;
      yield {
        key,
        group: groupOf(planned.cell, rollout.seedIndex, groupSize).id,
        archive,
        copyOf: copies.get(key) ?? null,
        verdict,
        task: planned.task,
        ...recordScores(this.plan.pipeline, planned, rollout, this.state),
      };
    }
  }
}

/** The same plan with only the first seeds of each cell, all of them wanted. */
function firstSeeds(plan: Plan, count: number): Plan {
  const cells = plan.cells.map((cell) => {
    const rolloutsMax = Math.min(count, cell.demand.rolloutsMax);
    return { ...cell, demand: { rolloutsMax, accepted: null } };
  });
  return { ...plan, cells };
}
