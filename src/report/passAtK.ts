// pass@k, unbiased: how likely at least one of k attempts succeeds, from n of which c did (Chen et al. 2021, eq. 1).

/**
 * pass@k = 1 − C(n − c, k) / C(n, k), computed as a product so that no binomial overflows. Needs 0 ≤ c ≤ n and 1 ≤ k ≤ n; throws
 * RangeError else.
 */
export function passAtK(n: number, c: number, k: number): number {
  if (!(Number.isInteger(n) && Number.isInteger(c) && Number.isInteger(k)))
    throw new RangeError(`pass@k of n ${n}, c ${c}, k ${k}: not whole numbers`);
  if (c < 0 || c > n || k < 1 || k > n)
    throw new RangeError(`pass@k of n ${n}, c ${c}, k ${k}: must be 0 ≤ c ≤ n and 1 ≤ k ≤ n`);
  return 1 - shareWithout(n, c, k);
}

/** The share of all k of n things that hold none of c special ones: C(n − c, k) / C(n, k). */
export function shareWithout(n: number, c: number, k: number): number {
  if (n - c < k) return 0;
  let share = 1;
  for (let at = n - c + 1; at <= n; at++) share *= 1 - k / at;
  return share;
}
