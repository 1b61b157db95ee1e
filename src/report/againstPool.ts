// Measured models against the frozen pool: everybody's AUP and performance profile on the tasks that can be compared.
import { type Interval, interval } from "./bootstrap.ts";
import { type Comparable, type Compared, type LeftOut, ratioOf } from "./comparableTasks.ts";
import { areaUnderProfile, gridPoint, profileAt, TAU_POINTS } from "./performanceProfile.ts";
import { performanceRatio } from "./performanceRatio.ts";
import { type Pool, poolRows, type Variant } from "./poolFile.ts";
import type { Measured } from "./readMeasured.ts";

export interface Area {
  readonly aup: number;
  /** AUP / T: 1 is the best of all on every task. */
  readonly normalised: number;
  /** Over tasks, then attempts; null for methods of the pool, whose attempts nobody published. */
  readonly interval: Interval | null;
  /** Performance ratios, in the order of the tasks. */
  readonly ratios: readonly number[];
  /** ρ(τ) at each of `AgainstPool.tau`. */
  readonly profile: readonly number[];
}

export interface Standing {
  readonly name: string;
  readonly isMeasured: boolean;
  readonly best: Area;
  readonly last: Area;
}

export interface AgainstPool {
  /** The file that it was compared with. */
  readonly pool: string;
  readonly citation: string;
  readonly replaced: Pool["replaced"];
  /** Tasks that everybody is compared on. */
  readonly tasks: readonly string[];
  readonly leftOut: readonly LeftOut[];
  /** By AUP of best attempts; empty where no task is left. */
  readonly standings: readonly Standing[];
  /** End T of the grid of τ (log10): the most that AUP can be; null where no task is left. */
  readonly tauMax: number | null;
  /** Points of the profiles, log10 of a ratio. */
  readonly tau: readonly number[];
}

/** Of the grid's 500 points, profiles are stated at every tenth. */
const PROFILE_STRIDE = 10;

/** The standings of measured models among the pool's methods. */
export function againstPool(
  pool: Pool,
  { leftOut, compared, tauMax }: Comparable,
  methods: readonly Measured[],
): AgainstPool {
  const { id, citation, replaced } = pool;
  const common = {
    pool: id,
    citation,
    replaced,
    tasks: compared.map(({ task }) => task.id),
    leftOut,
    tauMax,
  };
  if (tauMax === null) return { ...common, standings: [], tau: [] };
  const tau = Array.from({ length: Math.ceil(TAU_POINTS / PROFILE_STRIDE) }, (_, at) =>
    gridPoint(tauMax, at * PROFILE_STRIDE),
  );
  const areaOf = (ratios: readonly number[], spread: Interval | null): Area => {
    const aup = areaUnderProfile(ratios, tauMax);
    const profile = tau.map((point) => profileAt(ratios, point));
    return { aup, normalised: aup / tauMax, interval: spread, ratios, profile };
  };
  const measured = methods.map((method): Standing => {
    const of = (variant: Variant) =>
      areaOf(ratiosOf(compared, method, variant), spreadOfArea(compared, method, variant, tauMax));
    return { name: method.name, isMeasured: true, best: of("best"), last: of("last") };
  });
  const rows = { best: poolRows(pool, "best", "corrected"), last: poolRows(pool, "last", "corrected") };
  const published = pool.methods.map((name): Standing => {
    const of = (variant: Variant) => {
      const ratios = compared.map(({ poolId, yardsticks }) => {
        const row = rows[variant].find(({ taskId }) => taskId === poolId);
        return performanceRatio(yardsticks[variant], row?.scores.get(name) ?? null);
      });
      return areaOf(ratios, null);
    };
    return { name, isMeasured: false, best: of("best"), last: of("last") };
  });
  const standings = [...measured, ...published].sort(
    (a, b) => b.best.aup - a.best.aup || (a.name < b.name ? -1 : 1),
  );
  return { ...common, standings, tau };
}

function ratiosOf(compared: readonly Compared[], method: Measured, variant: Variant): readonly number[] {
  return compared.map((one) => ratioOf(one, method.attempts.get(one.task.id) ?? [], variant));
}

function spreadOfArea(
  compared: readonly Compared[],
  method: Measured,
  variant: Variant,
  tauMax: number,
): Interval | null {
  return interval(compared.length, (resample) => {
    const ratios = resample.tasks.flatMap((at) => {
      const one = compared[at];
      if (one === undefined) return [];
      return [ratioOf(one, resample.attempts(method.attempts.get(one.task.id) ?? []), variant)];
    });
    return areaUnderProfile(ratios, tauMax);
  });
}
