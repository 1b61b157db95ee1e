// One model behind several base URLs: a rollout stays with one of them for its prefix cache, and moves on when that one fails.
import { BoundaryError, UserError } from "../core/errors.ts";
import { sha256 } from "../core/hash.ts";
import type { Model, ModelReply, ModelRequest } from "../core/model.ts";
import type { Clock, Log } from "../core/runtime.ts";
import { EndpointsRestingError, ModelCallError, mayBeBilled } from "./callError.ts";
import type { RebuyableRequest } from "./rebuy.ts";

/** An endpoint rests after so many failures in a row. A server that says how long to wait works: that is no failure. */
export const FAILURES_MAX = 5;
/** How long it rests; then one call tries it, and only an answer to it ends the rest. */
export const REST_MS = 30_000;

export interface RouterOptions {
  readonly id: string;
  readonly provider: string;
  /** Endpoints that serve the same model by the same name. */
  readonly endpoints: readonly { readonly name: string; readonly model: Model }[];
  readonly clock: Clock;
  readonly log: Log;
  /** Default FAILURES_MAX. */
  readonly failuresMax?: number;
  /** Default REST_MS. */
  readonly restMs?: number;
}

interface Circuit {
  readonly name: string;
  readonly model: Model;
  failures: number;
  /** Null before the first. */
  lastFailure: BoundaryError | null;
  /** No call is sent before this time on the monotonic clock. */
  restsUntilMs: number;
}

/**
 * Throws UserError without endpoints, with a name twice, or where endpoints would send different bodies for one request (a
 * journaled request could not be rebuilt then). An endpoint that refuses the key, or does not know the model, rests at once. While all endpoints rest, calls fail at once with the wait until one does not;
 * that wait counts as throttled.
 */
export function router(options: RouterOptions): Model {
  const { clock, log } = options;
  const failuresMax = options.failuresMax ?? FAILURES_MAX;
  const restMs = options.restMs ?? REST_MS;
  const circuits: Circuit[] = options.endpoints.map((endpoint) => ({
    ...endpoint,
    failures: 0,
    lastFailure: null,
    restsUntilMs: Number.NEGATIVE_INFINITY,
  }));
  const first = checked(options.id, circuits);

  const attempt = async (circuit: Circuit, request: ModelRequest, signal: AbortSignal) => {
    // Whoever tries an endpoint after its rest does so alone: the others see it resting until the answer is there.
    if (circuit.failures >= failuresMax) circuit.restsUntilMs = clock.monotonic() + restMs;
    try {
      const reply = await circuit.model.complete(request, signal);
      wake(circuit);
      return { reply };
    } catch (error) {
      if (signal.aborted || !isEndpoints(error)) throw error;
      circuit.lastFailure = error;
      if (isSignOfLife(error)) wake(circuit);
      else {
        circuit.failures = error.transient ? circuit.failures + 1 : failuresMax;
        if (circuit.failures >= failuresMax) {
          circuit.restsUntilMs = clock.monotonic() + restMs;
          log.warn("model-endpoint-resting", { model: options.id, endpoint: circuit.name, restMs });
        }
      }
      return { failure: error };
    }
  };

  const complete = async (request: RebuyableRequest, signal: AbortSignal): Promise<ModelReply> => {
    const failures: BoundaryError[] = [];
    const beganAtMs = clock.monotonic();
    const isProbe = request.parking?.isProbe === true;
    for (const circuit of ranked(circuits, request.stickyKey)) {
      if (circuit.restsUntilMs > clock.monotonic() && !isProbe) continue;
      const triedAtMs = clock.monotonic();
      if (mayBeBilledLast(failures)) await request.rebuy?.();
      const outcome = await attempt(circuit, request, signal);
      // What endpoints cost that did not answer was not the agent's time.
      const lostMs = failures.length === 0 ? 0 : triedAtMs - beganAtMs;
      if ("reply" in outcome) return { ...outcome.reply, throttledMs: outcome.reply.throttledMs + lostMs };
      failures.push(outcome.failure);
    }
    throw worthWaitingFor(failures) ?? allResting(options.id, circuits, clock.monotonic());
  };
  return { id: options.id, provider: options.provider, encode: (request) => first.encode(request), complete };
}

