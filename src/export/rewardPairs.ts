// reward_pairs: the pairs of dpo_trajectories as two whole conversations, for training a reward model.
import { z } from "zod";
import { float64, int32, json, list, orNull, text } from "../dataset/columns.ts";
import { table } from "../dataset/schema.ts";
import { pairedRollouts, ROLLOUT_PAIR_REASONS } from "./pairedRollouts.ts";
import type { Recipe } from "./recipe.ts";

export const rewardPairRowSchema = z.strictObject({
  prompt_sha256: text("Hash over tools and messages of the first prompt.", { indexed: true }),
  pair_index: int32("Among the pairs of the prompt, from 0.", { indexed: true }),
  trajectory_id: text("The chosen rollout.", { indexed: true }),
  rejected_trajectory_id: text("The rejected rollout."),
  task_id: text("Id of the task."),
  model: orNull(text("Model that was sampled.")),
  reward: float64("Reward of the chosen rollout.", { indexed: true }),
  margin: float64("By how much it is better."),
  chosen: list(json("A message; see `sft_steps`."), "The better conversation, from its first message."),
  rejected: list(json("A message."), "The worse one."),
  tools: orNull(list(json("A tool's schema."), "Tools in OpenAI's form; null in text formats.")),
});

export const rewardPairs: Recipe<typeof rewardPairRowSchema> = {
  name: "reward_pairs",
  schemaVersion: "nightshift.reward_pairs/1",
  doc: "Two whole conversations that began with the same prompt, the better one as `chosen`, with `margin`: the implicit-prompt form of reward trainers.",
  readers: "TRL Reward (`chosen`, `rejected`, `margin`), OpenRLHF reward models",
  form: "parquet",
  reasons: ROLLOUT_PAIR_REASONS,
  table: table("reward_pairs", rewardPairRowSchema, ["prompt_sha256", "pair_index"]),
  open: () =>
    pairedRollouts(({ pair, taskId, model, prompt, chosen, rejected, tools }) => ({
      prompt_sha256: pair.promptSha256,
      pair_index: pair.pairIndex,
      trajectory_id: pair.chosen.trajectoryId,
      rejected_trajectory_id: pair.rejected.trajectoryId,
      task_id: taskId,
      model,
      reward: pair.chosen.reward,
      margin: pair.chosen.reward - pair.rejected.reward,
      chosen: [...prompt, ...chosen],
      rejected: [...prompt, ...rejected],
      tools: tools === null ? null : [...tools],
    })),
};
