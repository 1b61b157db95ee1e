// skyrl_rl: the prompts of grpo_prompts in the columns that SkyRL's generator reads.
import { z } from "zod";
import { int64, struct, text } from "../dataset/columns.ts";
import { table } from "../dataset/schema.ts";
import { ENVIRONMENT, eachFirstPrompt, promptColumn } from "./firstPrompt.ts";
import type { Recipe } from "./recipe.ts";

export const skyrlRowSchema = z.strictObject({
  task_id: text("Id of the task.", { indexed: true }),
  prompt_sha256: text("Hash over tools and messages of the prompt.", { indexed: true }),
  data_source: text("`nightshift/` and the task's family."),
  prompt: promptColumn,
  env_class: text("`nightshift`: the environment to register under that name."),
  reward_spec: struct(
    { method: text("`rule`."), ground_truth: text("JSON: the task, its metric and baseline.") },
    "What the environment is given.",
  ),
  extra_info: struct(
    {
      split: text("The row's split."),
      index: int64("Position in the split, from 0."),
      task_id: text("Id of the task."),
      trajectory_id: text("The first rollout that began with this prompt."),
    },
    "Handed through to the environment.",
  ),
});

export const skyrlRl: Recipe<typeof skyrlRowSchema> = {
  name: "skyrl_rl",
  schemaVersion: "nightshift.skyrl_rl/1",
  doc: "One row a distinct first prompt of a kept rollout, in SkyRL's columns. Register an environment `nightshift` that plays over `nightshift serve`.",
  readers: "SkyRL",
  form: "parquet",
  reasons: ["noSteps", "promptUnknown", "nativeTools", "promptRepeated"],
  table: table("skyrl_rl", skyrlRowSchema, ["task_id", "prompt_sha256"]),
  open: (around) =>
    eachFirstPrompt(around, (first) => ({
      task_id: first.taskId,
      prompt_sha256: first.promptSha256,
      data_source: `${ENVIRONMENT}/${first.family ?? first.taskId}`,
      prompt: first.prompt,
      env_class: ENVIRONMENT,
      reward_spec: { method: "rule", ground_truth: first.groundTruth },
      extra_info: {
        split: first.split,
        index: first.index,
        task_id: first.taskId,
        trajectory_id: first.trajectoryId,
      },
    })),
};
