// tiers@1: the highest rung that a score has reached.
import { signedScore } from "../core/task.ts";
import { isSure } from "./improvement.ts";
import type { RewardFunction } from "./rewardFunction.ts";
import { scoreStatistics } from "./scoreStatistics.ts";

/** The reward of each rung. */
export const TIER_REWARDS = {
  belowStarter: 0,
  starter: 0.2,
  surelyBetter: 0.4,
  probe: 0.6,
  best: 0.8,
  optimum: 1,
} as const;

/**
 * tiers@1 = 1 at the optimum (or within one standard error of it), 0.8 from the best known score on, 0.6 from the probe's on, 0.4 above the
 * starter's by two standard errors, 0.2 from the starter's less two standard errors on, else 0. The probe's and the best known score count only where they are
 * better than the starter's, and are reached only by what is surely better than the starter. Null without scores.
 */
export const tiers: RewardFunction = (task, scores) => {
  const found = scoreStatistics(scores, task.sigma);
  if (found === null) return null;
  const { mean, standardError } = found;
  const x = signedScore(task, mean);
  const starter = signedScore(task, task.anchors.starter);
  const gain = x - starter;
  if (!isSure(gain, standardError)) {
    return gain < 0 && isSure(-gain, standardError) ? TIER_REWARDS.belowStarter : TIER_REWARDS.starter;
  }
  const has = (anchor: number | null, margin = 0) => {
    if (anchor === null) return false;
    const signed = signedScore(task, anchor);
    return signed > starter && x >= signed - margin;
  };
  if (has(task.anchors.optimum, standardError)) return TIER_REWARDS.optimum;
  if (has(task.anchors.best)) return TIER_REWARDS.best;
  if (has(task.anchors.probe)) return TIER_REWARDS.probe;
  return TIER_REWARDS.surelyBetter;
};
