// The reward functions by name, and what they say of a rollout's submissions.
import { anchored } from "./anchored.ts";
import { anchoredOrZero } from "./anchoredOrZero.ts";
import { baselineToReference } from "./baselineToReference.ts";
import { beatsStarter } from "./improvement.ts";
import { logDistance } from "./logDistance.ts";
import { raw } from "./raw.ts";
import { regret } from "./regret.ts";
import type { RewardFunction, RewardTask } from "./rewardFunction.ts";
import { scoreStatistics } from "./scoreStatistics.ts";
import { tiers } from "./tiers.ts";

/** A changed formula is a new name with a raised version; old names keep their meaning. */
export const REWARD_FUNCTIONS = {
  "raw@1": raw,
  "anchored@1": anchored,
  "anchoredOrZero@1": anchoredOrZero,
  "baselineToReference@1": baselineToReference,
  "logDistance@1": logDistance,
  "regret@1": regret,
  "tiers@1": tiers,
} as const satisfies { readonly [name: string]: RewardFunction };
export type RewardName = keyof typeof REWARD_FUNCTIONS;
export const REWARD_NAMES = [
  "raw@1",
  "anchored@1",
  "anchoredOrZero@1",
  "baselineToReference@1",
  "logDistance@1",
  "regret@1",
  "tiers@1",
] as const satisfies readonly RewardName[];
/** Rewards in the metric's own unit: never compared, averaged or trained on across tasks. */
export const METRIC_UNIT_REWARDS: readonly RewardName[] = ["raw@1", "regret@1"];

/** Every function's value for one submission's scores. */
export function everyReward(
  task: RewardTask,
  scores: readonly number[],
): Readonly<Record<RewardName, number | null>> {
  return {
    "raw@1": raw(task, scores),
    "anchored@1": anchored(task, scores),
    "anchoredOrZero@1": anchoredOrZero(task, scores),
    "baselineToReference@1": baselineToReference(task, scores),
    "logDistance@1": logDistance(task, scores),
    "regret@1": regret(task, scores),
    "tiers@1": tiers(task, scores),
  };
}

export interface Rewards {
  readonly fn: RewardName;
  /** The reward of the final submission, or of the one that stands in for it; null: not scored. */
  readonly value: number | null;
  /** Better than the starter by two standard errors; null exactly where `value` is. */
  readonly success: boolean | null;
  /** Of the final submission's mean score. */
  readonly standardError: number | null;
  /**
   * Every function, of the final submission (`final:…`), of the one that validated best (`best:…`), and of the last valid one
   * (`lastValid:…`) where it stands in.
   */
  readonly components: Record<string, number | null>;
}

/**
 * `finalScores`, `bestScores`, `standInScores`: one score of record per judge seed; empty where the submission was not scored.
 * `standInScores` are those of the last valid submission where it stands in for a final one without a score; else null.
 */
export function rewardsOf(
  fn: RewardName,
  task: RewardTask,
  finalScores: readonly number[],
  bestScores: readonly number[],
  standInScores: readonly number[] | null = null,
): Rewards {
  const judged = standInScores ?? finalScores;
  const value = REWARD_FUNCTIONS[fn](task, judged);
  const standIn = (name: RewardName): [string, number | null][] =>
    standInScores === null ? [] : [[`lastValid:${name}`, REWARD_FUNCTIONS[name](task, standInScores)]];
  const components = REWARD_NAMES.flatMap((name): [string, number | null][] => [
    [`final:${name}`, REWARD_FUNCTIONS[name](task, finalScores)],
    [`best:${name}`, bestScores.length === 0 ? null : REWARD_FUNCTIONS[name](task, bestScores)],
    ...standIn(name),
  ]);
  return {
    fn,
    value,
    success: value === null ? null : (beatsStarter(task, judged) ?? false),
    standardError: scoreStatistics(finalScores, task.sigma)?.standardError ?? null,
    components: Object.fromEntries(components),
  };
}

/** Of a rollout that infrastructure cut off, or whose score is owed: nothing can be said, and nothing is 0. */
export function noRewards(fn: RewardName): Rewards {
  const components = Object.fromEntries(
    REWARD_NAMES.flatMap((name) => [[`final:${name}`, null] as const, [`best:${name}`, null] as const]),
  );
  return { fn, value: null, success: null, standardError: null, components };
}
