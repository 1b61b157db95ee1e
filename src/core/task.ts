// A task: what to do and how it is judged. The schema of task.yaml, and the loaded task with its hashes.
import { z } from "zod";
import { rolloutLimitsSchema } from "./limits.ts";

/** Named scores on the metric's own scale, in rising quality; null where none is known. */
export const anchorsSchema = z.strictObject({
  nothing: z.number().nullable().describe("What an agent gets that does nothing useful."),
  starter: z.number().describe("The starter files as they are: the baseline."),
  probe: z.number().nullable().describe("A simple, honest improvement (solution/)."),
  best: z.number().nullable(),
  optimum: z.number().nullable(),
});

export const submissionFileSchema = z.strictObject({
  path: z.string().min(1).describe("Relative to the workspace."),
  bytesMax: z.int().positive(),
});

export const taskDefinitionSchema = z.strictObject({
  title: z.string().min(1),
  domain: z.string().min(1),
  family: z.string().min(1),
  tags: z.array(z.string()),
  licence: z.string().min(1),
  metric: z.strictObject({
    name: z.string().min(1),
    direction: z.enum(["maximize", "minimize"]),
    unit: z.string(),
  }),
  anchors: anchorsSchema,
  sigma: z
    .number()
    .nonnegative()
    .describe(
      "Standard deviation of one record evaluation's score over judge seeds; 0 for a deterministic judge.",
    ),
  limits: rolloutLimitsSchema.partial().describe("The task's own limits; a pipeline may override them."),
  resources: z.strictObject({
    cpus: z.number().positive(),
    memoryMb: z.int().positive(),
    pids: z.int().positive(),
    diskMb: z.int().positive(),
  }),
  image: z.string().min(1),
  submission: z.array(submissionFileSchema).min(1),
  judge: z.strictObject({
    kind: z.enum(["csv", "function", "policy"]),
    timeoutSeconds: z
      .number()
      .positive()
      .describe("Wall-clock bound on judging one submission with one seed."),
    cpuSecondsMax: z
      .number()
      .positive()
      .describe("CPU seconds the submission's own process may use, over one seed."),
    cpuMsPerCallMax: z
      .number()
      .positive()
      .nullable()
      .describe("Mean CPU milliseconds a call of the submission may take; null: not bounded."),
  }),
  use: z.enum(["train", "heldOut", "benchmark"]),
  validation: z.int().positive().describe("Raised by hand when what `validate` tells the agent changes."),
  mlgym: z
    .strictObject({
      id: z.string(),
      baseline: z.record(z.string(), z.number()),
      published: z
        .record(z.string(), z.number())
        .nullable()
        .describe(
          "Published best attempt@4 by model, where the numbers are comparable; else null, with the reason.",
        ),
      publishedNote: z.string(),
    })
    .nullable(),
});
export type TaskDefinition = z.infer<typeof taskDefinitionSchema>;

/** A file of the task, read whole. */
export interface TaskFile {
  readonly path: string;
  readonly data: Uint8Array;
  readonly executable: boolean;
}

export interface Task {
  readonly id: string;
  /** Absolute host path of tasks/<id>/. */
  readonly folder: string;
  readonly definition: TaskDefinition;
  /** What the agent reads, placeholders filled. */
  readonly description: string;
  /** Starter files; the agent gets a copy. */
  readonly workspace: readonly TaskFile[];
  /** judge.py, the helper module and hidden/: laid into the judge's room only. */
  readonly judgeFiles: readonly TaskFile[];
  /** The pristine harness that runs in the submission's room. */
  readonly harnessFiles: readonly TaskFile[];
  /** Hash of all that the agent can see or touch of the task (not of limits, tools or prompts). */
  readonly playHash: string;
  /** Hash of judgeFiles, harnessFiles and the judge's settings. */
  readonly judgeHash: string;
}

/** Signed so that higher is better, whatever the metric's direction. */
export function signedScore(task: Pick<TaskDefinition, "metric">, score: number): number {
  return task.metric.direction === "maximize" ? score : -score;
}
