// grpo_prompts: the prompts that online RL samples from, one row each, in the form that TRL's GRPO trainer reads. The rollouts that
// they were taken from are not in it: a trainer plays its own.
import { z } from "zod";
import { json, list, orNull, text } from "../dataset/columns.ts";
import { table } from "../dataset/schema.ts";
import { ENVIRONMENT, eachFirstPrompt, promptColumn } from "./firstPrompt.ts";
import type { Recipe } from "./recipe.ts";

export const grpoPromptRowSchema = z.strictObject({
  task_id: text("Id of the task.", { indexed: true }),
  prompt_sha256: text("Hash over tools and messages of the prompt.", { indexed: true }),
  trajectory_id: text("The first rollout that began with it."),
  prompt: promptColumn,
  ground_truth: text("JSON: the task, its metric and baseline; what a reward function asks the judge by."),
  environment: text("`nightshift`: routes to the environment of that name (TRL's `environment_factory`)."),
  tools: orNull(list(json("A tool's schema."), "Tools in OpenAI's form; null in text formats.")),
});

export const grpoPrompts: Recipe<typeof grpoPromptRowSchema> = {
  name: "grpo_prompts",
  schemaVersion: "nightshift.grpo_prompts/1",
  doc:
    "One row a distinct first prompt of a kept rollout, for online RL. The reward comes from `nightshift serve` (docs/serve.md), which plays and judges " +
    "the task that `ground_truth` names.",
  readers: "TRL GRPO and RLOO (`prompt`; the other columns go to reward functions and to `reset`)",
  form: "parquet",
  reasons: ["noSteps", "promptUnknown", "nativeTools", "promptRepeated"],
  table: table("grpo_prompts", grpoPromptRowSchema, ["task_id", "prompt_sha256"]),
  open: (around) =>
    eachFirstPrompt(around, ({ taskId, promptSha256, trajectoryId, prompt, groundTruth, tools }) => ({
      task_id: taskId,
      prompt_sha256: promptSha256,
      trajectory_id: trajectoryId,
      prompt,
      ground_truth: groundTruth,
      environment: ENVIRONMENT,
      tools: Array.isArray(tools) ? tools.map((tool) => ({ type: "function", function: tool })) : null,
    })),
};