/** Whether a failure is the endpoint's: another one may do better. */
function isEndpoints(error: unknown): error is BoundaryError {
  const isTrouble = error instanceof ModelCallError && error.trouble !== null;
  return isTrouble || (error instanceof BoundaryError && error.boundary === "model" && error.transient);
}

/** A rate limit, or a server that says how long it wants to be left alone. */
function isSignOfLife(error: BoundaryError): boolean {
  if (!(error instanceof ModelCallError) || !error.transient) return false;
  return error.status === 429 || (error.throttled && error.retryAfterMs !== null);
}

function wake(circuit: Circuit): void {
  circuit.failures = 0;
  circuit.restsUntilMs = Number.NEGATIVE_INFINITY;
}

/** Rendezvous hashing: adding or losing an endpoint moves only the rollouts that were, or will be, on it. */
function ranked(circuits: readonly Circuit[], stickyKey: string): readonly Circuit[] {
  if (circuits.length === 1) return circuits;
  return circuits
    .map((circuit) => ({ circuit, weight: sha256(`${circuit.name}\n${stickyKey}`) }))
    .sort((a, b) => (a.weight < b.weight ? 1 : -1))
    .map(({ circuit }) => circuit);
}

function checked(id: string, circuits: readonly Circuit[]): Model {
  const first = circuits[0];
  if (first === undefined) throw new UserError(`model "${id}" has no endpoint: name at least one base URL`);
  if (new Set(circuits.map(({ name }) => name)).size < circuits.length) {
    throw new UserError(`model "${id}" has two endpoints of one name: give each its own`);
  }
  const sample: ModelRequest = {
    callId: "",
    stickyKey: "",
    messages: [{ role: "user", content: "" }],
    tools: [],
    sampling: { maxTokens: 1 },
    seed: 0,
  };
  const body = first.model.encode(sample);
  const other = circuits.find(({ model }) => model.encode(sample) !== body);
  if (other !== undefined) {
    throw new UserError(
      `endpoints "${first.name}" and "${other.name}" of model "${id}" would send different requests: ` +
        "give them the same model name and extraBody, or make them two models",
    );
  }
  return first.model;
}

function mayBeBilledLast(failures: readonly BoundaryError[]): boolean {
  const last = failures.at(-1);
  return last !== undefined && mayBeBilled(last);
}

/**
 * The failure that tells the caller most: a server that names its wait before others, but a possibly billed last one first,
 * since the earlier ones are paid for already.
 */
function worthWaitingFor(failures: readonly BoundaryError[]): BoundaryError | undefined {
  const last = failures.at(-1);
  if (last === undefined || mayBeBilled(last)) return last;
  return failures.findLast((failure) => failure instanceof ModelCallError && failure.throttled) ?? last;
}

function allResting(id: string, circuits: readonly Circuit[], nowMs: number): ModelCallError {
  const next = circuits.reduce((a, b) => (b.restsUntilMs < a.restsUntilMs ? b : a));
  const names = circuits.map(({ name }) => `"${name}"`).join(", ");
  const { lastFailure } = next;
  const last = lastFailure instanceof ModelCallError ? lastFailure : null;
  const transient = last?.transient ?? true;
  return new EndpointsRestingError(
    `all endpoints of model "${id}" (${names}) failed several times in a row and rest now: are they running?`,
    {
      transient,
      status: null,
      throttled: transient,
      retryAfterMs: Math.max(0, next.restsUntilMs - nowMs),
      mayBeBilled: false,
      trouble: last?.trouble ?? "down",
      cause: last ?? undefined,
    },
  );
}
