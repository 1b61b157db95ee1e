// What bounds one rollout. Hitting a limit is a recorded outcome, never an error.
import { z } from "zod";

export const rolloutLimitsSchema = z.strictObject({
  /** Model calls, format errors included. */
  steps: z.int().positive(),
  /** Seconds on the agent's clock, which stands still while throttled. */
  wallSeconds: z.number().positive(),
  /** Prompt and completion tokens over all calls; null: no limit. */
  tokens: z.int().positive().nullable(),
  /** Dollars over all calls; null: no limit. Needs a model with a price. */
  costUsd: z.number().positive().nullable(),
  /** Replies in a row that hold no readable action, before the rollout ends. */
  formatErrors: z.int().positive(),
  /** Replies cut off by the provider's content filter, before the rollout ends. */
  refusals: z.int().positive(),
  /** Longest run of one command. */
  actionSeconds: z.number().positive(),
  /** Bytes of one observation that the model sees, head and tail. */
  observationBytes: z.int().min(512).max(1_048_576),
  /** Calls of `validate` that are scored. */
  validations: z.int().nonnegative(),
});
export type RolloutLimits = z.infer<typeof rolloutLimitsSchema>;

/** Defaults where neither the task nor the pipeline says otherwise. */
export const DEFAULT_LIMITS: RolloutLimits = {
  steps: 50,
  wallSeconds: 7200,
  tokens: null,
  costUsd: null,
  formatErrors: 3,
  refusals: 2,
  actionSeconds: 120,
  observationBytes: 16_384,
  validations: 10,
};
