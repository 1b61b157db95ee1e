// What a step of the Gym is rewarded with: named, versioned functions of what `validate` has said so far in the episode.
import { improvementStep } from "./improvementStep.ts";
import type { RewardTask } from "./rewardFunction.ts";

/**
 * `scores` are the episode's validation scores so far, oldest first; `isScored` says whether this step gave the last of them. Null: no
 * reward can be stated, which is not 0.
 */
export type StepReward = (task: RewardTask, scores: readonly number[], isScored: boolean) => number | null;

/** zero@1: 0 at every step, as MLGym's environment has it. */
const zero: StepReward = () => 0;

/** A changed formula is a new name with a raised version; old names keep their meaning. */
export const STEP_REWARDS = { "improvement@1": improvementStep, "zero@1": zero } as const satisfies {
  readonly [name: string]: StepReward;
};
export type StepRewardName = keyof typeof STEP_REWARDS;
export const STEP_REWARD_NAMES = ["improvement@1", "zero@1"] as const satisfies readonly StepRewardName[];
