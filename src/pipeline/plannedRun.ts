// A plan in its run directory: the open files, the live state, and what can be done with them. The command line holds one of these.
import { assertBooksClose, type Books, keepBooks } from "../core/books.ts";
import type { Evaluator } from "../core/evaluation.ts";
import type { Ledger, LedgerEvent } from "../core/ledger.ts";
import { attemptId, fold, type RunState } from "../core/runState.ts";
import type { Clock, Log } from "../core/runtime.ts";
import type { BlobStore } from "../core/sandbox.ts";
import type { Verdict } from "../core/verdict.ts";
import { createBudget, type MeteredBudget } from "../schedule/budget.ts";
import { createLane } from "../schedule/lanes.ts";
import { journaledEvaluator, judgeForRecord } from "../stages/evaluate.ts";
import type { GenerateDeps } from "../stages/generate.ts";
import { recordSeeds } from "../stages/score.ts";
import type { OffThread } from "../stages/write.ts";
import { writeRunDataset } from "../stages/write.ts";
import type { OpenRun } from "../store/runDirectory.ts";
import type { Plan } from "./plan.ts";
import { type InterruptedTry, type RunEnding, runPipeline } from "./runPipeline.ts";
import { allVerdicts, recordScore } from "./verdicts.ts";

/** What the composition root brings to a run. */
export interface RunImplementations {
  /** The bare judge over its sandboxes. */
  readonly judge: (blobs: BlobStore) => Evaluator;
  /** How one try of a rollout is played; `judge` is the journaled one. */
  readonly player: (given: PlayerGiven) => GenerateDeps["play"];
  /** Removes this run's leftovers from the backend; returns how many. */
  readonly sweep: () => Promise<number>;
  readonly clock: Clock;
  readonly log: Log;
  /** Where work that would hold up the event loop runs. */
  readonly offThread: OffThread;
  /** Gives back what the implementations hold, once the run's files are closed. */
  readonly release: () => Promise<void>;
  readonly codeVersion: string;
  readonly sessionMsMax: number | null;
}

export interface PlayerGiven {
  readonly blobs: BlobStore;
  readonly judge: Evaluator;
  readonly budget: MeteredBudget;
  readonly ledger: Ledger;
  readonly steps: OpenRun["stepsLog"];
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
  /** Row verdicts drawn in this session. */
  readonly #drawn = new Map<string, Verdict>();
  #judged = 0;

