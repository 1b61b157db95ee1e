// What a ledger says, folded: every rollout, every evaluation, what was spent and what may still be in flight. No I/O.
import type { Amount } from "./budget.ts";
import { StoreError } from "./errors.ts";
import type { Evaluation } from "./evaluation.ts";
import type { ArchiveRef, LedgerEvent, RolloutFacts } from "./ledger.ts";
import type { Outcome } from "./outcome.ts";

interface RolloutFields {
  key: string;
  /** Id of its cell. */
  cell: string;
  seedIndex: number;
  /** Position among all admissions of the run, from 0. */
  admittedOrder: number;
  status: "admitted" | "started" | "ended";
  /** The current try, from 0. */
  retry: number;
  /** These three are null until it has ended. */
  outcome: Outcome | null;
  facts: RolloutFacts | null;
  archive: ArchiveRef | null;
}

/** One admitted rollout as the ledger knows it. */
export type RolloutState = Readonly<RolloutFields>;

/** A model call that the ledger saw start, with what it may have cost at most. */
export interface StartedCall {
  readonly call: string;
  readonly step: number;
  readonly reservedUsd: number;
  readonly reservedTokens: number;
}

/** How often a try was taken up again, what that spared, and the calls that were in flight when it was cut off. */
export interface ResumedTry {
  readonly times: number;
  /** Times that its own sandbox was found alive; the others it was restored. */
  readonly attached: number;
  readonly replayedCount: number;
  readonly savedMs: number;
  readonly lostCallCount: number;
  /** At what those calls may have cost at most. */
  readonly lost: Amount;
}

/** A model without an endpoint that can be used, and since when. */
export type ParkedModel = Readonly<Omit<Extract<LedgerEvent, { kind: "endpoint-parked" }>, "kind">>;

/** How often a model was parked, and for how long in all. */
export interface AwayTime {
  readonly times: number;
  readonly parkedMs: number;
}

/** What an endpoint named as its model. */
export type ServedModel = Readonly<Omit<Extract<LedgerEvent, { kind: "model-served" }>, "kind">>;

/** What was found in a rollout's record, and what it was drawn from. */
export interface Inspection {
  readonly inspection: string;
  readonly flags: readonly string[];
}

/** Where the run as a whole stands: never opened, open (or cut off), paused by itself, or how its last session ended. */
export type RunStatus = "new" | "open" | "paused" | Extract<LedgerEvent, { kind: "run-ended" }>["status"];

/** A pause that the run chose by itself. */
export type Pause = Readonly<Omit<Extract<LedgerEvent, { kind: "run-paused" }>, "kind">>;

/** One try of one rollout, `key/retry`: the owner of steps-log records and the first part of its calls' ids. */
export function attemptId(key: string, retry: number): string {
  return `${key}/${retry}`;
}

/** The state of a run, built by applying its ledger's events in order. Throws StoreError on events out of order. */
export class RunState {
  readonly #rollouts = new Map<string, RolloutFields>();
  readonly #evaluations = new Map<string, Evaluation>();
  readonly #evaluationFailures = new Map<string, { rolloutKey: string; error: string }>();
  readonly #calls = new Map<string, StartedCall[]>();
  readonly #inspections = new Map<string, Inspection>();
  readonly #resumed = new Map<string, ResumedTry>();
  readonly #lost = new Map<string, string>();
  readonly #begunAnew = { rollouts: 0, steps: 0, usd: 0, tokens: 0 };
  readonly #pauses: Pause[] = [];
  readonly #parked = new Map<string, ParkedModel>();
  readonly #away = new Map<string, AwayTime>();
  readonly #served: ServedModel[] = [];
  #spentUsd = 0;
  #spentTokens = 0;
  #callCount = 0;
  #unansweredCallCount = 0;
  #sessionCount = 0;
  #status: RunStatus = "new";
  #manifestSha256: string | null = null;
  #written: { readonly tookMs: number; readonly rollouts: number } | null = null;

