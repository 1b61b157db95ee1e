// verl_rl: the prompts of grpo_prompts in the columns that verl's RL dataset reads.
import { z } from "zod";
import { bool, int64, struct, text } from "../dataset/columns.ts";
import { table } from "../dataset/schema.ts";
import { ENVIRONMENT, eachFirstPrompt, promptColumn } from "./firstPrompt.ts";
import type { Recipe } from "./recipe.ts";

export const verlRowSchema = z.strictObject({
  task_id: text("Id of the task.", { indexed: true }),
  prompt_sha256: text("Hash over tools and messages of the prompt.", { indexed: true }),
  data_source: text("`nightshift/` and the task's family: chooses the reward function."),
  prompt: promptColumn,
  ability: text("The task's domain."),
  reward_model: struct(
    { style: text("`rule`."), ground_truth: text("JSON: the task, its metric and baseline.") },
    "What the reward function is given.",
  ),
  extra_info: struct(
    {
      split: text("The row's split."),
      index: int64("Position in the split, from 0."),
      task_id: text("Id of the task."),
      trajectory_id: text("The first rollout that began with this prompt."),
      need_tools_kwargs: bool("False: tools come with the agent loop."),
    },
    "Handed through to the reward function.",
  ),
  agent_name: text("`nightshift`: the agent loop to register under that name."),
});

export const verlRl: Recipe<typeof verlRowSchema> = {
  name: "verl_rl",
  schemaVersion: "nightshift.verl_rl/1",
  doc:
    "One row a distinct first prompt of a kept rollout, in verl's columns. Register an agent loop `nightshift` that plays over `nightshift serve`, or drop " +
    "`agent_name` for verl's default.",
  readers: "verl (`RLHFDataset`)",
  form: "parquet",
  reasons: ["noSteps", "promptUnknown", "nativeTools", "promptRepeated"],
  table: table("verl_rl", verlRowSchema, ["task_id", "prompt_sha256"]),
  open: (around) =>
    eachFirstPrompt(around, (first) => ({
      task_id: first.taskId,
      prompt_sha256: first.promptSha256,
      data_source: `${ENVIRONMENT}/${first.family ?? first.taskId}`,
      prompt: first.prompt,
      ability: first.domain ?? "research",
      reward_model: { style: "rule", ground_truth: first.groundTruth },
      extra_info: {
        split: first.split,
        index: first.index,
        task_id: first.taskId,
        trajectory_id: first.trajectoryId,
        need_tools_kwargs: false,
      },
      agent_name: ENVIRONMENT,
    })),
};
