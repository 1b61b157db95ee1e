// Performance ratios: how many times worse than the best a score is (Dolan and Moré 2002, §2, as MLGym's tables use them).

/** A score that is no improvement, or none at all, counts as the worst feasible one times this. */
export const INFEASIBLE_FACTOR = 1.05;

/** What is needed of one task: its scores by method, the baseline's own among them. */
export interface ScoredTask {
  readonly direction: "maximize" | "minimize";
  readonly baseline: number;
  readonly scores: ReadonlyMap<string, number | null>;
}

/** A task's yardstick, from a set of methods. */
export interface Yardstick {
  readonly direction: "maximize" | "minimize";
  readonly baseline: number;
  /** The best feasible score. */
  readonly best: number;
  /** Largest ratio of a feasible score, 1 or more. */
  readonly worstRatio: number;
}

/**
 * A score s is feasible if it is positive and not worse than the baseline. With b the best feasible score, its ratio is
 *
 *   r = b / s   where more is better,   r = s / b   where less is.
 *
 * MLGym also lets a score of exactly 0 through, and then divides by it; here it is infeasible. Null: no score is feasible.
 */
export function yardstickOf(task: ScoredTask): Yardstick | null {
  const { direction, baseline } = task;
  const feasible = [...task.scores.values()].filter((score) => isFeasible(task, score));
  const [first, ...rest] = feasible;
  if (first === undefined) return null;
  const best = rest.reduce(direction === "maximize" ? larger : smaller, first);
  const worstRatio = Math.max(...feasible.map((score) => plainRatio(direction, best, score)));
  return { direction, baseline, best, worstRatio };
}

/**
 * The ratio of one score by a yardstick: below 1 where it beats all that the yardstick was made from. What is infeasible or missing gets
 * worstRatio · 1.05; a feasible score never gets more than that, so that no improvement counts for less than none.
 */
export function performanceRatio(yardstick: Yardstick, score: number | null): number {
  const penalty = yardstick.worstRatio * INFEASIBLE_FACTOR;
  if (!isFeasible(yardstick, score)) return penalty;
  return Math.min(penalty, plainRatio(yardstick.direction, yardstick.best, score));
}

function isFeasible(
  { direction, baseline }: Pick<ScoredTask, "direction" | "baseline">,
  score: number | null,
): score is number {
  if (score === null || !(score > 0)) return false;
  return direction === "maximize" ? score >= baseline : score <= baseline;
}

function plainRatio(direction: Yardstick["direction"], best: number, score: number): number {
  return direction === "maximize" ? best / score : score / best;
}

const larger = (a: number, b: number) => Math.max(a, b);
const smaller = (a: number, b: number) => Math.min(a, b);
