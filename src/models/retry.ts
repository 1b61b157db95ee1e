// Tries a model call again where another try may succeed: exponential backoff with full jitter, or as long as the server asks.
import { BoundaryError } from "../core/errors.ts";
import type { Model, ModelReply } from "../core/model.ts";
import type { Clock, Log, Random } from "../core/runtime.ts";
import { EndpointsRestingError, ModelCallError, mayBeBilled } from "./callError.ts";
import type { RebuyableRequest } from "./rebuy.ts";

export interface RetryPolicy {
  /** Tries that may fail for other reasons than throttling, the first included. */
  readonly attemptsMax: number;
  /** Tries that may be answered with "wait" (rate limit, overload): these are cheap, and windows are long. */
  readonly throttledMax: number;
  /** Milliseconds from the first try after which none is begun. */
  readonly totalMsMax: number;
  /** Upper bound of the first wait; it doubles with every further one. */
  readonly backoffMs: number;
  /** Longest wait that is not the server's own wish. */
  readonly backoffMsMax: number;
}

/** Patient enough for a provider's one-minute windows and a server's restart. */
export const DEFAULT_RETRY_POLICY: RetryPolicy = {
  attemptsMax: 6,
  throttledMax: 120,
  totalMsMax: 3_600_000,
  backoffMs: 1_000,
  backoffMsMax: 60_000,
};

export interface RetryDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/**
 * Time lost to tries that failed, and to the waits after them, is `throttledMs` of the reply: it was not the agent's. `latencyMs` stays that
 * of the try that was answered. What cannot be tried again passes unchanged; giving up throws the last failure with the count.
 * Where somebody outside waits for endpoints (`parking`), a probe is tried once, and what fails because all rest passes at once.
 */
export function withRetry(model: Model, policy: RetryPolicy, deps: RetryDeps): Model {
  const { clock, log } = deps;
  const complete = async (request: RebuyableRequest, signal: AbortSignal): Promise<ModelReply> => {
    const startedAt = clock.monotonic();
    let failed = 0;
    let throttled = 0;
    let throttledMs = 0;
    const { parking } = request;
    const waiting = parking === undefined ? signal : AbortSignal.any([signal, parking.hold]);
    for (;;) {
      const triedAt = clock.monotonic();
      const attempt = await attemptOnce(model, request, signal);
      if ("reply" in attempt) {
        return { ...attempt.reply, throttledMs: attempt.reply.throttledMs + throttledMs };
      }
      const failure = attempt.failure;
      const isOthers =
        parking?.isProbe || (parking !== undefined && failure instanceof EndpointsRestingError);
      if (isOthers) throw failure;
      const patience = failure instanceof ModelCallError && failure.throttled;
      if (patience) throttled += 1;
      else failed += 1;
      const elapsedMs = clock.monotonic() - startedAt;
      const waitMs = nextWaitMs(failure, patience ? throttled : failed, policy, deps.random);
      const spent = failed >= policy.attemptsMax || throttled >= policy.throttledMax;
      if (spent || elapsedMs + waitMs > policy.totalMsMax) {
        throw givenUp(failure, failed + throttled, elapsedMs, waitMs);
      }
      log.info("model-call-retried", { call: request.callId, waitMs, reason: failure.message });
      await clock.sleep(waitMs, waiting).catch((error: unknown) => {
        if (signal.aborted || !parking?.hold.aborted) throw error;
      });
      if (parking?.hold.aborted) throw givenUp(failure, failed + throttled, elapsedMs, waitMs);
      throttledMs += clock.monotonic() - triedAt;
      if (mayBeBilled(failure)) await request.rebuy?.();
    }
  };
  return { id: model.id, provider: model.provider, encode: (request) => model.encode(request), complete };
}

async function attemptOnce(
  model: Model,
  request: RebuyableRequest,
  signal: AbortSignal,
): Promise<{ reply: ModelReply } | { failure: BoundaryError }> {
  try {
    return { reply: await model.complete(request, signal) };
  } catch (error) {
    const again = error instanceof BoundaryError && error.boundary === "model" && error.transient;
    if (!again || signal.aborted) throw error;
    return { failure: error };
  }
}

/** The server's own wish plus a little jitter, so that a thousand rollouts do not wake in the same millisecond; else backoff. */
function nextWaitMs(failure: BoundaryError, ordinal: number, policy: RetryPolicy, random: Random): number {
  const asked = failure instanceof ModelCallError ? failure.retryAfterMs : null;
  if (asked !== null) return asked + random() * policy.backoffMs;
  return random() * Math.min(policy.backoffMsMax, policy.backoffMs * 2 ** (ordinal - 1));
}

function givenUp(failure: BoundaryError, tries: number, elapsedMs: number, waitMs: number): ModelCallError {
  const seconds = Math.round(elapsedMs / 1000);
  const wait = `next wait ${Math.round(waitMs / 1000)} s`;
  return new ModelCallError(`gave up after ${tries} tries in ${seconds} s (${wait}): ${failure.message}`, {
    transient: true,
    status: failure instanceof ModelCallError ? failure.status : null,
    throttled: failure instanceof ModelCallError && failure.throttled,
    retryAfterMs: failure instanceof ModelCallError ? failure.retryAfterMs : null,
    mayBeBilled: mayBeBilled(failure),
    trouble: failure instanceof ModelCallError ? failure.trouble : null,
    cause: failure,
  });
}
