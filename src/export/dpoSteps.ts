// dpo_steps: two replies to one and the same prompt, the better one chosen, one assistant message each: the one form of preference
// that all trainers read alike.
import { z } from "zod";
import { float64, int32, json, list, orNull, text } from "../dataset/columns.ts";
import { table } from "../dataset/schema.ts";
import { PAIR_REASONS } from "./pairedSides.ts";
import { pairedSteps } from "./pairedSteps.ts";
import type { Recipe } from "./recipe.ts";

export const dpoStepRowSchema = z.strictObject({
  prompt_sha256: text("Hash over tools and messages of the prompt: both replies were given to it.", {
    indexed: true,
  }),
  pair_index: int32("Among the pairs of the prompt, from 0.", { indexed: true }),
  trajectory_id: text("The rollout of the chosen reply.", { indexed: true }),
  rejected_trajectory_id: text("The rollout of the rejected reply."),
  task_id: text("Id of the task."),
  model: orNull(text("Model that was sampled.")),
  step_index: int32("The step of the chosen reply, from 0."),
  reward: float64("Reward of the chosen reply's rollout.", { indexed: true }),
  chosen_reward: float64("The same."),
  rejected_reward: float64("Reward of the rejected reply's rollout."),
  margin: float64("The difference."),
  prompt: list(json("A message; see `sft_steps`."), "What both were sent."),
  chosen: list(json("A message."), "One assistant message."),
  rejected: list(json("A message."), "One assistant message."),
  tools: orNull(list(json("A tool's schema."), "Tools in OpenAI's form; null in text formats.")),
});
export type DpoStepRow = z.infer<typeof dpoStepRowSchema>;

export const dpoSteps: Recipe<typeof dpoStepRowSchema> = {
  name: "dpo_steps",
  schemaVersion: "nightshift.dpo_steps/1",
  doc:
    "Pairs of replies to byte-equal prompts, one assistant message each, by the rewards of their rollouts: the best with the worst, at most four pairs a " +
    "prompt, rewards at least 0.1 apart. Without branches only first replies share a prompt, and the card says so.",
  readers: "TRL DPO, OpenRLHF (`prompt_key`, `chosen_key`, `rejected_key`)",
  form: "parquet",
  reasons: PAIR_REASONS,
  table: table("dpo_steps", dpoStepRowSchema, ["prompt_sha256", "pair_index"]),
  open: () =>
    pairedSteps(({ pair, taskId, model, prompt, chosen, rejected, tools }) => ({
      prompt_sha256: pair.promptSha256,
      pair_index: pair.pairIndex,
      trajectory_id: pair.chosen.trajectoryId,
      rejected_trajectory_id: pair.rejected.trajectoryId,
      task_id: taskId,
      model,
      step_index: pair.chosen.stepIndex,
      reward: pair.chosen.reward,
      chosen_reward: pair.chosen.reward,
      rejected_reward: pair.rejected.reward,
      margin: pair.chosen.reward - pair.rejected.reward,
      prompt: [...prompt],
      chosen: [...chosen],
      rejected: [...rejected],
      tools: tools === null ? null : [...tools],
    })),
};
