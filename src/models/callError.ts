// What went wrong with one model call, with all that retry, routing and accounting need to know. It decides nothing itself.
import { BoundaryError } from "../core/errors.ts";
import { BudgetExceededError, ContextOverflowError } from "../core/model.ts";

/**
 * What is wrong with an endpoint rather than with one request: it does not answer, asks for patience without end, refuses the key, has no
 * quota left for it, or does not know the model. What is wrong with a request (its form, its size) is none of these.
 */
export const TROUBLES = ["down", "throttled", "key", "quota", "unknownModel"] as const;
export type Trouble = (typeof TROUBLES)[number];

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
  /** What is wrong with the endpoint; absent or null: nothing that anybody knows of. */
  readonly trouble?: Trouble | null;
  readonly cause?: unknown;
}

/** A failed call to a model endpoint. */
export class ModelCallError extends BoundaryError {
  readonly status: number | null;
  readonly throttled: boolean;
  readonly retryAfterMs: number | null;
  readonly mayBeBilled: boolean;
  readonly trouble: Trouble | null;

  constructor(message: string, failure: CallFailure) {
    super("model", message, { cause: failure.cause, transient: failure.transient });
    this.status = failure.status;
    this.throttled = failure.throttled;
    this.retryAfterMs = failure.retryAfterMs;
    this.mayBeBilled = failure.mayBeBilled;
    this.trouble = failure.trouble ?? null;
  }
}

/** No call was sent: every endpoint of the model failed shortly before, and rests. */
export class EndpointsRestingError extends ModelCallError {}

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
