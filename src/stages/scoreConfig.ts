// What the score stage makes of evaluations: which reward is the one of record, and what single steps are rewarded with.
import { z } from "zod";
import { METRIC_UNIT_REWARDS, REWARD_NAMES, type RewardName } from "../rewards/rewardsOf.ts";
import { STEP_REWARD_NAMES } from "../rewards/stepReward.ts";

export const scoreConfigSchema = z.strictObject({
  reward: z
    .enum(REWARD_NAMES)
    .default("anchored@1")
    .describe(
      "The reward of record, by name (docs/rewards.md); all others stand beside it in `reward_components`.",
    ),
  stepReward: z
    .enum(STEP_REWARD_NAMES)
    .nullable()
    .default("improvement@1")
    .describe("What a step is rewarded with for what `validate` said; null: steps have no reward."),
});
export type ScoreConfig = z.infer<typeof scoreConfigSchema>;

/** Whether a reward cannot be compared between tasks. */
export function isInMetricUnit(reward: RewardName): boolean {
  return METRIC_UNIT_REWARDS.includes(reward);
}
