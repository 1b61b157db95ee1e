// A run, top to bottom: take up what the ledger knows, admit seeds while they are wanted, play, judge, decide; stop in good order.

import { DrainedError } from "../core/drainedError.ts";
import type { Evaluator } from "../core/evaluation.ts";
import { exhaustion } from "../core/exhausted.ts";
import type { Archive } from "../core/journal.ts";
import type { Ledger } from "../core/ledger.ts";
import { BudgetExceededError } from "../core/model.ts";
import type { RolloutState, RunState } from "../core/runState.ts";
import type { Clock, Log } from "../core/runtime.ts";
import { createAdmission } from "../schedule/admission.ts";
import { type Bell, createBell } from "../schedule/bell.ts";
import { createLane } from "../schedule/lanes.ts";
import { judgeForRecord } from "../stages/evaluate.ts";
import { costOfEnded, failureText, type GenerateDeps, generateRollout } from "../stages/generate.ts";
import { inspectForRecord } from "../stages/inspect.ts";
import { fittedTo, judgingMs } from "./deadline.ts";
import type { InterruptedTry } from "./interruptedTries.ts";
import { type Plan, type PlannedCell, plannedKey } from "./plan.ts";
import { type Again, isPlayedAgain } from "./playedAgain.ts";
import { RunPausedError } from "./runPausedError.ts";
import { recordRules, recordScores, rowVerdict } from "./verdicts.ts";

/** What a run is carried out with. The ledger's events reach `state` before `append` resolves. */
export interface RunParts {
  readonly state: RunState;
  readonly ledger: Ledger;
  readonly archive: Archive;
  readonly play: GenerateDeps["play"];
  readonly pastOf: GenerateDeps["pastOf"];
  /** The journaled judge: asked twice for the same, it answers from the ledger. */
  readonly judge: Evaluator;
  /** What a try that an earlier session left open had come to, lost calls at their reservation. */
  readonly interrupted: (key: string, retry: number) => InterruptedTry;
  readonly clock: Clock;
  readonly log: Log;
  /** Milliseconds that this session may take, judging and writing included; null: no bound. */
  readonly sessionMsMax: number | null;
  /** What of it has to be left for writing, as things stand; absent: nothing. */
  readonly writingMs?: () => number;
  /** Aborted to pause: no seed is admitted, no try begun, and what is under way ends at its next step boundary. */
  readonly pause: AbortSignal;
  /** Which rollouts that infrastructure had failed are played again; what a pause cancelled always is. */
  readonly again: Again;
  /** Aborted to stop in good order: nothing more is begun, and what is under way is kept at its next step boundary. The deadline does so. */
  readonly drain: AbortController;
  /** Rollouts at a time. */
  readonly rolloutsAtOnce: number;
  /** What the machine runs out of, in one line; null: nothing. Asked before each admission. */
  readonly lack: () => Promise<string | null>;
  /** Pauses the run for that: `drain` is aborted, with the reason. */
  readonly pauseFor: (lack: string) => Promise<void>;
}

/** Longest that a run which stops in good order waits for the calls, actions and judges under way, milliseconds. */
const DRAIN_MS_MAX = 30_000;
/** How often what has to be kept free of a session's end is estimated anew, milliseconds. */
const RESERVE_CHECK_MS = 5_000;

/** Records that are looked through for integrity signals at a time: each is held in memory whole. */
const INSPECTIONS_MAX = 4;

/** Why generation ended: everything wanted was played, a bound of the run was reached, the run paused itself, or the user stopped it. */
export type RunEnding = "played" | "budget" | "deadline" | "paused" | "interrupted";

/**
 * Generates and evaluates until the plan is met. Rollouts and evaluations stream: each rollout is judged as soon as it ends.
 * Contract: whatever it returns or throws, every rollout is ended or still owed in the ledger, and no sandbox of it lives.
 */
export async function runPipeline(plan: Plan, parts: RunParts, signal: AbortSignal): Promise<RunEnding> {
  const run = new Run(plan, parts, signal);
  return run.toEnd();
}

class Run {
  readonly #plan: Plan;
  readonly #parts: RunParts;
  readonly #user: AbortSignal;
  readonly #stop = new AbortController();
  readonly #bell: Bell = createBell();
  readonly #admission;
  readonly #rollouts;
  readonly #inspections = createLane(INSPECTIONS_MAX);
  #underWay = 0;
  #backlog = 0;
  #judging = { count: 0, sumMs: 0 };
  #ending: RunEnding = "played";
  #broken: unknown = null;

  constructor(plan: Plan, parts: RunParts, signal: AbortSignal) {
    this.#plan = plan;
    this.#parts = parts;
    this.#user = signal;
    this.#admission = createAdmission(plan.cells.map((cell) => cell.demand));
    this.#rollouts = createLane(parts.rolloutsAtOnce);
  }

