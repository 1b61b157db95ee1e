// anchoredOrZero@1: anchored@1, where handing in nothing that counts is worth nothing.
import { anchored } from "./anchored.ts";
import type { RewardFunction } from "./rewardFunction.ts";

/**
 * anchoredOrZero@1 = anchored@1 of the scores; 0 where the rollout ended by its own doing and nothing it handed in could be scored. For RL,
 * where an episode without a submission must be the worst of its group instead of missing from it. What infrastructure failed never gets here.
 */
export const anchoredOrZero: RewardFunction = (task, scores) =>
  scores.length === 0 ? 0 : anchored(task, scores);
