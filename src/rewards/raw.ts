// raw@1: the score itself.
import type { RewardFunction } from "./rewardFunction.ts";

/**
 * raw@1 = (Σ scores) / n, in the metric's own unit and direction (a loss stays a loss). Null without scores. For analysis:
 * not comparable between tasks.
 */
export const raw: RewardFunction = (_task, scores) =>
  scores.length === 0 ? null : scores.reduce((sum, score) => sum + score, 0) / scores.length;
