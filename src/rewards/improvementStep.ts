// improvement@1: how much better a validated submission is than the one validated before it, on the task's own scale.
import { anchored } from "./anchored.ts";
import type { RewardTask } from "./rewardFunction.ts";

/**
 * With Φ(x) = anchored@1 of the score x, and x₀ the starter's score, the k-th scored validation of an episode is rewarded with
 *
 *   improvement@1 = Φ(xₖ) − Φ(xₖ₋₁)
 *
 * so that the rewards of an episode add up to what its last validated submission is worth above the baseline, and asking again about
 * the same submission earns nothing (differences of a potential: Ng, Harada and Russell 1999, eq. 2, with γ = 1). Null at every
 * other step, an invalid submission's among them, and where the starter is the task's only anchor.
 */
export function improvementStep(
  task: RewardTask,
  scores: readonly number[],
  isScored: boolean,
): number | null {
  const now = scores.at(-1);
  if (!isScored || now === undefined) return null;
  const worth = anchored(task, [now]);
  const before = anchored(task, [scores.at(-2) ?? task.anchors.starter]);
  return worth === null || before === null ? null : worth - before;
}
