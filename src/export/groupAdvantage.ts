// The group-relative advantage of GRPO (Shao et al. 2024, arXiv 2402.03300, eq. 1): how much better than its group a rollout did, in
// standard deviations. As in verl and TRL the deviation is that of a sample (n − 1), with a small number added below.

/** Added to the deviation, as verl does. */
const EPSILON = 1e-6;

/** One group's rewards. */
export interface GroupStatistics {
  readonly mean: number;
  readonly deviation: number;
  readonly count: number;
}

export function groupStatistics(rewards: readonly number[]): GroupStatistics {
  const count = rewards.length;
  const mean = rewards.reduce((sum, reward) => sum + reward, 0) / Math.max(1, count);
  const squares = rewards.reduce((sum, reward) => sum + (reward - mean) ** 2, 0);
  return { mean, deviation: count < 2 ? 0 : Math.sqrt(squares / (count - 1)), count };
}

/** Null in a group of one, which has nothing to compare with; 0 for all where all did the same. */
export function groupAdvantage(reward: number, { mean, deviation, count }: GroupStatistics): number | null {
  return count < 2 ? null : (reward - mean) / (deviation + EPSILON);
}
