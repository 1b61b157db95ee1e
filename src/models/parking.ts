// What happens to the calls of a model whose endpoints cannot be used: they are parked, not failed. One call at a time finds out whether an
// endpoint is back; all others wait, off the agent's clock and with nothing reserved. Goes outermost, around what records calls.
import { DrainedError } from "../core/drainedError.ts";
import { ContextOverflowError, type Model, type ModelReply, type ModelRequest } from "../core/model.ts";
import type { Clock, Random } from "../core/runtime.ts";
import { ModelCallError, type Trouble } from "./callError.ts";
import type { RebuyableRequest } from "./rebuy.ts";

export interface ParkingPolicy {
  /** Milliseconds from parking to the first probe, and between the next ones: each doubles the wait, and jitter of ±50 % lies on it. */
  readonly probeMs: number;
  readonly probeMsMax: number;
  /** Milliseconds after which the run is to pause as a whole. */
  readonly parkedMsMax: number;
  /** Probes after which a refusal (of a key, of the model's name) counts as final: who mends it starts the run again anyway. */
  readonly refusalsMax: number;
}

/** Waits of a night: a minute's trouble costs half a minute, and a whole night's some 150 probes. */
export const DEFAULT_PARKING_POLICY: ParkingPolicy = {
  probeMs: 30_000,
  probeMsMax: 300_000,
  parkedMsMax: 43_200_000,
  refusalsMax: 3,
};

/** Times that one call may fail while others of its model are answered: more often, and it is the request that is wrong. */
const STRAYS_MAX = 1;
/** Calls that waited go on within so many milliseconds of each other, not all at once. */
const RELEASE_MS = 2_000;

/** Why a model is parked. */
export interface ParkedWhy {
  readonly trouble: Trouble;
  /** What the endpoint did, in one line. */
  readonly reason: string;
}

export interface ParkingDeps {
  readonly clock: Clock;
  readonly random: Random;
  /** Aborted when the run is to stop: whoever waits leaves with DrainedError. */
  readonly hold: AbortSignal;
  /** Told when the model is parked, and again when the trouble becomes another. */
  parked(why: ParkedWhy): void;
  /** Told when an endpoint answers again, with how long none did. */
  back(of: { readonly parkedMs: number }): void;
  /** Told once, when waiting makes no sense any more. Contract: aborts `hold`. */
  givenUp(why: ParkedWhy & { readonly parkedMs: number }): void;
}

/** Parking for all calls of one model, whatever is around each of them. */
export interface ParkingLot {
  /** A call throws DrainedError where it waited when the run was told to stop: nothing of it is in flight then. */
  around(model: Model): Model;
}

export function parkingLot(policy: ParkingPolicy, deps: ParkingDeps): ParkingLot {
  const lot = new Lot(policy, deps);
  const around = (model: Model): Model => ({
    id: model.id,
    provider: model.provider,
    encode: (request) => model.encode(request),
    complete: (request, signal) => patiently(model, request, lot, deps, signal),
  });
  return { around };
}

async function patiently(
  model: Model,
  request: ModelRequest,
  lot: Lot,
  { clock, hold }: ParkingDeps,
  signal: AbortSignal,
): Promise<ModelReply> {
  const beganAtMs = clock.monotonic();
  let answersSeen = lot.answers;
  let strays = 0;
  for (let tries = 0; ; tries++) {
    const pass = await lot.enter(signal);
    const lostMs = tries === 0 && !pass.waited ? 0 : clock.monotonic() - beganAtMs;
    const parked: RebuyableRequest = { ...request, parking: { hold, isProbe: pass.probeEnded !== null } };
    try {
      const reply = await model.complete(parked, signal);
      lot.answered();
      return { ...reply, throttledMs: reply.throttledMs + lostMs };
    } catch (error) {
      if (signal.aborted) throw error;
      if (!(error instanceof ModelCallError) || error.trouble === null) {
        if (isAnswer(error)) lot.answered();
        throw error;
      }
      if (hold.aborted) throw new DrainedError();
      const isStray = lot.answers > answersSeen;
      answersSeen = lot.answers;
      if (isStray) strays += 1;
      if (strays > STRAYS_MAX) throw error;
      if (isStray && lot.isOpen) await lot.sleep(signal);
      else lot.park(error, error.trouble, pass.probeEnded !== null);
    } finally {
      pass.probeEnded?.();
    }
  }
}

/** What an endpoint says of a request shows that it is there. */
function isAnswer(error: unknown): boolean {
  if (error instanceof ContextOverflowError) return true;
  return error instanceof ModelCallError && error.status !== null;
}

interface Pass {
  /** Null: no probe. Else to be called when it has ended, however it did. */
  readonly probeEnded: (() => void) | null;
  readonly waited: boolean;
}

class Lot {
  readonly #policy: ParkingPolicy;
  readonly #deps: ParkingDeps;
  /** In the order of their waiting: a call whose probe failed goes to the end, so that no single request keeps a model parked. */
  readonly #queue: ((pass: Pass) => void)[] = [];
  #parked: (ParkedWhy & { readonly sinceMs: number }) | null = null;
  #answers = 0;
  #refusals = 0;
  #waitMs = 0;
  #probeAtMs = 0;
  #isAttended = false;
  #isGivenUp = false;
  #change = new AbortController();

