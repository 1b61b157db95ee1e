// 95 % intervals for sums of positive, skewed quantities (a rollout's dollars, tokens, time) from very few draws. Pure statistics.

/** Bounds of a 95 % interval around what is most likely. */
export interface Interval {
  readonly low: number;
  readonly likely: number;
  readonly high: number;
}

export const NOTHING: Interval = { low: 0, likely: 0, high: 0 };

/**
 * What we believe of the spread within a cell before any rollout was played: a standard deviation of the logarithm of 0.4, weighing as
 * much as three measured degrees of freedom. Two rollouts that happen to be alike are no evidence that all are.
 */
const PRIOR_LOG_SD = 0.4;
const PRIOR_DEGREES = 3;
const Z = 1.959964;
/** A draw counts as at least this share of its cell's mean: the logarithm of nothing is no number. */
const SMALLEST_SHARE = 0.01;

/** From so many draws on, their plain mean is taken, which supposes no form of the distribution. */
const PLAIN_MEAN_FROM = 10;

/** Draws of one cell, and how many more will be drawn. */
export interface Draws {
  readonly values: readonly number[];
  readonly remaining: number;
}

export interface Spread {
  /** Variance of the logarithm within a cell, pooled over cells and shrunk towards the prior. */
  readonly logVariance: number;
  readonly degrees: number;
}

/** The spread within cells: all cells share one, since two draws each say little alone. */
export function pooledSpread(cells: readonly Draws[]): Spread {
  let squares = PRIOR_DEGREES * PRIOR_LOG_SD ** 2;
  let degrees = PRIOR_DEGREES;
  for (const { values } of cells) {
    const center = mean(values);
    if (values.length < 2 || center <= 0) continue;
    const logs = logsOf(values);
    const logMean = mean(logs);
    squares += logs.reduce((sum, log) => sum + (log - logMean) ** 2, 0);
    degrees += values.length - 1;
  }
  return { logVariance: squares / degrees, degrees };
}

function logsOf(values: readonly number[]): readonly number[] {
  const least = mean(values) * SMALLEST_SHARE;
  return values.map((value) => Math.log(Math.max(value, least)));
}

/**
 * What one more draw of a cell is expected to be. Of few draws, the lognormal mean by their logarithms, e^(ȳ + (1 − 1/n)·s²/2), which one
 * extreme draw moves far less than it moves the plain mean.
 */
function expected(values: readonly number[], logVariance: number): number {
  const plain = mean(values);
  if (values.length >= PLAIN_MEAN_FROM || values.length < 2 || plain <= 0) return plain;
  return Math.exp(mean(logsOf(values)) + ((1 - 1 / values.length) * logVariance) / 2);
}

/**
 * The sum of all remaining draws. Its middle is Σ Nᵢ·meanᵢ; its relative variance has the error of each mean (over nᵢ draws) and the
 * chance in what is still to be drawn (over Nᵢ); the interval is lognormal with Student's t. `extraLogVariance` is for what else is
 * uncertain, such as the counts. Cells without a draw take the mean of the others, with the spread between cells on top.
 */
export function sumInterval(
  cells: readonly Draws[],
  extraLogVariance = 0,
): Interval & { readonly logSd: number } {
  const { logVariance, degrees } = pooledSpread(cells);
  const within = Math.expm1(logVariance);
  const measured = cells
    .filter(({ values }) => values.length > 0)
    .map(({ values }) => expected(values, logVariance));
  const overall = mean(measured);
  const between = overall <= 0 ? 0 : mean(measured.map((value) => (value / overall - 1) ** 2));
  let total = 0;
  let variance = 0;
  for (const { values, remaining } of cells) {
    const drawn = values.length;
    const center = drawn > 0 ? expected(values, logVariance) : overall;
    total += remaining * center;
    const ofMean = drawn > 0 ? Math.expm1(logVariance / drawn) : within + between;
    variance += center ** 2 * (remaining ** 2 * ofMean + remaining * within);
  }
  if (total <= 0) return { ...NOTHING, logSd: 0 };
  const logSd = Math.sqrt(Math.log1p(variance / total ** 2) + extraLogVariance);
  return { ...around(total, logSd, degrees), logSd };
}

/** A lognormal interval around a value. */
export function around(likely: number, logSd: number, degrees: number): Interval {
  const factor = Math.exp(studentT975(degrees) * logSd);
  return { low: likely / factor, likely, high: likely * factor };
}

/** The 97.5 % quantile of Student's t by its expansion in 1/ν (Abramowitz and Stegun 26.7.5); within 1 % from three degrees on. */
export function studentT975(degrees: number): number {
  const z = Z;
  const g1 = (z ** 3 + z) / 4;
  const g2 = (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96;
  const g3 = (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384;
  return z + g1 / degrees + g2 / degrees ** 2 + g3 / degrees ** 3;
}

/** A 95 % interval for a share, by Wilson's score (1927), with half a success and half a failure added to the middle. */
export function shareInterval(hits: number, count: number): Interval {
  const likely = (hits + 0.5) / (count + 1);
  if (count === 0) return { low: 0, likely, high: 1 };
  const share = hits / count;
  const center = (share + Z ** 2 / (2 * count)) / (1 + Z ** 2 / count);
  const half =
    (Z / (1 + Z ** 2 / count)) * Math.sqrt((share * (1 - share)) / count + Z ** 2 / (4 * count ** 2));
  return { low: Math.max(0, center - half), likely, high: Math.min(1, center + half) };
}

/** The standard deviation of a logarithm whose 95 % interval this is. */
export function logSdOf({ low, high }: Interval): number {
  return low <= 0 || high <= low ? 0 : Math.log(high / low) / (2 * Z);
}

export function plus(...parts: readonly Interval[]): Interval {
  const sum = (of: (part: Interval) => number) => parts.reduce((total, part) => total + of(part), 0);
  return { low: sum(({ low }) => low), likely: sum(({ likely }) => likely), high: sum(({ high }) => high) };
}

export function scaled({ low, likely, high }: Interval, by: number): Interval {
  return { low: low * by, likely: likely * by, high: high * by };
}

export function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
