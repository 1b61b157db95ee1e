// The forecast: what a plan will take in dollars, tokens, hours and GPU-hours, from rollouts that were played (a pilot, an earlier run)
// or, where there are none, from limits and prices. Pure: it spends nothing and reads no clock.
import { fleetUsd } from "../core/gpuHourPrice.ts";
import { ASSUMPTION_TEXT, assumedUse } from "./assumedUse.ts";
import {
  around,
  type Draws,
  type Interval,
  logSdOf,
  mean,
  NOTHING,
  plus,
  pooledSpread,
  scaled,
  shareInterval,
  sumInterval,
} from "./logInterval.ts";
import { priceOf } from "./modelConfig.ts";
import type { Plan, PlannedCell } from "./plan.ts";

/** One rollout that was played to its end. */
export interface Sample {
  /** Id of the cell that it speaks for. */
  readonly cell: string;
  /** Null where the model has no price. */
  readonly usd: number | null;
  readonly tokens: number;
  readonly wallMs: number;
  /** Null where nobody has judged it yet. */
  readonly accepted: boolean | null;
}

/** What a forecast starts from. */
export interface Played {
  readonly samples: readonly Sample[];
  /** Seeds of each cell that are done and need not be played again, by cell id. */
  readonly done: ReadonlyMap<string, number>;
  /** What the run has spent so far, lost and repeated calls included. */
  readonly spent: { readonly usd: number; readonly tokens: number };
  /** Lane milliseconds of judging one rollout. */
  readonly judgeMs: number;
}

export const NOTHING_PLAYED: Played = {
  samples: [],
  done: new Map(),
  spent: { usd: 0, tokens: 0 },
  judgeMs: 0,
};

export interface CellForecast {
  readonly sampleCount: number;
  /** Of one rollout. */
  readonly usd: Interval | null;
  readonly tokens: Interval;
  /** Seeds that will be played in all. */
  readonly rollouts: Interval;
}

/** For the run as a whole, what is spent already included; hours are those still to come. Intervals are 95 % where sampled. */
export interface Forecast {
  readonly basis: string;
  readonly usd: Interval | null;
  readonly tokens: Interval;
  readonly rollouts: Interval;
  readonly hours: Interval;
  /** Null where no model is paid by the GPU-hour. */
  readonly gpuHours: Interval | null;
  /** Null where it cannot be said: no price, or nothing accepted so far. */
  readonly usdPerAccepted: Interval | null;
  readonly cells: readonly CellForecast[];
}

/** Weight of the pooled acceptance rate in each cell's own, in rollouts. */
const ACCEPTANCE_WEIGHT = 2;
/** Without a pilot, a kept rollout is taken to need two. */
const SEEDS_PER_ACCEPTED = 2;
const HOUR_MS = 3_600_000;