  /** By key, in order of admission. */
  get rollouts(): ReadonlyMap<string, RolloutState> {
    return this.#rollouts;
  }
  /** By evaluation key. */
  get evaluations(): ReadonlyMap<string, Evaluation> {
    return this.#evaluations;
  }
  /** Evaluations that had no verdict the last time they were tried: owed. By evaluation key. */
  get evaluationFailures(): ReadonlyMap<string, { readonly rolloutKey: string; readonly error: string }> {
    return this.#evaluationFailures;
  }
  /** Cost of ended rollouts and of tries that were given up. Calls without a price count 0 dollars. */
  get spent(): Amount {
    return { usd: this.#spentUsd, tokens: this.#spentTokens };
  }
  /** Model calls started over the whole run. */
  get callCount(): number {
    return this.#callCount;
  }
  /** Calls of settled tries that left no step: lost in a crash, or answered by an error. */
  get unansweredCallCount(): number {
    return this.#unansweredCallCount;
  }
  /** The last look for integrity signals at each ended rollout, by key. */
  get inspections(): ReadonlyMap<string, Inspection> {
    return this.#inspections;
  }
  /** Tries that were taken up where they had been cut off, by attempt id. */
  get resumed(): ReadonlyMap<string, ResumedTry> {
    return this.#resumed;
  }
  /** Tries that were given up though steps of theirs were paid for, and begun anew: how many, and what those steps had cost. */
  get begunAnew(): Readonly<Amount & { rollouts: number; steps: number }> {
    return this.#begunAnew;
  }
  /** Ended rollouts whose sealed record cannot be read any more, by key, with the reason. */
  get lost(): ReadonlyMap<string, string> {
    return this.#lost;
  }
  get sessionCount(): number {
    return this.#sessionCount;
  }
  get status(): RunStatus {
    return this.#status;
  }
  /** Every pause so far, oldest first. While `status` is `paused`, the last one says why. */
  get pauses(): readonly Pause[] {
    return this.#pauses;
  }
  /** Models that are parked now, by name. A session that ended or was killed parks nothing. */
  get parked(): ReadonlyMap<string, ParkedModel> {
    return this.#parked;
  }
  /** Models that were parked and came back, by name. */
  get away(): ReadonlyMap<string, AwayTime> {
    return this.#away;
  }
  /** What endpoints named as their model, each once, in order. */
  get served(): readonly ServedModel[] {
    return this.#served;
  }
  /** Of the dataset written last; null before. */
  get manifestSha256(): string | null {
    return this.#manifestSha256;
  }

  /** How long the dataset took to write the last time that was measured; null before. */
  get written(): { readonly tookMs: number; readonly rollouts: number } | null {
    return this.#written;
  }

  /** Rollouts whose try has started and neither ended nor been given up. */
  underWay(): readonly RolloutState[] {
    return [...this.#rollouts.values()].filter(({ status }) => status === "started");
  }

  /** True while this very try has started and neither ended nor been given up: its steps are still needed. */
  isOpen(key: string, retry: number): boolean {
    const rollout = this.#rollouts.get(key);
    return rollout?.status === "started" && rollout.retry === retry;
  }

  /**
   * Calls of open rollouts that have no durable reply. `repliedSteps` gives the step indices whose reply the steps log
   * holds, by attempt id. A step called again after a crash counts once for each call: the reply answers the last one.
   */
  callsInFlight(repliedSteps: ReadonlyMap<string, ReadonlySet<number>>): readonly StartedCall[] {
    const inFlight: StartedCall[] = [];
    for (const [attempt, calls] of this.#calls) {
      const replied = repliedSteps.get(attempt);
      const lastOfStep = new Map(calls.map((call) => [call.step, call]));
      for (const call of calls) {
        if (!(replied?.has(call.step) && lastOfStep.get(call.step) === call)) inFlight.push(call);
      }
    }
    return inFlight;
  }

  /** Takes one more event, the next in the ledger's order. */
  apply(event: LedgerEvent): void {
    switch (event.kind) {
      case "run-opened":
        this.#sessionCount += 1;
        this.#parked.clear();
        this.#status = "open";
        return;
      case "rollout-admitted":
        this.#admit(event);
        return;
      case "rollout-started": {
        const rollout = this.#unended(event);
        rollout.status = "started";
        rollout.retry = event.retry;
        return;
      }
      case "rollout-resumed":
        this.#resume(event);
        return;
      case "call-started":
        this.#startCall(event);
        return;
      case "call-refused":
        this.#refuseCall(event);
        return;
      case "endpoint-parked": {
        const { kind: _, ...parked } = event;
        this.#parked.set(event.model, { ...parked, atMs: this.#parked.get(event.model)?.atMs ?? event.atMs });
        return;
      }
      case "endpoint-back": {
        const { model, parkedMs } = event;
        const before = this.#away.get(model) ?? { times: 0, parkedMs: 0 };
        this.#away.set(model, { times: before.times + 1, parkedMs: before.parkedMs + parkedMs });
        this.#parked.delete(model);
        return;
      }
      case "model-served": {
        const { kind: _, ...served } = event;
        this.#served.push(served);
        return;
      }
      case "rollout-retried":
        this.#retry(event);
        return;
      case "rollout-ended": {
        const rollout = this.#unended(event);
        rollout.status = "ended";
        rollout.retry = event.retry;
        rollout.outcome = event.outcome;
        rollout.facts = event.facts;
        rollout.archive = event.archive;
        this.#spend(costOf(event.facts), 1);
        this.#settleCalls(event.key, event.retry, event.facts.stepCount);
        return;
      }
      case "record-lost": {
        const { retry, archive } = this.#known(event);
        if (retry === event.retry && archive !== null) this.#lost.set(event.key, event.reason);
        return;
      }
      case "evaluation-ended":
        this.#evaluations.set(event.evaluation.key, event.evaluation);
        this.#evaluationFailures.delete(event.evaluation.key);
        return;
      case "rollout-inspected": {
        const { inspection, flags } = event;
        if (this.#known(event).retry === event.retry) this.#inspections.set(event.key, { inspection, flags });
        return;
      }
      case "evaluation-failed":
        this.#evaluationFailures.set(event.key, { rolloutKey: event.rolloutKey, error: event.error });
        return;
      case "run-paused": {
        const { atMs, cause, reason } = event;
        this.#pauses.push({ atMs, cause, reason });
        this.#status = "paused";
        return;
      }
      case "dataset-written":
        this.#manifestSha256 = event.manifestSha256;
        if (event.tookMs !== undefined && event.rollouts !== undefined)
          this.#written = { tookMs: event.tookMs, rollouts: event.rollouts };
        return;
      case "run-ended":
        this.#status = event.status;
        this.#parked.clear();
        return;
      default:
        event satisfies never;
    }
  }

  #admit(event: Extract<LedgerEvent, { kind: "rollout-admitted" }>): void {
    if (this.#rollouts.has(event.key)) throw outOfOrder(event, "that was admitted before");
    this.#rollouts.set(event.key, {
      key: event.key,
      cell: event.cell,
      seedIndex: event.seedIndex,
      admittedOrder: this.#rollouts.size,
      status: "admitted",
      retry: 0,
      outcome: null,
      facts: null,
      archive: null,
    });
  }

  #retry(event: Extract<LedgerEvent, { kind: "rollout-retried" }>): void {
    const rollout = this.#known(event);
    // An ended failure may be tried again later: the event's figures then stand in for the facts, never beside them.
    if (rollout.facts !== null) this.#spend(costOf(rollout.facts), -1);
    this.#spend({ usd: event.spentUsd, tokens: event.spentTokens }, 1);
    this.#settleCalls(event.key, event.retry, event.stepCount);
    if (event.stepCount > 0) {
      this.#begunAnew.rollouts += 1;
      this.#begunAnew.steps += event.stepCount;
      this.#begunAnew.usd += event.spentUsd;
      this.#begunAnew.tokens += event.spentTokens;
    }
    this.#lost.delete(event.key);
    this.#inspections.delete(event.key);
    rollout.status = "admitted";
    rollout.retry = event.retry + 1;
    rollout.outcome = null;
    rollout.facts = null;
    rollout.archive = null;
  }

