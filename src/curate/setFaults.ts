// What a rollout is dropped for beside others: spread of its group, pass rate of its task, better ones, and caps. It knows a few facts of each.
import { seedOf } from "../core/hash.ts";
import type { Fault } from "./contentFault.ts";
import type { CurateRules } from "./rules.ts";

/** What is kept of a rollout until all are read. */
export interface RolloutFacts {
  readonly id: string;
  readonly task: string;
  readonly family: string;
  readonly model: string;
  readonly group: string;
  readonly reward: number | null;
  /** Null: not scored. */
  readonly success: boolean | null;
  /** Whether everything before kept it. */
  readonly kept: boolean;
}

/** Faults by rollout id. `rollouts` are all, dropped ones too: a group and a pass rate are of all that were scored. */
export function setFaults(rollouts: readonly RolloutFacts[], rules: CurateRules): ReadonlyMap<string, Fault> {
  const faults = new Map<string, Fault>();
  const left = () => rollouts.filter(({ id, kept }) => kept && !faults.has(id));
  spread(rollouts, left(), rules.groupSpreadMin, faults);
  passRates(rollouts, left(), rules.passRate, faults);
  bestOfGroup(left(), rules.bestOfGroup, faults);
  cap(left(), rules.capTask, "capTask", ({ task }) => task, faults);
  cap(left(), rules.capFamily, "capFamily", ({ family }) => family, faults);
  cap(left(), rules.capModel, "capModel", ({ model }) => model, faults);
  return faults;
}

type Faults = Map<string, Fault>;

function spread(
  all: readonly RolloutFacts[],
  left: readonly RolloutFacts[],
  min: number | null,
  to: Faults,
): void {
  if (min === null) return;
  const groups = Map.groupBy(all, ({ group }) => group);
  for (const { id, group } of left) {
    const rewards = (groups.get(group) ?? []).flatMap(({ reward }) => (reward === null ? [] : [reward]));
    const deviation = deviationOf(rewards);
    if (deviation === null)
      to.set(id, { reason: "groupVariance", detail: `${rewards.length} rewards in its group` });
    else if (deviation < min)
      to.set(id, { reason: "groupVariance", detail: `standard deviation ${deviation.toPrecision(4)}` });
  }
}

/** Of the sample; null for fewer than two. */
function deviationOf(values: readonly number[]): number | null {
  if (values.length < 2) return null;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
}

function passRates(
  all: readonly RolloutFacts[],
  left: readonly RolloutFacts[],
  band: CurateRules["passRate"],
  to: Faults,
): void {
  if (band === null) return;
  const tasks = Map.groupBy(
    all.filter(({ success }) => success !== null),
    ({ task }) => task,
  );
  for (const { id, task } of left) {
    const scored = tasks.get(task) ?? [];
    if (scored.length === 0) continue;
    const rate = scored.filter(({ success }) => success === true).length / scored.length;
    if (rate < band.min || rate > band.max) {
      to.set(id, { reason: "passRate", detail: `${rate.toPrecision(3)} of ${scored.length} scored` });
    }
  }
}

/** The greatest rewards; what has none comes last, and of equals the least id first. */
function bestOfGroup(left: readonly RolloutFacts[], count: number | null, to: Faults): void {
  if (count === null) return;
  for (const group of Map.groupBy(left, (facts) => facts.group).values()) {
    const ranked = group.toSorted(
      (a, b) => (b.reward ?? -Infinity) - (a.reward ?? -Infinity) || (a.id < b.id ? -1 : 1),
    );
    for (const [rank, { id }] of ranked.entries()) {
      if (rank >= count) to.set(id, { reason: "notBest", detail: `rank ${rank + 1} of ${ranked.length}` });
    }
  }
}

/** Who stays is drawn by a hash of the id, which favours nobody and is the same each time. */
function cap(
  left: readonly RolloutFacts[],
  max: number | null,
  reason: Fault["reason"],
  of: (facts: RolloutFacts) => string,
  to: Faults,
): void {
  if (max === null) return;
  for (const [name, rows] of Map.groupBy(left, of)) {
    const drawn = rows
      .map(({ id }) => ({ id, order: seedOf("curate", id) }))
      .sort((a, b) => a.order - b.order || (a.id < b.id ? -1 : 1));
    for (const { id } of drawn.slice(max)) to.set(id, { reason, detail: `${rows.length} of ${name}` });
  }
}