  constructor(plan: Plan, store: OpenRun, implementations: RunImplementations) {
    this.plan = plan;
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

  /** Generates and evaluates until the plan is met or something stops it. */
  async play(signal: AbortSignal): Promise<RunEnding> {
    await this.#openSession();
    const { clock, log, sessionMsMax } = this.#with;
    const tries = await this.#readInterrupted();
    // The state learns of these with the event that starts each again; the budget must know before the first call.
    for (const { spentUsd, spentTokens } of tries.values())
      this.#budget.charge({ usd: spentUsd, tokens: spentTokens });
    const interrupted = (key: string, retry: number) => tries.get(attemptId(key, retry)) ?? NOTHING_SPENT;
    const play = this.#with.player({
      blobs: this.#store.blobs,
      judge: this.#judge,
      budget: this.#budget,
      ledger: this.#ledger,
      steps: this.#store.stepsLog,
    });
    const ending = await runPipeline(
      this.plan,
      {
        state: this.state,
        ledger: this.#ledger,
        archive: this.#store.archive,
        play,
        judge: this.#judge,
        interrupted,
        clock,
        log,
        sessionMsMax,
      },
      signal,
    );
    if (ending === "interrupted") await this.end("interrupted");
    return ending;
  }

  /** Asks the present judges for every ended rollout's submissions; what they have judged already is not judged again. */
  async judgeAgain(
    signal: AbortSignal,
  ): Promise<{ evaluations: number; modelCalls: number; rollouts: number }> {
    await this.#openSession();
    const before = { calls: this.state.callCount, rollouts: this.state.rollouts.size };
    const seeds = recordSeeds(this.plan.pipeline.stages.evaluate.seeds);
    const cells = new Map(this.plan.cells.map((cell) => [cell.id, cell]));
    const work: Promise<void>[] = [];
    const { log, clock } = this.#with;
    const deps = { judge: this.#judge, ledger: this.#ledger, log, clock };
    for (const rollout of this.state.rollouts.values()) {
      const planned = cells.get(rollout.cell);
      if (planned !== undefined) work.push(judgeForRecord(planned.task, rollout, seeds, deps, signal));
    }
    await Promise.all(work);
    return {
      evaluations: this.#judged,
      modelCalls: this.state.callCount - before.calls,
      rollouts: this.state.rollouts.size - before.rollouts,
    };
  }

  /** Writes the dataset of all that has a verdict, in place of an earlier one. */
  async writeDataset(signal: AbortSignal) {
    const { plan, state } = this;
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
        allow: plan.pipeline.allow,
        tasks: [...new Map(plan.cells.map(({ task }) => [task.id, task])).values()],
        funnel: books,
        rollouts: this.#rowsInKeyOrder(verdicts),
      },
      { archive: this.#store.archive, offThread: this.#with.offThread },
      signal,
    );
    await this.#ledger.append({
      kind: "dataset-written",
      atMs: this.#with.clock.now(),
      manifestSha256: written.manifestSha256,
    });
    return written;
  }

  get datasetDirectory(): string {
    return this.#store.paths.dataset;
  }

  get exportsDirectory(): string {
    return this.#store.paths.exports;
  }

  progress(): Progress {
    const { state, plan } = this;
    const running = [...state.rollouts.values()].filter((rollout) => rollout.status === "started").length;
    const { spent } = this.#budget;
    return {
      books: this.#books(allVerdicts(plan, state, this.#drawn)),
      planned: plan.cells.reduce((sum, { demand }) => sum + demand.rolloutsMax, 0),
      running,
      stepCount: state.callCount,
      tokens: spent.tokens,
      costUsd: plan.cells.some(({ model }) => model.wire !== "scripted" && model.price === null)
        ? null
        : spent.usd,
      elapsedMs: this.#with.clock.monotonic() - this.#startedAt,
    };
  }

  /** Why the run is less than was asked for, in words; null when it is whole. */
  shortfall(ending: string): string | null {
    const { books } = this.progress();
    const reasons: string[] = [];
    if (ending === "budget") reasons.push("the run's budget is used up");
    if (ending === "deadline") reasons.push("the session's time is over");
    if (books.owed > 0) reasons.push(`${books.owed} rollouts are owed`);
    const failed = Object.entries(books.failed).map(([reason, count]) => `${reason} ${count}`);
    if (failed.length > 0) reasons.push(`rollouts failed (${failed.join(", ")})`);
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

  async end(status: "complete" | "short" | "interrupted"): Promise<void> {
    await this.#ledger.append({ kind: "run-ended", atMs: this.#with.clock.now(), status });
  }

  async close(): Promise<void> {
    await this.#store.close();
    await this.#with.release();
  }

  async #openSession(): Promise<void> {
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
    await this.#store.ledger.append(event);
    this.state.apply(event);
  }

  #books(verdicts: ReadonlyMap<string, Verdict>): Books {
    const books = keepBooks(this.state, (key) => verdicts.get(key));
    assertBooksClose(books);
    return books;
  }

  *#rowsInKeyOrder(verdicts: ReadonlyMap<string, Verdict>) {
    const cells = new Map(this.plan.cells.map((cell) => [cell.id, cell]));
    for (const key of [...verdicts.keys()].sort()) {
      const verdict = verdicts.get(key);
      const rollout = this.state.rollouts.get(key);
      const planned = rollout && cells.get(rollout.cell);
      if (verdict === undefined || rollout === undefined || planned === undefined || rollout.archive === null)
        continue;
      if (verdict.kind === "dropped" && verdict.reason === "surplus") continue;
      yield {
        archive: rollout.archive,
        verdict,
        task: planned.task,
        final: recordScore(this.plan.pipeline, planned, rollout, this.state, "final"),
        best: recordScore(this.plan.pipeline, planned, rollout, this.state, "best"),
      };
    }
  }

  /** What the tries that an earlier session left open had cost; a call without a reply counts at its reservation. */
  async #readInterrupted(): Promise<ReadonlyMap<string, InterruptedTry>> {
    const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
    const tries = new Map<string, InterruptedTry>();
    const replied = new Map<string, ReadonlySet<number>>();
    for (const { key, retry, status } of this.state.rollouts.values()) {
      if (status !== "started") continue;
      const records = await this.#store.stepsLog.records(key, retry);
      const steps = records.flatMap((record) => (record.kind === "reply-received" ? [record.step] : []));
      replied.set(attemptId(key, retry), new Set(steps.map((step) => step.index)));
      tries.set(attemptId(key, retry), {
        spentUsd: sum(steps.map(({ reply }) => reply.costUsd ?? reply.providerCostUsd ?? 0)),
        spentTokens: sum(steps.map(({ reply }) => reply.usage.input + reply.usage.output)),
        stepCount: steps.length,
        lostCallCount: 0,
      });
    }
    for (const { call, reservedUsd, reservedTokens } of this.state.callsInFlight(replied)) {
      const attempt = call.split("/").slice(0, 2).join("/");
      const cost = tries.get(attempt) ?? NOTHING_SPENT;
      tries.set(attempt, {
        ...cost,
        spentUsd: cost.spentUsd + reservedUsd,
        spentTokens: cost.spentTokens + reservedTokens,
        lostCallCount: cost.lostCallCount + 1,
      });
    }
    return tries;
  }
}

const NOTHING_SPENT: InterruptedTry = { spentUsd: 0, spentTokens: 0, stepCount: 0, lostCallCount: 0 };