  constructor(policy: ParkingPolicy, deps: ParkingDeps) {
    this.#policy = policy;
    this.#deps = deps;
  }

  /** Replies, and refusals that speak of a request, so far. */
  get answers(): number {
    return this.#answers;
  }

  get isOpen(): boolean {
    return this.#parked === null;
  }

  /** Resolves when a call may be sent: at once, or after waiting. */
  async enter(signal: AbortSignal): Promise<Pass> {
    const { hold, clock, random } = this.#deps;
    if (hold.aborted) throw new DrainedError();
    if (this.#parked === null) return { probeEnded: null, waited: false };
    const { promise, resolve, reject } = Promise.withResolvers<Pass>();
    const leave = () => {
      const at = this.#queue.indexOf(resolve);
      if (at >= 0) this.#queue.splice(at, 1);
      reject(signal.aborted ? signal.reason : new DrainedError());
    };
    this.#queue.push(resolve);
    const stop = AbortSignal.any([signal, hold]);
    stop.addEventListener("abort", leave, { once: true });
    if (stop.aborted) leave();
    void this.#attend();
    const pass = await promise.finally(() => stop.removeEventListener("abort", leave));
    if (pass.probeEnded !== null) return pass;
    await clock.sleep(random() * RELEASE_MS, stop).catch((error: unknown) => {
      throw signal.aborted ? error : new DrainedError();
    });
    return pass;
  }

  /** One call waits alone: others are answered. */
  async sleep(signal: AbortSignal): Promise<void> {
    const { hold, clock, random } = this.#deps;
    const waitMs = this.#policy.probeMs * (0.5 + random());
    await clock.sleep(waitMs, AbortSignal.any([signal, hold])).catch((error: unknown) => {
      throw signal.aborted ? error : new DrainedError();
    });
  }

  answered(): void {
    this.#answers += 1;
    this.#refusals = 0;
    const parked = this.#parked;
    if (parked === null) return;
    this.#parked = null;
    this.#deps.back({ parkedMs: this.#deps.clock.monotonic() - parked.sinceMs });
    for (const go of this.#queue.splice(0)) go({ probeEnded: null, waited: true });
    this.#changed();
  }

  /** A call has failed for something that is wrong with the endpoint. */
  park(error: ModelCallError, trouble: Trouble, wasProbe: boolean): void {
    const { clock, random } = this.#deps;
    const { probeMs, probeMsMax, refusalsMax } = this.#policy;
    const nowMs = clock.monotonic();
    const isNew = this.#parked === null;
    if (this.#parked === null || this.#parked.trouble !== trouble) {
      const why = { trouble, reason: innermost(error).message };
      this.#parked = { ...why, sinceMs: this.#parked?.sinceMs ?? nowMs };
      this.#deps.parked(why);
    }
    if (!isNew && !wasProbe) return;
    this.#waitMs = isNew ? probeMs : Math.min(this.#waitMs * 2, probeMsMax);
    this.#probeAtMs = nowMs + Math.max(error.retryAfterMs ?? 0, this.#waitMs * (0.5 + random()));
    const isRefusal = trouble === "key" || trouble === "unknownModel";
    if (isRefusal && wasProbe) this.#refusals += 1;
    // What has never worked in this session will not by itself.
    if (isRefusal && (this.#answers === 0 || this.#refusals >= refusalsMax)) this.#giveUp();
    this.#changed();
  }

  /** Lets one call at a time through while the model is parked and somebody waits. */
  async #attend(): Promise<void> {
    if (this.#isAttended) return;
    this.#isAttended = true;
    const { clock } = this.#deps;
    try {
      while (this.#parked !== null && this.#queue.length > 0 && !this.#isGivenUp) {
        const untilMs = this.#parked.sinceMs + this.#policy.parkedMsMax;
        const nowMs = clock.monotonic();
        const waitMs = Math.min(this.#probeAtMs, untilMs) - nowMs;
        if (waitMs > 0) {
          await clock.sleep(waitMs, this.#change.signal).catch(() => {});
          continue;
        }
        if (nowMs >= untilMs) {
          this.#giveUp();
          return;
        }
        const { promise, resolve } = Promise.withResolvers<void>();
        this.#queue.shift()?.({ probeEnded: resolve, waited: true });
        await promise;
      }
    } finally {
      this.#isAttended = false;
    }
  }

  #giveUp(): void {
    if (this.#isGivenUp || this.#parked === null) return;
    this.#isGivenUp = true;
    const { trouble, reason, sinceMs } = this.#parked;
    this.#deps.givenUp({ trouble, reason, parkedMs: this.#deps.clock.monotonic() - sinceMs });
  }

  #changed(): void {
    const change = this.#change;
    this.#change = new AbortController();
    change.abort();
  }
}

/** Whoever gave up after several tries names the failure itself as the cause. */
function innermost(error: ModelCallError): ModelCallError {
  return error.cause instanceof ModelCallError ? innermost(error.cause) : error;
}
