// Which tasks measured models and the pool can be compared on, with the pool's yardstick of each. What is left out is so for all sides.
import { type Attempt, bestOf, type MeasuredTask } from "./attempts.ts";
import { performanceRatio, type Yardstick } from "./performanceRatio.ts";
import { poolYardsticks } from "./poolAup.ts";
import type { Pool, Variant } from "./poolFile.ts";
import type { Measured } from "./readMeasured.ts";

/** A task that counts for nobody, and why. */
export interface LeftOut {
  readonly taskId: string;
  readonly why: string;
}

/** A task with the pool's yardsticks. */
export interface Compared {
  readonly task: MeasuredTask;
  /** Its id in the pool. */
  readonly poolId: string;
  readonly yardsticks: Readonly<Record<Variant, Yardstick>>;
}

export interface Comparable {
  readonly compared: readonly Compared[];
  readonly leftOut: readonly LeftOut[];
  /** End of the grid of τ; null where no task is left. */
  readonly tauMax: number | null;
}

/**
 * The pool alone gives the yardsticks and T, so a model's AUP does not change with who is measured beside it, and the pool's never. A task
 * counts only if its scores can be compared with those published and every measured model has attempts at it; else it counts for nobody.
 */
export function comparableTasks(
  pool: Pool,
  tasks: readonly MeasuredTask[],
  methods: readonly Measured[],
): Comparable {
  const leftOut: LeftOut[] = [];
  const chosen: { readonly task: MeasuredTask; readonly poolId: string }[] = [];
  for (const { id: poolId, title } of pool.tasks) {
    const task = tasks.find(({ mlgym }) => mlgym?.id === poolId);
    const why = task === undefined ? "not played here" : whyNot(pool, poolId, task, methods);
    if (task !== undefined && why === null) chosen.push({ task, poolId });
    else leftOut.push({ taskId: task?.id ?? title, why: why ?? "" });
  }
  for (const task of tasks) {
    if (!pool.tasks.some(({ id }) => id === task.mlgym?.id))
      leftOut.push({ taskId: task.id, why: "the pool has no scores of it" });
  }
  if (chosen.length === 0) return { compared: [], leftOut, tauMax: null };
  const only = new Set(chosen.map(({ poolId }) => poolId));
  const { tauMax, ...yardsticks } = poolYardsticks(pool, "corrected", only);
  const compared = chosen.flatMap(({ task, poolId }): Compared[] => {
    const best = yardsticks.best.get(poolId);
    const last = yardsticks.last.get(poolId);
    return best === undefined || last === undefined ? [] : [{ task, poolId, yardsticks: { best, last } }];
  });
  return { compared, leftOut, tauMax };
}

/** Why a task of the pool is compared by nobody; null where it is. */
function whyNot(pool: Pool, poolId: string, task: MeasuredTask, methods: readonly Measured[]): string | null {
  if (task.mlgym?.published === null) return task.mlgym.publishedNote.trim();
  const direction = pool.tasks.find(({ id }) => id === poolId)?.direction;
  if (direction !== task.metric.direction)
    return `its metric is one to ${task.metric.direction}, other than in the pool`;
  const without = methods.filter(({ attempts }) => (attempts.get(task.id) ?? []).length === 0);
  return without.length === 0 ? null : `no attempt by ${without.map(({ name }) => name).join(", ")}`;
}

/** The performance ratio of some attempts at a task: of the best of them. */
export function ratioOf(
  { task, yardsticks }: Compared,
  attempts: readonly Attempt[],
  variant: Variant,
): number {
  return performanceRatio(yardsticks[variant], bestOf(attempts, variant, task.metric.direction));
}