export function forecast(plan: Plan, played: Played): Forecast {
  const samples = Map.groupBy(played.samples, ({ cell }) => cell);
  const isSampled = played.samples.length > 0;
  const acceptance = acceptanceOf(plan, samples);
  const seeds = plan.cells.map((cell) => seedsOf(cell, acceptance.of(cell.id), isSampled));
  const rollouts = plus(...seeds);
  const remaining = plan.cells.map((cell, index) => {
    const done = played.done.get(cell.id) ?? 0;
    const left = (count: number) => Math.max(0, count - done);
    const { low, likely, high } = seeds[index] ?? NOTHING;
    return { low: left(low), likely: left(likely), high: left(high) };
  });
  const countLogVariance = logSdOf(rollouts) ** 2;
  const draws = (measure: (sample: Sample) => number, only: (cell: PlannedCell) => boolean = () => true) =>
    plan.cells.flatMap((cell, index): Draws[] => {
      if (!only(cell)) return [];
      const values = (samples.get(cell.id) ?? []).map(measure);
      return [{ values, remaining: remaining[index]?.likely ?? 0 }];
    });
  const assumed = plan.cells.map(assumedUse);
  const sum = (
    measure: (sample: Sample) => number,
    assumedOf: (index: number) => Interval,
    only?: (cell: PlannedCell) => boolean,
  ): Interval => {
    if (isSampled) return sumInterval(draws(measure, only), countLogVariance);
    return plus(
      ...plan.cells.flatMap((cell, index) => {
        if (only !== undefined && !only(cell)) return [];
        return [product(assumedOf(index), remaining[index] ?? NOTHING)];
      }),
    );
  };

  const wall = sum(
    ({ wallMs }) => wallMs,
    (index) => assumed[index]?.wallMs ?? NOTHING,
  );
  const hours = hoursOf(plan, played, wall, remaining, isSampled ? draws(({ wallMs }) => wallMs) : []);
  const again = lossFactor(played);
  const tokensLeft = sum(
    ({ tokens }) => tokens,
    (index) => assumed[index]?.tokens ?? NOTHING,
  );
  const tokens = bounded(
    plus(exactly(played.spent.tokens), scaled(tokensLeft, again)),
    plan,
    "tokens",
    seeds,
  );

  const fleets = [...new Set(plan.cells.map(({ model }) => model))].flatMap((model) => {
    const price = priceOf(model);
    return price !== null && "gpus" in price ? [price] : [];
  });
  const isUnpriced = plan.cells.some(({ model }) => priceOf(model) === null);
  const byToken = (cell: PlannedCell) => !isFleet(cell);
  const usdLeft = sum(
    ({ usd }) => usd ?? 0,
    (index) => assumed[index]?.usd ?? NOTHING,
    byToken,
  );
  const fleetCosts = fleets.map((price) => scaled(hours, fleetUsd(price, HOUR_MS)));
  const usd = isUnpriced
    ? null
    : bounded(plus(exactly(played.spent.usd), scaled(usdLeft, again), ...fleetCosts), plan, "costUsd", seeds);

  return {
    basis: basisText(plan, played, samples),
    usd,
    tokens,
    rollouts,
    hours,
    gpuHours:
      fleets.length === 0
        ? null
        : scaled(
            hours,
            fleets.reduce((total, { gpus }) => total + gpus, 0),
          ),
    usdPerAccepted: usd === null ? null : perAccepted(plan, usd, seeds, acceptance, isSampled),
    cells: plan.cells.map((cell, index) => {
      const own = samples.get(cell.id) ?? [];
      const one = (measure: (sample: Sample) => number, other: Interval): Interval =>
        own.length === 0 ? other : oneInterval(own.map(measure), draws(measure));
      const use = assumed[index];
      return {
        sampleCount: own.length,
        usd: priceOf(cell.model) === null ? null : one(({ usd: own }) => own ?? 0, use?.usd ?? NOTHING),
        tokens: one(({ tokens: own }) => own, use?.tokens ?? NOTHING),
        rollouts: seeds[index] ?? NOTHING,
      };
    }),
  };
}

interface Acceptance {
  readonly hits: number;
  readonly pooled: Interval;
  of(cell: string): Interval;
}

/** Each cell's rate leans on that of all: two rollouts alone say next to nothing of one. */
function acceptanceOf(plan: Plan, samples: ReadonlyMap<string, readonly Sample[]>): Acceptance {
  const judged = plan.cells.flatMap(({ id }) =>
    (samples.get(id) ?? []).filter(({ accepted }) => accepted !== null),
  );
  const hits = judged.filter(({ accepted }) => accepted).length;
  const pooled = shareInterval(hits, judged.length);
  return {
    hits,
    pooled,
    of(cell) {
      const own = judged.filter((sample) => sample.cell === cell);
      const ownHits = own.filter(({ accepted }) => accepted).length;
      const likely = (ownHits + ACCEPTANCE_WEIGHT * pooled.likely) / (own.length + ACCEPTANCE_WEIGHT);
      const by = (bound: number) => Math.min(1, (likely * bound) / pooled.likely);
      return { low: by(pooled.low), likely, high: by(pooled.high) };
    },
  };
}

/** Seeds that a cell will play: all of them, or as many as its target needs. */
function seedsOf({ demand }: PlannedCell, rate: Interval, isSampled: boolean): Interval {
  const { accepted, rolloutsMax } = demand;
  if (accepted === null) return exactly(rolloutsMax);
  const capped = (count: number) => Math.min(rolloutsMax, Math.max(accepted, count));
  if (!isSampled) return { low: accepted, likely: capped(accepted * SEEDS_PER_ACCEPTED), high: rolloutsMax };
  const needed = (share: number) => (share <= 0 ? rolloutsMax : capped(accepted / share));
  return { low: needed(rate.high), likely: needed(rate.likely), high: needed(rate.low) };
}

