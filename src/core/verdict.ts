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

/** The reasons of curation, in the order that its rules are asked. */
export const CURATE_REASONS = [
  "where",
  "tooLong",
  "tooShort",
  "malformed",
  "actionErrors",
  "loop",
  "foreignScript",
  "identityLeak",
  "contaminated",
  "duplicate",
  "dupOf",
  "groupVariance",
  "passRate",
  "notBest",
  "capTask",
  "capFamily",
  "capModel",
] as const;
export type CurateReason = (typeof CURATE_REASONS)[number];

/** Why curation drops a row, with what each means; docs/curation.md says which rule gives it. */
export const CURATE_REASON_TEXTS: { readonly [reason in CurateReason]: string } = {
  where: "a condition on its columns does not hold",
  tooLong: "more steps, tokens or characters than are wanted",
  tooShort: "fewer steps than are wanted",
  malformed: "too many of its replies held no action",
  actionErrors: "too many of its actions failed",
  loop: "the same action stands too often in a row",
  foreignScript: "too many of its letters are of a script that is not wanted",
  identityLeak: "a reply names a model or its maker",
  contaminated: "it shares words in a row with a text to be tested on",
  duplicate: "a rollout of the same task did the same",
  dupOf: "a rollout before it did nearly the same",
  groupVariance: "the rewards of its group do not differ enough",
  passRate: "its task is solved too seldom or too often",
  notBest: "others of its group are better",
  capTask: "its task has enough rows",
  capFamily: "its family has enough rows",
  capModel: "its model has enough rows",
};

/** Of a row that is dropped for an integrity signal. */
export type FlagReason = `flag:${SignalName}`;
export type DropReason = (typeof OWN_REASONS)[number] | CurateReason | FlagReason;

/** The reason that names a flag. */
export function flagReason(name: SignalName): FlagReason {
  return `flag:${name}`;
}

export const DROP_REASONS: readonly DropReason[] = [
  ...OWN_REASONS,
  ...CURATE_REASONS,
  ...SIGNAL_NAMES.map(flagReason),
];

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
