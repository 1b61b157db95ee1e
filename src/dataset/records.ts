// What a dataset is made from: the schemas of its inputs, as they cross to the worker that writes it.
import { z } from "zod";
import type { Evaluation } from "../core/evaluation.ts";
import { evaluationSchema } from "../core/evaluation.ts";
import { OUTPUT_TERMS } from "../core/model.ts";
import type { Signal } from "../core/signal.ts";
import { signalSchema } from "../core/signal.ts";
import { taskDefinitionSchema } from "../core/task.ts";
import type { Trajectory } from "../core/trajectory.ts";
import { trajectorySchema } from "../core/trajectory.ts";
import type { Verdict } from "../core/verdict.ts";
import { verdictSchema } from "../core/verdict.ts";

/** What the reward functions say of the scores of record. */
export const rewardSetSchema = z.strictObject({
  /** The function of record, name@version. */
  fn: z.string(),
  /** Null: not scored. */
  value: z.number().nullable(),
  /** Better than the starter by at least two standard errors. Null exactly where `value` is null. */
  success: z.boolean().nullable(),
  /** Of the final submission's mean score; null where it has none. */
  standardError: z.number().nonnegative().nullable(),
  /** Other functions by name. */
  components: z.record(z.string(), z.number().nullable()),
  /** What it is worth beside its group, by the advantage's name; empty or absent: there is nothing to compare with. */
  advantages: z.record(z.string(), z.number().nullable()).optional(),
  /** One a step; empty or absent: steps have none. */
  steps: z.array(z.number().nullable()).readonly().optional(),
});
export type RewardSet = z.infer<typeof rewardSetSchema>;

/** What the tables hold of a task. */
export const taskInfoSchema = z.strictObject({
  id: z.string(),
  definition: taskDefinitionSchema,
  description: z.string(),
  playHash: z.string(),
  judgeHash: z.string(),
  /** SPDX expression: of the task and, where it brings data of another licence, of that too. */
  licence: z.string(),
});
export type TaskInfo = z.infer<typeof taskInfoSchema>;

/** What the run itself adds to rows and card. */
export const runInfoSchema = z.strictObject({
  runId: z.string(),
  /** Name on the card. */
  title: z.string(),
  codeVersion: z.string(),
  /** When the dataset is written, ms since 1970. */
  createdAtMs: z.number(),
  /** Rollouts of a GRPO group; null: all rollouts of a cell are one group without a declared size. */
  groupSize: z.int().positive().nullable(),
  /** Reward function of record, name@version: stands on task rows. */
  rewardFn: z.string(),
  /** Licence of the dataset as published; null: not stated. */
  license: z.string().nullable(),
  /** What each model's terms say of training on its replies, by model id; one that is not named: unknown. */
  outputTerms: z.record(z.string(), z.enum(OUTPUT_TERMS)).optional(),
  /** Why a branch was taken, by the key of the rollout. */
  branchReasons: z.record(z.string(), z.string()).optional(),
  /** Hashes that a server of one's own can tell of, by model id. */
  tokenizers: z
    .record(
      z.string(),
      z.strictObject({
        chatTemplateSha256: z.string().nullable(),
        tokenizerSha256: z.string().nullable(),
      }),
    )
    .optional(),
});
export type RunInfo = z.infer<typeof runInfoSchema>;

export const datasetRecordSchema = z.strictObject({
  trajectory: trajectorySchema,
  finalEvaluations: z.array(evaluationSchema),
  bestEvaluations: z.array(evaluationSchema),
  lastValidEvaluations: z.array(evaluationSchema).optional(),
  validatedEvaluations: z.array(evaluationSchema).optional(),
  verdict: verdictSchema,
  rewards: rewardSetSchema,
  flags: z.array(z.string()).optional(),
  signals: z.array(signalSchema).optional(),
});

/** One finished rollout with all that was said of it. */
export interface DatasetRecord {
  readonly trajectory: Trajectory;
  /** Evaluations of record of the final submission; empty where there is none. */
  readonly finalEvaluations: readonly Evaluation[];
  /** The same of the submission that validated best; may be the final one. */
  readonly bestEvaluations: readonly Evaluation[];
  /** The same of the last valid submission, where it stands in for a final one without a score; absent where it does not. */
  readonly lastValidEvaluations?: readonly Evaluation[] | undefined;
  /** The same of every other submission that validated, where the pipeline has them judged. */
  readonly validatedEvaluations?: readonly Evaluation[] | undefined;
  readonly verdict: Verdict;
  readonly rewards: RewardSet;
  /** Flags that are no signals' names. */
  readonly flags?: readonly string[] | undefined;
  /** Signals of the integrity checks; absent where nobody looked. */
  readonly signals?: readonly Signal[] | undefined;
}
