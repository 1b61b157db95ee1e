// Filter: pure. A verdict on each finished rollout from the ledger's facts and its score; the first rule that fails gives the reason.
import { z } from "zod";
import type { RolloutFacts } from "../core/ledger.ts";
import { nearestName } from "../core/nearest.ts";
import { OUTCOME_TEXTS, type Outcome, outcomeText } from "../core/outcome.ts";
import { DROP_FLAGS, isSetWise, SIGNAL_NAMES, type SignalName, signalNameSchema } from "../core/signal.ts";
import { signedScore, type TaskDefinition } from "../core/task.ts";
import { flagReason, type Verdict } from "../core/verdict.ts";
import type { Score } from "./score.ts";

/** An ending as it is written in a filter; a misspelt one would silently keep nothing. */
const endingSchema = z.string().superRefine((text, context) => {
  if (OUTCOME_TEXTS.includes(text) || text.startsWith("stopped:")) return;
  const near = nearestName(text, OUTCOME_TEXTS);
  const remedy = near === null ? "" : ` (did you mean ${near}?)`;
  const message = `must be how a rollout ends, such as submitted, forfeit or limit:steps${remedy}`;
  context.addIssue({ code: "custom", message });
});

/** A misspelt flag would silently drop nothing. */
const flagSchema = z
  .string()
  .superRefine((text, context) => {
    if (signalNameSchema.safeParse(text).success) return;
    const near = nearestName(text, SIGNAL_NAMES);
    const remedy = near === null ? "" : ` (did you mean ${near}?)`;
    context.addIssue({
      code: "custom",
      message: `must be the name of a signal, such as tamper:judge${remedy}`,
    });
  })
  .pipe(signalNameSchema);

export const filterConfigSchema = z.strictObject({
  outcomes: z
    .array(endingSchema)
    .min(1)
    .default(["submitted"])
    .describe("Endings that are kept, as `kind` or `kind:detail`."),
  stepsMin: z.int().nonnegative().default(1).describe("Fewest steps of a kept rollout."),
  formatErrorShareMax: z
    .number()
    .min(0)
    .max(1)
    .default(0.5)
    .describe("Largest share of steps that were format errors, 0 to 1."),
  improvementMin: z
    .number()
    .nullable()
    .default(null)
    .describe(
      "Smallest improvement over the task's starter score, in the metric's unit; null: any score is kept.",
    ),
  dropFlags: z
    .array(flagSchema)
    .default([...DROP_FLAGS])
    .describe(
      "Integrity signals (docs/integrity.md) for which a row is dropped, as `flag:<name>`; the rest are data on their rows. `[]` drops for none but a honeypot that was taken.",
    ),
});
export type FilterConfig = z.infer<typeof filterConfigSchema>;

/** What a verdict is drawn from. */
export interface Judged {
  readonly outcome: Outcome;
  readonly facts: RolloutFacts;
  readonly score: Score;
  readonly definition: TaskDefinition;
  /** Names of the integrity signals of its record; null while nobody has looked. */
  readonly flags: readonly string[] | null;
}

/** The verdict on one rollout whose episode came to an end; null while its score is owed. */
export function verdictOf(config: FilterConfig, row: Judged): Verdict | null {
  const drop = (reason: Exclude<Verdict, { kind: "kept" }>["reason"], detail: string): Verdict => ({
    kind: "dropped",
    stage: "filter",
    reason,
    detail,
  });
  const { outcome, facts, score, definition, flags } = row;
  if (score.kind === "owed") return null;
  // A trap is laid for nothing else: whoever took it is never trained on, whatever a pipeline keeps.
  const unwanted = [
    ...rowFlags(config),
    ...(definition.honeypot === undefined ? [] : ["honeypot:taken" as const]),
  ];
  if (unwanted.length > 0 && flags === null) return null;
  // Before all other rules: what a cheat's score would have done to it is not worth telling.
  const flag = unwanted.find((name) => flags?.includes(name) === true);
  if (flag !== undefined) return drop(flagReason(flag), `flagged ${flags?.join(", ")}`);
  const ending = outcomeText(outcome);
  if (!config.outcomes.includes(ending) && !config.outcomes.includes(outcome.kind))
    return drop("outcome", ending);
  if (facts.stepCount < config.stepsMin) return drop("tooFewSteps", `${facts.stepCount} steps`);
  const share = facts.stepCount === 0 ? 0 : facts.formatErrorCount / facts.stepCount;
  if (share > config.formatErrorShareMax)
    return drop("formatErrors", `${Math.round(share * 100)} % of the steps`);
  if (score.kind === "none") return drop("notScored", score.reason);
  if (score.kind === "invalid") return drop("invalidSubmission", score.reason);
  if (config.improvementMin !== null) {
    const gain = signedScore(definition, score.mean) - signedScore(definition, definition.anchors.starter);
    if (gain < config.improvementMin) return drop("belowScore", `improvement ${gain.toPrecision(4)}`);
  }
  return { kind: "kept" };
}

/** The flags that a row is dropped for by itself; those that compare rollouts are for `dropCopies`. */
export function rowFlags({ dropFlags }: Pick<FilterConfig, "dropFlags">): readonly SignalName[] {
  return dropFlags.filter((name) => !isSetWise(name));
}
