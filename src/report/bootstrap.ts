// The bootstrap over tasks, then seeds: how far a figure might have come out with other tasks, and other attempts at them (Efron 1979).
import { type Prng, prng } from "../core/prng.ts";

export const REPLICATES = 1000;
/** Share of the replicates inside an interval. */
export const CONFIDENCE = 0.95;
/** Any seed will do; a fixed one makes equal reports of equal runs. */
const SEED = 20_250_220;

/** The middle 95 % of the replicates. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** One draw of tasks and of attempts: positions, with repetition. */
export interface Resample {
  /** Positions of the tasks drawn, as many as there are. */
  readonly tasks: readonly number[];
  /** Draws as many of a list as it has, with repetition; each call draws anew. */
  attempts<T>(of: readonly T[]): readonly T[];
}

/**
 * The interval of a figure. `figure` computes it from one resample: tasks are drawn first, then attempts within each drawn task. Null
 * without tasks.
 */
export function interval(taskCount: number, figure: (resample: Resample) => number): Interval | null {
  return taskCount === 0 ? null : spreadOf(replicates(taskCount, figure));
}

/** The middle 95 % of some replicates; null where fewer than half of all have the figure. */
export function spreadOf(figures: readonly number[]): Interval | null {
  if (figures.length < REPLICATES / 2) return null;
  const sorted = figures.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))] ?? Number.NaN;
  return { low: at((1 - CONFIDENCE) / 2), high: at((1 + CONFIDENCE) / 2) };
}

/** The figure in every replicate, in order. */
export function replicates<T>(taskCount: number, figure: (resample: Resample) => T): readonly T[] {
  const random = prng(SEED);
  return Array.from({ length: REPLICATES }, () => figure(resampleOf(taskCount, random)));
}

function resampleOf(taskCount: number, random: Prng): Resample {
  return {
    tasks: Array.from({ length: taskCount }, () => random.below(taskCount)),
    attempts: (of) => of.map(() => random.pick(of)),
  };
}
