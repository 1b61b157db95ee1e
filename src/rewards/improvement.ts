// Whether a score is better than the starter's, noise taken into account.
import { signedScore } from "../core/task.ts";
import type { RewardTask } from "./rewardFunction.ts";
import { scoreStatistics } from "./scoreStatistics.ts";

/** Improvements smaller than this many standard errors count as none. */
export const SURE_STANDARD_ERRORS = 2;

/** Sureness of an improvement of `gain` (≥ 0, in the metric's unit). */
export function isSure(gain: number, standardError: number): boolean {
  return gain > 0 && gain >= SURE_STANDARD_ERRORS * standardError;
}

/** True when the mean beats the starter by at least two standard errors; null without scores. */
export function beatsStarter(task: RewardTask, scores: readonly number[]): boolean | null {
  const found = scoreStatistics(scores, task.sigma);
  if (found === null) return null;
  const gain = signedScore(task, found.mean) - signedScore(task, task.anchors.starter);
  return isSure(gain, found.standardError);
}
