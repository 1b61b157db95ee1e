// The YAML files by which MLGym describes tasks and datasets, as far as a task of ours is made of them. What they hold beyond is not read.
import { z } from "zod";

/** The classes of tasks that MLGym has, by the name in a configuration. */
export const TASK_CLASSES = [
  "CSVSubmissionTasks",
  "PythonSubmissionTasks",
  "ModelSubmissionTasks",
  "LMSubmissionTasks",
] as const;
export type TaskClass = (typeof TASK_CLASSES)[number];

export const taskConfigSchema = z.object({
  id: z.string().min(1),
  name: z.string().min(1),
  description: z.string(),
  dataset_configs: z.array(z.string()).nullish(),
  task_entrypoint: z.string().default("CSVSubmissionTasks"),
  /** Seconds that a command which trains, and an evaluation, may take. */
  training_timeout: z.number().positive().nullish(),
  requirements_path: z.string().nullish(),
  use_generic_conda: z.boolean().default(true),
  starter_code: z.array(z.string()).nullish(),
  baseline_scores: z.array(z.record(z.string(), z.number())).nullish(),
  baseline_paths: z.array(z.string()).nullish(),
  sample_submission: z.string().nullish(),
  evaluation_paths: z.array(z.string()).nullish(),
  evaluation_read_only: z.boolean().default(false),
  secret_files: z.array(z.string()).nullish(),
  benchmark_name: z.string().nullish(),
});
export type TaskConfig = z.infer<typeof taskConfigSchema>;

export const datasetConfigSchema = z.object({
  name: z.string().min(1),
  description: z.string(),
  /** A folder of the checkout where `is_local`, else a name on the Hugging Face hub. */
  data_path: z.string().min(1),
  is_local: z.boolean().default(false),
});
export type DatasetConfig = z.infer<typeof datasetConfigSchema>;

/** What an imported task keeps of its origin for its own judge, and for replays: hidden/mlgym.json. */
export const mlgymSettingsSchema = z.strictObject({
  /** File below configs/tasks/ of the checkout. */
  config: z.string(),
  id: z.string(),
  class: z.enum(TASK_CLASSES),
  /** The evaluation script, in the workspace. */
  script: z.string(),
  arguments: z.array(z.string()),
  /** How its output is read: one JSON object, or the first line that begins with one. */
  printed: z.enum(["object", "firstObject"]),
  /** The metric that counts, whatever case the script writes it in. */
  metric: z.string(),
  /** Hidden files that the script finds in its folder. */
  files: z.array(z.string()),
  /** Files that are handed in. */
  submission: z.array(z.string()),
  seconds: z.number().positive(),
  /** Whether agents found the script write-protected. */
  readOnly: z.boolean(),
});
export type MlgymSettings = z.infer<typeof mlgymSettingsSchema>;
export const SETTINGS_FILE = "hidden/mlgym.json";