  #resume(event: Extract<LedgerEvent, { kind: "rollout-resumed" }>): void {
    const rollout = this.#unended(event);
    rollout.status = "started";
    rollout.retry = event.retry;
    const attempt = attemptId(event.key, event.retry);
    const before = this.#resumed.get(attempt);
    this.#resumed.set(attempt, {
      times: (before?.times ?? 0) + 1,
      attached: (before?.attached ?? 0) + (event.how === "attached" ? 1 : 0),
      replayedCount: (before?.replayedCount ?? 0) + event.replayedCount,
      savedMs: (before?.savedMs ?? 0) + event.savedMs,
      // What was lost is said anew each time, over the whole try.
      lostCallCount: event.lostCallCount,
      lost: { usd: event.lostUsd, tokens: event.lostTokens },
    });
  }

  #startCall(event: Extract<LedgerEvent, { kind: "call-started" }>): void {
    // A reply that was lost on the way is bought again under the same name with a number behind it.
    const match = /^([^/]+)\/(\d+)\/(\d+)(?:\/\d+)?$/.exec(event.call);
    const [, key, retry, step] = match ?? [];
    if (key === undefined || retry === undefined || step === undefined) {
      throw new StoreError(`ledger: call-started names "${event.call}", which is not key/retry/step`);
    }
    this.#callCount += 1;
    if (!this.isOpen(key, Number(retry))) {
      // Queued by a rollout that was cut off meanwhile: nothing will answer it.
      this.#unansweredCallCount += 1;
      return;
    }
    const { call, reservedUsd, reservedTokens } = event;
    const attempt = attemptId(key, Number(retry));
    const started = { call, step: Number(step), reservedUsd, reservedTokens };
    const calls = this.#calls.get(attempt);
    if (calls === undefined) this.#calls.set(attempt, [started]);
    else calls.push(started);
  }

  #refuseCall({ call }: Extract<LedgerEvent, { kind: "call-refused" }>): void {
    const calls = this.#calls.get(call.split("/").slice(0, 2).join("/")) ?? [];
    const at = calls.findLastIndex((started) => started.call === call);
    if (at < 0) return;
    calls.splice(at, 1);
    this.#unansweredCallCount += 1;
  }

  #settleCalls(key: string, retry: number, stepCount: number): void {
    const attempt = attemptId(key, retry);
    const started = this.#calls.get(attempt)?.length ?? 0;
    this.#unansweredCallCount += Math.max(0, started - stepCount);
    this.#calls.delete(attempt);
  }

  #spend(amount: Amount, sign: 1 | -1): void {
    this.#spentUsd += sign * amount.usd;
    this.#spentTokens += sign * amount.tokens;
  }

  #known(event: LedgerEvent & { key: string }): RolloutFields {
    const rollout = this.#rollouts.get(event.key);
    if (rollout === undefined) throw outOfOrder(event, "that was never admitted");
    return rollout;
  }

  #unended(event: LedgerEvent & { key: string }): RolloutFields {
    const rollout = this.#known(event);
    if (rollout.status === "ended") throw outOfOrder(event, "that had ended");
    return rollout;
  }
}

/** The state that a list of events, in the ledger's order, adds up to. */
export function fold(events: Iterable<LedgerEvent>): RunState {
  const state = new RunState();
  for (const event of events) state.apply(event);
  return state;
}

function costOf(facts: RolloutFacts): Amount {
  return { usd: facts.chargedUsd, tokens: facts.chargedTokens };
}

function outOfOrder(event: LedgerEvent & { key: string }, what: string): StoreError {
  return new StoreError(`ledger: ${event.kind} for rollout ${event.key}, ${what}`);
}
