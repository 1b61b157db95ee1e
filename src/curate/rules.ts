// The rules of curation as a person writes them: one flat mapping, everything off unless it is named.
import { z } from "zod";

const share = z.number().min(0).max(1).nullable().default(null);
const most = z.int().positive().nullable().default(null);

export const CONDITION_OPERATORS = ["=", "!=", "<", "<=", ">", ">=", "in", "has", "like"] as const;
const literal = z.union([z.string(), z.number(), z.boolean()]);

const conditionSchema = z.strictObject({
  path: z.string().describe("A column of the trajectories, or a member of one, with dots."),
  op: z.enum(CONDITION_OPERATORS),
  value: z.union([literal, z.array(literal).min(1)]),
  missing: z.enum(["keep", "drop"]).describe("What becomes of a row in which the value is null."),
});
export type Condition = z.infer<typeof conditionSchema>;

const nearDuplicatesSchema = z
  .strictObject({
    shingleWords: z.int().min(1).max(32).default(5),
    permutations: z.int().min(16).max(512).default(128),
    bands: z.int().min(1).max(512).default(16),
    threshold: z.number().gt(0).max(1).default(0.8),
  })
  .refine(({ permutations, bands }) => permutations % bands === 0, {
    message: "must divide permutations",
    path: ["bands"],
  });
export type NearDuplicates = z.infer<typeof nearDuplicatesSchema>;

export const curateRulesSchema = z.strictObject({
  where: z.array(conditionSchema).max(64).default([]).describe("Each must hold of a kept row."),
  stepsMin: most.describe("Fewest steps."),
  stepsMax: most.describe("Most steps."),
  tokensMax: most.describe("Most prompt and completion tokens, summed over steps."),
  charactersMax: most.describe("Most characters of all messages."),
  formatErrorShareMax: share.describe("Largest share of steps whose reply held no action."),
  actionErrorShareMax: share.describe("Largest share of actions that failed."),
  loopRepeatsMax: most.describe("How often the same action may stand in a row."),
  scripts: z
    .array(z.string().regex(/^[A-Z][A-Za-z_]+$/, "must be a script's name in Unicode, such as Latin"))
    .min(1)
    .default(["Latin", "Greek"])
    .describe("Scripts that are wanted, by their names in Unicode."),
  foreignScriptShareMax: share.describe("Largest share of letters of replies in other scripts."),
  identityNames: z
    .array(z.string().min(1))
    .max(256)
    .default([])
    .describe("Names that no reply may hold, as whole words in any case."),
  decontaminate: z
    .strictObject({
      ngramWords: z.int().min(4).max(64).default(13),
      tasks: z.boolean().default(true).describe("Descriptions of the benchmark tasks of the datasets."),
      files: z.array(z.string()).max(1024).default([]).describe("Text files, from the rules' folder."),
    })
    .nullable()
    .default(null),
  exactDuplicates: z.boolean().default(false).describe("Keep the first of those with one dedupe_key."),
  nearDuplicates: nearDuplicatesSchema.nullable().default(null),
  groupSpreadMin: z
    .number()
    .nonnegative()
    .nullable()
    .default(null)
    .describe("Smallest standard deviation of a group's rewards."),
  passRate: z
    .strictObject({ min: z.number().min(0).max(1), max: z.number().min(0).max(1) })
    .refine(({ min, max }) => min <= max, { message: "min must not be above max" })
    .nullable()
    .default(null)
    .describe("Band of the share of a task's scored rollouts that succeeded, both ends in it."),
  bestOfGroup: most.describe("How many of a group stay, by reward."),
  capTask: most.describe("Most kept rows of a task."),
  capFamily: most.describe("Most kept rows of a family of tasks."),
  capModel: most.describe("Most kept rows of a model."),
  maskActionErrors: z
    .boolean()
    .default(false)
    .describe("Do not train on replies of whose actions one failed."),
});
export type CurateRules = z.infer<typeof curateRulesSchema>;
