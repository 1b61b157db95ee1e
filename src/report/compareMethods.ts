// Two methods on the same tasks, paired: tasks are drawn once for both, so that hard ones weigh on neither side alone.
import type { Attempt, MeasuredTask } from "./attempts.ts";
import { type Interval, type Resample, replicates, spreadOf } from "./bootstrap.ts";
import { type Comparable, ratioOf } from "./comparableTasks.ts";
import { passOf } from "./methodFigures.ts";
import { areaUnderProfile } from "./performanceProfile.ts";
import type { Variant } from "./poolFile.ts";
import type { Measured } from "./readMeasured.ts";

/** One figure of both methods. */
export interface PairedFigure {
  readonly figure: string;
  readonly from: number;
  readonly to: number;
  /** to − from, over tasks, then attempts; null where too few resamples have the figure. */
  readonly difference: { readonly value: number; readonly interval: Interval | null };
  /** Share of the resamples in which `to` is ahead, ties counted half. */
  readonly aheadShare: number | null;
}

export interface Comparison {
  readonly from: string;
  readonly to: string;
  /** Tasks that both have attempts at. */
  readonly tasks: readonly string[];
  readonly figures: readonly PairedFigure[];
}

/** A task with both methods' attempts. */
interface Pair {
  readonly task: MeasuredTask;
  readonly from: readonly Attempt[];
  readonly to: readonly Attempt[];
}

/** A figure of one side over some tasks; null where it has none. */
type Figure = (
  pairs: readonly { readonly task: MeasuredTask; readonly attempts: readonly Attempt[] }[],
) => number | null;

/** Every method against the first. */
export function compareWithFirst(
  tasks: readonly MeasuredTask[],
  methods: readonly Measured[],
  comparable: Comparable | null,
): readonly Comparison[] {
  const [first, ...others] = methods;
  if (first === undefined) return [];
  return others.map((other) => comparePair(tasks, first, other, comparable));
}

function comparePair(
  tasks: readonly MeasuredTask[],
  from: Measured,
  to: Measured,
  comparable: Comparable | null,
): Comparison {
  const pairsOf = (among: readonly MeasuredTask[]) =>
    among.flatMap((task): Pair[] => {
      const pair = { task, from: from.attempts.get(task.id) ?? [], to: to.attempts.get(task.id) ?? [] };
      return pair.from.length === 0 || pair.to.length === 0 ? [] : [pair];
    });
  const pairs = pairsOf(tasks);
  const rewarded = pairs.filter(({ from, to }) => meanReward(from) !== null && meanReward(to) !== null);
  const onPool = pairsOf(comparable?.compared.map(({ task }) => task) ?? []);
  const figures = [
    pairedFigure(
      "pass@1",
      pairs,
      meanOver(({ task }, attempts) => passOf(task, attempts, "last", 1)),
    ),
    pairedFigure(
      "share scored",
      pairs,
      meanOver((_, attempts) => attempts.filter(({ last }) => last !== null).length / attempts.length),
    ),
    pairedFigure(
      "anchored@1, where scored",
      rewarded,
      meanOver((_, attempts) => meanReward(attempts)),
    ),
    ...(["best", "last"] as const).map((variant) =>
      pairedFigure(`AUP, ${variant}`, onPool, areaOf(comparable, variant)),
    ),
  ];
  return {
    from: from.name,
    to: to.name,
    tasks: pairs.map(({ task }) => task.id),
    figures: figures.filter((figure) => figure !== null),
  };
}

function pairedFigure(name: string, pairs: readonly Pair[], figure: Figure): PairedFigure | null {
  const side = (drawn: readonly Pair[], of: "from" | "to", resample: Resample | null) =>
    figure(
      drawn.map((pair) => ({
        task: pair.task,
        attempts: resample === null ? pair[of] : resample.attempts(pair[of]),
      })),
    );
  const from = side(pairs, "from", null);
  const to = side(pairs, "to", null);
  if (pairs.length === 0 || from === null || to === null) return null;
  const differences = replicates(pairs.length, (resample) => {
    const drawn = resample.tasks.flatMap((at) => pairs[at] ?? []);
    const [a, b] = [side(drawn, "from", resample), side(drawn, "to", resample)];
    return a === null || b === null ? null : b - a;
  }).filter((difference) => difference !== null);
  const ahead = differences.reduce((sum, difference) => sum + (Math.sign(difference) + 1) / 2, 0);
  return {
    figure: name,
    from,
    to,
    difference: { value: to - from, interval: spreadOf(differences) },
    aheadShare: differences.length === 0 ? null : ahead / differences.length,
  };
}

/** The mean over those tasks that have the figure. */
function meanOver(
  of: (on: { readonly task: MeasuredTask }, attempts: readonly Attempt[]) => number | null,
): Figure {
  return (sides) => {
    const values = sides.flatMap((side) => of(side, side.attempts) ?? []);
    return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
  };
}

function meanReward(attempts: readonly Attempt[]): number | null {
  const rewards = attempts.flatMap(({ reward }) => reward ?? []);
  return rewards.length === 0 ? null : rewards.reduce((sum, reward) => sum + reward, 0) / rewards.length;
}

function areaOf(comparable: Comparable | null, variant: Variant): Figure {
  return (sides) => {
    if (comparable === null || comparable.tauMax === null) return null;
    const ratios = sides.flatMap(({ task, attempts }) => {
      const compared = comparable.compared.find((one) => one.task.id === task.id);
      return compared === undefined ? [] : [ratioOf(compared, attempts, variant)];
    });
    return areaUnderProfile(ratios, comparable.tauMax);
  };
}
