// The mean of a submission's scores and how sure it is.

export interface ScoreStatistics {
  readonly mean: number;
  /** Standard error of the mean, in the metric's unit. */
  readonly standardError: number;
}

/**
 * Mean m = Σx / n. Standard error = max(s, σ) / √n, where s is the sample standard deviation (0 for n = 1) and σ the task's own
 * measured spread over judge seeds: a few seeds that agree by luck do not make a score certain. Null without scores.
 */
export function scoreStatistics(scores: readonly number[], sigma: number): ScoreStatistics | null {
  const n = scores.length;
  if (n === 0) return null;
  const mean = scores.reduce((sum, score) => sum + score, 0) / n;
  const squares = scores.reduce((sum, score) => sum + (score - mean) ** 2, 0);
  const spread = n > 1 ? Math.sqrt(squares / (n - 1)) : 0;
  return { mean, standardError: Math.max(spread, sigma) / Math.sqrt(n) };
}
