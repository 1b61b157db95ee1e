// Verdicts on finished rollouts: kept, or dropped for one reason of a closed list. Nothing is deleted, it is judged.
import { z } from "zod";
import { SIGNAL_NAMES, type SignalName } from "./signal.ts";

const OWN_REASONS = [
  "outcome",
  "notScored",
  "invalidSubmission",
  "unchangedSubmission",
  "belowScore",
  "formatErrors",
  "tooFewSteps",
  "surplus",
] as const;

/** Of a row that is dropped for an integrity signal. */
export type FlagReason = `flag:${SignalName}`;
export type DropReason = (typeof OWN_REASONS)[number] | FlagReason;

/** The reason that names a flag. */
export function flagReason(name: SignalName): FlagReason {
  return `flag:${name}`;
}

export const DROP_REASONS: readonly DropReason[] = [...OWN_REASONS, ...SIGNAL_NAMES.map(flagReason)];

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
