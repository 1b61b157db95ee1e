// What went wrong with one model call, with all that retry, routing and accounting need to know. It decides nothing itself.
import { BoundaryError } from "../core/errors.ts";
import { BudgetExceededError, ContextOverflowError } from "../core/model.ts";

export interface CallFailure {
  readonly transient: boolean;
  /** HTTP status of the answer; null when there was none. */
  readonly status: number | null;
  /** The server asked for patience (rate limit, overload): waiting for it is not the agent's time. */
  readonly throttled: boolean;
  /** How long the server asks to wait; null where it did not say. */
  readonly retryAfterMs: number | null;
  /** True when the provider may have billed a reply that never reached us. */
  readonly mayBeBilled: boolean;
  readonly cause?: unknown;
}

/** A failed call to a model endpoint. */
export class ModelCallError extends BoundaryError {
  readonly status: number | null;
  readonly throttled: boolean;
  readonly retryAfterMs: number | null;
  readonly mayBeBilled: boolean;

  constructor(message: string, failure: CallFailure) {
    super("model", message, { cause: failure.cause, transient: failure.transient });
    this.status = failure.status;
    this.throttled = failure.throttled;
    this.retryAfterMs = failure.retryAfterMs;
    this.mayBeBilled = failure.mayBeBilled;
  }
}

/**
 * True when whatever a call threw leaves open that it was billed: a lost reply, or an abort while the request was out.
 * Errors that speak of a refusal before any token was sampled are false.
 */
export function mayBeBilled(error: unknown): boolean {
  if (error instanceof ModelCallError) return error.mayBeBilled;
  const refused =
    error instanceof BoundaryError ||
    error instanceof ContextOverflowError ||
    error instanceof BudgetExceededError;
  return !refused;
}