  async toEnd(): Promise<RunEnding> {
    const { sessionMsMax, clock, pause, drain } = this.#parts;
    const paused = () => this.#end("paused");
    if (pause.aborted) paused();
    pause.addEventListener("abort", paused, { once: true });
    const alarm = new AbortController();
    const later = (ms: number, work: () => void) =>
      clock.sleep(Math.max(0, ms), alarm.signal).then(work, () => {});
    // A short session is not spent on its own end.
    const drainMs = Math.min(DRAIN_MS_MAX, (sessionMsMax ?? Number.POSITIVE_INFINITY) / 10);
    const drained = () => {
      const isPause = drain.signal.reason instanceof RunPausedError;
      if (!this.#isStopping) this.#end(isPause ? "paused" : "interrupted");
      // At a deadline what is under way has until the writing must begin.
      if (this.#ending !== "deadline") later(drainMs, () => this.#halt(this.#ending));
    };
    if (drain.signal.aborted) drained();
    drain.signal.addEventListener("abort", drained, { once: true });
    const interrupted = () => drain.abort(new DrainedError());
    if (this.#user.aborted) interrupted();
    this.#user.addEventListener("abort", interrupted, { once: true });
    if (sessionMsMax !== null) void this.#keepTime(sessionMsMax, drainMs, alarm.signal);
    try {
      // What breaks here ends the run as anything else does: what is under way is waited for.
      await this.#takeUp()
        .then(() => this.#admit())
        .catch((error: unknown) => this.#fell(error));
      while (this.#underWay > 0) await this.#bell.rung();
    } finally {
      alarm.abort();
      this.#user.removeEventListener("abort", interrupted);
      drain.signal.removeEventListener("abort", drained);
      pause.removeEventListener("abort", paused);
    }
    if (this.#broken !== null) throw this.#broken;
    return this.#ending;
  }

  /**
   * Ends the session early enough: playing stops when what is left is needed for calls under way, for judging what has ended, and for
   * writing; whatever is not done when writing must begin is cut off, and owed.
   */
  async #keepTime(sessionMs: number, drainMs: number, over: AbortSignal): Promise<void> {
    const { clock, drain, writingMs } = this.#parts;
    const endsAtMs = clock.monotonic() + sessionMs;
    const reserve = () => {
      const atOnce = this.#plan.pipeline.concurrency.evaluations;
      const judging = judgingMs({ ...this.#judging, waiting: this.#backlog, atOnce });
      return fittedTo(sessionMs, { drainMs, judgingMs: judging, writingMs: writingMs?.() ?? 0 });
    };
    const untilMs = (kept: number) => endsAtMs - kept - clock.monotonic();
    try {
      for (;;) {
        const kept = reserve();
        const leftMs = untilMs(kept.drainMs + kept.judgingMs + kept.writingMs);
        if (leftMs <= 0) break;
        await clock.sleep(Math.min(leftMs, RESERVE_CHECK_MS), over);
      }
      // Whoever stopped the run before has the word on how it ends.
      if (drain.signal.aborted) return;
      this.#end("deadline");
      drain.abort(new DrainedError());
      await clock.sleep(Math.max(0, untilMs(reserve().writingMs)), over);
      this.#halt("deadline");
    } catch (error) {
      if (!over.aborted) throw error;
    }
  }

  /** Counts what earlier sessions did, and starts again what they left open, what a pause cancelled, and what is asked for again. */
  async #takeUp(): Promise<void> {
    const { state, ledger, clock, interrupted, again } = this.#parts;
    const cells = new Map(this.#plan.cells.map((cell, index) => [cell.id, index]));
    for (const rollout of [...state.rollouts.values()]) {
      const index = cells.get(rollout.cell);
      if (index === undefined) continue;
      this.#admission.resumed(index, rollout.seedIndex);
      const { key, retry, status, outcome, facts } = rollout;
      const atMs = clock.now();
      if (status === "started") {
        const { charged, stepCount, lostCallCount } = interrupted(key, retry);
        // What has a step behind it is taken up in its turn, and paid for once.
        if (stepCount > 0) continue;
        const cost = { spentUsd: charged.usd, spentTokens: charged.tokens, stepCount, lostCallCount };
        await ledger.append({ kind: "rollout-retried", atMs, key, retry, reason: "interrupted", ...cost });
      }
      if (outcome === null || facts === null) continue;
      if (!isPlayedAgain(state, rollout, again)) continue;
      const reason = `${again === "all" ? "resumed" : "rerun"} after ${state.lost.get(key) ?? failureText(outcome)}`;
      await ledger.append({ kind: "rollout-retried", atMs, key, retry, reason, ...costOfEnded(facts) });
    }
    for (const rollout of [...state.rollouts.values()]) {
      const index = cells.get(rollout.cell);
      if (index === undefined) continue;
      // What is decided counts before anything is admitted, so that a target which is met admits no more.
      if (this.#isDecided(this.#cell(index), rollout.key))
        this.#admission.decided(index, this.#isKept(this.#cell(index), rollout.key));
      else this.#begin(index, rollout.seedIndex);
    }
  }

  /** Admits seeds in order for as long as they are wanted and nothing has stopped the run. */
  async #admit(): Promise<void> {
    const { ledger, clock } = this.#parts;
    const backlogMax = this.#parts.rolloutsAtOnce;
    while (!this.#isStopping) {
      await this.#rollouts.free();
      if (this.#isStopping) return;
      const lack = await this.#parts.lack();
      if (lack !== null) {
        await this.#parts.pauseFor(lack);
        return;
      }
      const next = this.#backlog >= backlogMax ? "wait" : this.#admission.next();
      if (next === "done") return;
      if (next === "wait") {
        await this.#bell.rung();
        continue;
      }
      const planned = this.#cell(next.cell);
      const key = plannedKey(planned, next.seedIndex);
      await ledger.append({
        kind: "rollout-admitted",
        atMs: clock.now(),
        key,
        cell: planned.id,
        seedIndex: next.seedIndex,
      });
      this.#begin(next.cell, next.seedIndex);
    }
  }

  /** Plays, judges and decides one rollout in the background; whatever is done already is skipped. */
  #begin(cellIndex: number, seedIndex: number): void {
    const planned = this.#cell(cellIndex);
    const key = plannedKey(planned, seedIndex);
    this.#underWay++;
    this.#carryOut(planned, key, seedIndex)
      .then(
        () => this.#admission.decided(cellIndex, this.#isKept(planned, key)),
        (error: unknown) => this.#fell(error),
      )
      .finally(() => {
        this.#underWay--;
        this.#bell.ring();
      });
  }

  async #carryOut(planned: PlannedCell, key: string, seedIndex: number): Promise<void> {
    const { ledger, archive, clock, play, pastOf, pause, drain, interrupted } = this.#parts;
    const { retriesMax } = this.#plan.pipeline.stages.generate;
    const state = this.#rollout(key);
    if (state.status !== "ended") {
      await this.#rollouts.run(async () => {
        this.#stop.signal.throwIfAborted();
        const spec = {
          key,
          retry: state.retry,
          cell: planned.cell,
          seedIndex,
          origin: null,
          task: planned.task,
        };
        const hold = AbortSignal.any([pause, drain.signal]);
        const deps = { ledger, archive, clock, play, pastOf, retriesMax, hold };
        await generateRollout(spec, deps, this.#stop.signal, interrupted(key, state.retry));
      });
    }
    this.#backlog++;
    const endedAtMs = clock.monotonic();
    try {
      const { judge, ledger: events, clock: time, log } = this.#parts;
      const rules = recordRules(this.#plan.pipeline, planned.task.definition);
      const deps = { judge, ledger: events, clock: time, log };
      await judgeForRecord(planned.task, this.#rollout(key), rules, deps, this.#stop.signal);
      await this.#inspections.run(() => this.#inspect(planned, key));
      const { count, sumMs } = this.#judging;
      this.#judging = { count: count + 1, sumMs: sumMs + clock.monotonic() - endedAtMs };
    } finally {
      this.#backlog--;
    }
  }

  async #inspect(planned: PlannedCell, key: string): Promise<void> {
    const { archive, ledger, clock, state } = this.#parts;
    const rollout = this.#rollout(key);
    const scores = recordScores(this.#plan.pipeline, planned, rollout, state);
    const { inspections } = state;
    await inspectForRecord(planned.task, rollout, scores, { archive, ledger, clock, inspections });
  }

  #isDecided(planned: PlannedCell, key: string): boolean {
    return rowVerdict(this.#plan.pipeline, planned, this.#rollout(key), this.#parts.state) !== null;
  }

  #isKept(planned: PlannedCell, key: string): boolean {
    return rowVerdict(this.#plan.pipeline, planned, this.#rollout(key), this.#parts.state)?.kind === "kept";
  }

  /** A rollout was cut off: by the run's own stop, by its budget, or by something broken that ends the run. */
  #fell(error: unknown): void {
    if (this.#stop.signal.aborted || error instanceof RunPausedError || error instanceof DrainedError) return;
    if (error instanceof BudgetExceededError) {
      this.#parts.log.warn("budget-used-up", { detail: error.message });
      this.#ending = "budget";
      return;
    }
    const lack = exhaustion(error);
    if (lack !== null) {
      this.#parts.pauseFor(lack.message).catch((cause: unknown) => {
        this.#broken ??= cause;
        this.#halt("interrupted");
      });
      return;
    }
    this.#broken ??= error;
    this.#halt("interrupted");
  }

  #halt(ending: RunEnding): void {
    this.#end(ending);
    this.#stop.abort();
  }

  /** No more is begun; what runs may come to an end of its own. */
  #end(ending: RunEnding): void {
    if (!this.#stop.signal.aborted) this.#ending = ending;
    this.#bell.ring();
  }

  get #isStopping(): boolean {
    return this.#ending !== "played";
  }

  #cell(index: number): PlannedCell {
    const cell = this.#plan.cells[index];
    if (cell === undefined) throw new RangeError(`the plan has no cell ${index}`);
    return cell;
  }

  #rollout(key: string): RolloutState {
    const rollout = this.#parts.state.rollouts.get(key);
    if (rollout === undefined) throw new RangeError(`the ledger has no rollout ${key}`);
    return rollout;
  }
}
