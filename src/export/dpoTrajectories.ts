// dpo_trajectories: two whole rollouts that began with the same prompt, the better one chosen.
import { z } from "zod";
import { float64, int32, json, list, orNull, text } from "../dataset/columns.ts";
import { table } from "../dataset/schema.ts";
import { pairedRollouts, ROLLOUT_PAIR_REASONS } from "./pairedRollouts.ts";
import type { Recipe } from "./recipe.ts";

export const dpoTrajectoryRowSchema = z.strictObject({
  prompt_sha256: text("Hash over tools and messages of the first prompt.", { indexed: true }),
  pair_index: int32("Among the pairs of the prompt, from 0.", { indexed: true }),
  trajectory_id: text("The chosen rollout.", { indexed: true }),
  rejected_trajectory_id: text("The rejected rollout."),
  task_id: text("Id of the task."),
  model: orNull(text("Model that was sampled.")),
  reward: float64("Reward of the chosen rollout.", { indexed: true }),
  rejected_reward: float64("Reward of the rejected rollout."),
  margin: float64("The difference."),
  prompt: list(json("A message; see `sft_steps`."), "What both began with."),
  chosen: list(json("A message."), "All that followed, observations too."),
  rejected: list(json("A message."), "All that followed, observations too."),
  tools: orNull(list(json("A tool's schema."), "Tools in OpenAI's form; null in text formats.")),
});

export const dpoTrajectories: Recipe<typeof dpoTrajectoryRowSchema> = {
  name: "dpo_trajectories",
  schemaVersion: "nightshift.dpo_trajectories/1",
  doc:
    "Pairs of whole rollouts that began with the same prompt, by their rewards: the best with the worst, at most four pairs a prompt, rewards at least 0.1 apart. " +
    "**Observations are in the loss**: trainers take all that follows the prompt for the model's words. Prefer `dpo_steps` where branches were played.",
  readers: "TRL DPO, OpenRLHF; others want one message a side",
  form: "parquet",
  reasons: ROLLOUT_PAIR_REASONS,
  table: table("dpo_trajectories", dpoTrajectoryRowSchema, ["prompt_sha256", "pair_index"]),
  open: () =>
    pairedRollouts(({ pair, taskId, model, prompt, chosen, rejected, tools }) => ({
      prompt_sha256: pair.promptSha256,
      pair_index: pair.pairIndex,
      trajectory_id: pair.chosen.trajectoryId,
      rejected_trajectory_id: pair.rejected.trajectoryId,
      task_id: taskId,
      model,
      reward: pair.chosen.reward,
      rejected_reward: pair.rejected.reward,
      margin: pair.chosen.reward - pair.rejected.reward,
      prompt: [...prompt],
      chosen: [...chosen],
      rejected: [...rejected],
      tools: tools === null ? null : [...tools],
    })),
};
