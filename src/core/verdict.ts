// Verdicts on finished rollouts: kept, or dropped for one reason of a closed list. Nothing is deleted, it is judged.
import { z } from "zod";

export const DROP_REASONS = [
  "outcome",
  "notScored",
  "invalidSubmission",
  "unchangedSubmission",
  "belowScore",
  "formatErrors",
  "tooFewSteps",
  "surplus",
] as const;
export type DropReason = (typeof DROP_REASONS)[number];

export const verdictSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("kept") }),
  z.strictObject({
    kind: z.literal("dropped"),
    stage: z.string(),
    reason: z.enum(DROP_REASONS),
    detail: z.string(),
  }),
]);
export type Verdict = z.infer<typeof verdictSchema>;
