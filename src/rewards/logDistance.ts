// logDistance@1: how many decimal places nearer to the optimum.
import { signedScore } from "../core/task.ts";
import { REFERENCE_REWARD_BOUNDS } from "./baselineToReference.ts";
import type { RewardFunction, RewardTask } from "./rewardFunction.ts";
import { scoreStatistics } from "./scoreStatistics.ts";

/** Distances below it count as it: at the optimum itself the logarithm has no value. */
export const LOG_DISTANCE_LEAST = 1e-6;

/**
 * With o the optimum, x the mean score, w the worst that is known (the anchor `nothing`, else the starter's) and r the best known one:
 *
 *   φ(s) = −log₁₀ max( |s − o|, 10⁻⁶ )
 *   logDistance@1 = clip( (φ(x) − φ(w)) / (φ(r) − φ(w)), −1, 2 )
 *
 * AIRS-Bench's normalised score, with w frozen to the task instead of taken from a pool of agents. From 0.9 to 0.99 of a perfect accuracy counts as much as from
 * 0.99 to 0.999. A score beyond the optimum counts as the optimum. Null without scores, optimum or best known score, and where r is not nearer to o than w.
 */
export const logDistance: RewardFunction = (task, scores) => {
  const found = scoreStatistics(scores, task.sigma);
  const { nothing, starter, best, optimum } = task.anchors;
  if (found === null || best === null || optimum === null) return null;
  const nearness = nearnessTo(task, optimum);
  const from = nearness(nothing ?? starter);
  const to = nearness(best);
  if (to <= from) return null;
  const share = (nearness(found.mean) - from) / (to - from);
  return Math.min(REFERENCE_REWARD_BOUNDS.most, Math.max(REFERENCE_REWARD_BOUNDS.least, share));
};

function nearnessTo(task: RewardTask, optimum: number): (score: number) => number {
  const best = signedScore(task, optimum);
  return (score) => -Math.log10(Math.max(best - signedScore(task, score), LOG_DISTANCE_LEAST));
}
