// baselineToReference@1: the share of the way from the starter to the best that is known.
import { signedScore } from "../core/task.ts";
import type { RewardFunction } from "./rewardFunction.ts";
import { scoreStatistics } from "./scoreStatistics.ts";

/** Bounds of the reward: beyond the reference it goes on, but one wild score must not outweigh a batch. */
export const REFERENCE_REWARD_BOUNDS = { least: -1, most: 2 } as const;

/**
 * With x the mean score, b the starter's and r the best known one, signed so that higher is better:
 *
 *   baselineToReference@1 = clip( (x − b) / (r − b), −1, 2 )
 *
 * as RE-Bench (2411.15114) and MLRC-Bench (2504.09702) have it: 0 is the start, 1 the reference. Null without scores, without a best known score, and where
 * that is not better than the starter's.
 */
export const baselineToReference: RewardFunction = (task, scores) => {
  const found = scoreStatistics(scores, task.sigma);
  const { starter, best } = task.anchors;
  if (found === null || best === null) return null;
  const [from, to] = [signedScore(task, starter), signedScore(task, best)];
  if (to <= from) return null;
  const share = (signedScore(task, found.mean) - from) / (to - from);
  return Math.min(REFERENCE_REWARD_BOUNDS.most, Math.max(REFERENCE_REWARD_BOUNDS.least, share));
};
