// Expected best@k, unbiased: the mean over all choices of k out of n attempts of the best score among them.
import { shareWithout } from "./passAtK.ts";

export interface ExpectedBest {
  /** In the metric's unit. */
  readonly value: number;
  /** The share of choices of k in which anything is scored: `value` is the mean over these. 1 where every attempt is scored. */
  readonly scoredShare: number;
}

/**
 * With the m scored attempts of n sorted best first, s₁ … sₘ, the best of a choice of k is sᵢ in C(n − i, k − 1) of all C(n, k) choices, and
 * nothing is scored in C(n − m, k) of them:
 *
 *   best@k = Σᵢ sᵢ · C(n − i, k − 1) / (C(n, k) − C(n − m, k))
 *
 * No score is invented for an attempt without one: the mean is over the choices that hold a score. Null where no attempt is scored. Throws
 * RangeError unless 1 ≤ k ≤ n.
 */
export function expectedBest(
  scores: readonly (number | null)[],
  k: number,
  direction: "maximize" | "minimize",
): ExpectedBest | null {
  const n = scores.length;
  if (!Number.isInteger(k) || k < 1 || k > n)
    throw new RangeError(`best@k of n ${n}, k ${k}: must be 1 ≤ k ≤ n`);
  const sorted = scores
    .filter((score) => score !== null)
    .sort((a, b) => (direction === "maximize" ? b - a : a - b));
  if (sorted.length === 0) return null;
  let sum = 0;
  let weights = 0;
  // C(n − i, k − 1) / C(n, k), from one i to the next; it begins with k / n at i = 1.
  let weight = k / n;
  for (const [at, score] of sorted.entries()) {
    sum += weight * score;
    weights += weight;
    const i = at + 1;
    weight *= i < n ? Math.max(0, n - i - k + 1) / (n - i) : 0;
  }
  return { value: sum / weights, scoredShare: 1 - shareWithout(n, sorted.length, k) };
}
