// AUP of the methods of a pool among themselves: what was published, computed from the tables that were published with it.
import { areaUnderProfile, gridEnd } from "./performanceProfile.ts";
import { performanceRatio, type Yardstick, yardstickOf } from "./performanceRatio.ts";
import { type PoolFile, poolRows, type Variant } from "./poolFile.ts";

export interface PoolAup {
  /** End of the grid: the most that AUP can be. */
  readonly tauMax: number;
  /** By method, in the pool's order. */
  readonly best: ReadonlyMap<string, number>;
  readonly last: ReadonlyMap<string, number>;
}

/** The yardsticks that a pool gives its tasks, by the id under which each was published. `only`: these tasks; absent, all. */
export function poolYardsticks(
  pool: PoolFile,
  cells: "asPublished" | "corrected",
  only?: ReadonlySet<string>,
): Readonly<Record<Variant, ReadonlyMap<string, Yardstick>>> & { readonly tauMax: number } {
  const of = (variant: Variant) => {
    const rows = poolRows(pool, variant, cells).filter(({ taskId }) => only?.has(taskId) ?? true);
    return new Map(
      rows.flatMap((row) => {
        const yardstick = yardstickOf(row);
        return yardstick === null ? [] : [[row.taskId, yardstick] as const];
      }),
    );
  };
  const best = of("best");
  const last = of("last");
  return { best, last, tauMax: gridEnd([...best.values(), ...last.values()]) };
}

/** AUP of every method of the pool. */
export function poolAup(
  pool: PoolFile,
  cells: "asPublished" | "corrected",
  only?: ReadonlySet<string>,
): PoolAup {
  const yardsticks = poolYardsticks(pool, cells, only);
  const { tauMax } = yardsticks;
  const of = (variant: Variant) => {
    const rows = poolRows(pool, variant, cells);
    return new Map(
      pool.methods.map((method) => {
        const ratios = rows.flatMap(({ taskId, scores }) => {
          const yardstick = yardsticks[variant].get(taskId);
          return yardstick === undefined ? [] : [performanceRatio(yardstick, scores.get(method) ?? null)];
        });
        return [method, areaUnderProfile(ratios, tauMax)] as const;
      }),
    );
  };
  return { tauMax, best: of("best"), last: of("last") };
}
