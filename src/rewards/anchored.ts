// anchored@1: where a score lies between what is known of the task, on one scale for all tasks.
import { signedScore } from "../core/task.ts";
import { isSure } from "./improvement.ts";
import type { RewardFunction, RewardTask } from "./rewardFunction.ts";
import { scoreStatistics } from "./scoreStatistics.ts";

/** The reward at each anchor, in rising quality. */
export const ANCHOR_REWARDS = { nothing: 0, starter: 0.25, probe: 0.6, best: 0.9, optimum: 1 } as const;

interface Anchor {
  readonly score: number;
  readonly reward: number;
}

/**
 * Let x be the mean score, signed so that higher is better, and (a₁, r₁) … (aₖ, rₖ) the task's known anchors, signed alike,
 * with the rewards 0 (nothing), 0.25 (starter), 0.6 (probe), 0.9 (best), 1 (optimum). With the segment i around x (the first
 * or last one when x lies outside all):
 *
 *   anchored@1 = clip( rᵢ + (x − aᵢ) · (rᵢ₊₁ − rᵢ) / (aᵢ₊₁ − aᵢ), 0, 1 )
 *
 * Gate: if x is better than the starter by less than two standard errors, x counts as the starter's score. Anchors that are
 * unknown, or worse than the one before, are skipped; of equal ones the higher reward holds; the starter always stays. Null without scores, and where the starter
 * is the only anchor.
 */
export const anchored: RewardFunction = (task, scores) => {
  const found = scoreStatistics(scores, task.sigma);
  if (found === null) return null;
  const anchors = knownAnchors(task);
  const starter = signedScore(task, task.anchors.starter);
  const signed = signedScore(task, found.mean);
  const gain = signed - starter;
  const x = gain > 0 && !isSure(gain, found.standardError) ? starter : signed;
  const upper = anchors.findIndex((anchor) => x <= anchor.score);
  const end = upper < 0 ? anchors.length - 1 : Math.max(1, upper);
  const from = anchors[end - 1];
  const to = anchors[end];
  if (from === undefined || to === undefined) return null;
  const reward = from.reward + ((x - from.score) * (to.reward - from.reward)) / (to.score - from.score);
  return Math.min(1, Math.max(0, reward));
};

/** Anchors with strictly rising signed scores, the starter among them. */
function knownAnchors(task: RewardTask): readonly Anchor[] {
  const starter = signedScore(task, task.anchors.starter);
  const kept: Anchor[] = [];
  for (const name of ["nothing", "starter", "probe", "best", "optimum"] as const) {
    const value = task.anchors[name];
    if (value === null) continue;
    const score = signedScore(task, value);
    if (name === "nothing" && score >= starter) continue;
    const before = kept.at(-1);
    if (before !== undefined && (score < before.score || (score === before.score && score === starter)))
      continue;
    if (before?.score === score) kept.pop();
    kept.push({ score, reward: ANCHOR_REWARDS[name] });
  }
  return kept;
}