/** Lanes are full until the last rollouts run out; judging has lanes of its own and can be the slower of the two. */
function hoursOf(
  plan: Plan,
  { judgeMs }: Played,
  wall: Interval,
  remaining: readonly Interval[],
  draws: readonly Draws[],
): Interval {
  const { rollouts, evaluations } = plan.pipeline.concurrency;
  const left = plus(...remaining);
  if (left.likely <= 0) return NOTHING;
  const lanes = Math.max(1, Math.min(rollouts, left.likely));
  const one = wall.likely / left.likely;
  const tailMs = lanes > 1 ? one * Math.sqrt(pooledSpread(draws).logVariance) : 0;
  const judging = scaled(left, judgeMs / evaluations);
  const slower = (played: number, judged: number) => Math.max(played / lanes + tailMs, judged) / HOUR_MS;
  return {
    low: slower(wall.low, judging.low),
    likely: slower(wall.likely, judging.likely),
    high: slower(wall.high, judging.high),
  };
}

function perAccepted(
  plan: Plan,
  usd: Interval,
  seeds: readonly Interval[],
  acceptance: Acceptance,
  isSampled: boolean,
): Interval | null {
  if (!isSampled || acceptance.hits === 0) return null;
  let accepted = 0;
  let isTarget = true;
  for (const [index, { id, demand }] of plan.cells.entries()) {
    const kept = (seeds[index]?.likely ?? 0) * acceptance.of(id).likely;
    accepted += demand.accepted === null ? kept : Math.min(demand.accepted, kept);
    isTarget &&= demand.accepted !== null && kept >= demand.accepted;
  }
  if (accepted <= 0) return null;
  // With a target that is reached, what acceptance leaves open is how many are played, which the dollars hold already.
  const ofRate = isTarget ? 0 : logSdOf(acceptance.pooled) ** 2;
  const likely = usd.likely / accepted;
  // Both are the logarithm's standard deviation of a normal 95 % interval, so that they add in quadrature.
  return around(likely, Math.sqrt(logSdOf(usd) ** 2 + ofRate), Number.POSITIVE_INFINITY);
}

/** No rollout can pass its own limits. */
function bounded(
  interval: Interval,
  plan: Plan,
  limit: "costUsd" | "tokens",
  seeds: readonly Interval[],
): Interval {
  let most = 0;
  for (const [index, { cell }] of plan.cells.entries()) {
    const max = cell.limits[limit];
    if (max === null) return interval;
    most += max * (seeds[index]?.high ?? 0);
  }
  const high = Math.max(interval.low, Math.min(interval.high, most));
  return { low: interval.low, likely: Math.min(interval.likely, high), high };
}

/** Dollars for calls that left no step, as a factor on those that did. */
function lossFactor({ samples, spent, done }: Played): number {
  const kept = samples.reduce((total, { tokens }) => total + tokens, 0);
  return done.size === 0 || kept <= 0 ? 1 : Math.max(1, spent.tokens / kept);
}

function oneInterval(values: readonly number[], all: readonly Draws[]): Interval {
  const { logVariance, degrees } = pooledSpread(all);
  return around(mean(values), Math.sqrt(logVariance * (1 + 1 / values.length)), degrees);
}

function isFleet({ model }: PlannedCell): boolean {
  const price = priceOf(model);
  return price !== null && "gpus" in price;
}

function product(a: Interval, b: Interval): Interval {
  return { low: a.low * b.low, likely: a.likely * b.likely, high: a.high * b.high };
}

function exactly(value: number): Interval {
  return { low: value, likely: value, high: value };
}

function basisText(plan: Plan, played: Played, samples: ReadonlyMap<string, readonly Sample[]>): string {
  if (played.samples.length === 0)
    return `limits and prices, since nothing was played yet: ${ASSUMPTION_TEXT}`;
  const without = plan.cells.filter(({ id }) => !samples.has(id)).length;
  const gap = without === 0 ? "" : `; ${without} cells have none and take the mean of the others`;
  return (
    `${played.samples.length} rollouts in ${plan.cells.length - without} of ${plan.cells.length} cells${gap}; ` +
    "95 % intervals, lognormal, the spread pooled over cells; hours suppose that servers and this machine keep pace"
  );
}
