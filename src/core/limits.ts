// What bounds one rollout. Hitting a limit is a recorded outcome, never an error.
import { z } from "zod";

export const rolloutLimitsSchema = z.strictObject({
  steps: z.int().positive().describe("Model calls, format errors included."),
  wallSeconds: z
    .number()
    .positive()
    .describe(
      "Seconds on the agent's clock, which stands still while its calls are put off, fail or are parked.",
    ),
  tokens: z
    .int()
    .positive()
    .nullable()
    .describe("Prompt and completion tokens over all calls; null: no limit."),
  costUsd: z
    .number()
    .positive()
    .nullable()
    .describe("Dollars over all calls; null: no limit. Needs a model with a price."),
  formatErrors: z
    .int()
    .positive()
    .describe("Replies in a row that hold no readable action, before the rollout ends."),
  refusals: z
    .int()
    .positive()
    .describe("Replies cut off by the provider's content filter, before the rollout ends."),
  actionSeconds: z.number().positive().describe("Longest run of one command, seconds."),
  observationBytes: z
    .int()
    .min(512)
    .max(1_048_576)
    .describe("Bytes of one observation that the model sees, head and tail."),
  validations: z.int().nonnegative().describe("Calls of `validate` that are scored."),
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
