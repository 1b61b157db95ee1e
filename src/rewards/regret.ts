// regret@1: what was left on the table, in the metric's own unit.
import { signedScore } from "../core/task.ts";
import type { RewardFunction } from "./rewardFunction.ts";
import { scoreStatistics } from "./scoreStatistics.ts";

/**
 * With o the known optimum and x the mean score, signed so that higher is better:
 *
 *   regret@1 = −( o − x )
 *
 * so 0 is perfect and every other value negative; a mean beyond the optimum, as noise gives, stays positive and is not hidden. Exact where the optimum is (games,
 * bandits, planted instances). In the metric's unit: not comparable between tasks. Null without scores or optimum.
 */
export const regret: RewardFunction = (task, scores) => {
  const found = scoreStatistics(scores, task.sigma);
  const { optimum } = task.anchors;
  if (found === null || optimum === null) return null;
  return signedScore(task, found.mean) - signedScore(task, optimum);
};
