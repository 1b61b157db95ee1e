// The reward functions by name, and what they say of a rollout's submissions.
import { anchored } from "./anchored.ts";
import { beatsStarter } from "./improvement.ts";
import { raw } from "./raw.ts";
import type { RewardFunction, RewardTask } from "./rewardFunction.ts";
import { scoreStatistics } from "./scoreStatistics.ts";

/** A changed formula is a new name with a raised version; old names keep their meaning. */
export const REWARD_FUNCTIONS = { "raw@1": raw, "anchored@1": anchored } as const satisfies {
  readonly [name: string]: RewardFunction;
};
export type RewardName = keyof typeof REWARD_FUNCTIONS;
export const REWARD_NAMES = ["raw@1", "anchored@1"] as const satisfies readonly RewardName[];

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
    [`best:${name}`, REWARD_FUNCTIONS[name](task, bestScores)],
    ...standIn(name),
  ]);
  return {
    fn,
    value,
    success: value === null ? null : beatsStarter(task, judged),
    standardError: scoreStatistics(finalScores, task.sigma)?.standardError ?? null,
    components: Object.fromEntries(components),
  };
}
