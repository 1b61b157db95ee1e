// The tasks table of an import: what the trajectories together say of each task, which is little.
import type { TaskPlace } from "../../dataset/buildDataset.ts";
import type { TaskRow, TrajectoryRow } from "../../dataset/schema.ts";
import { mlgymTaskId } from "./trajRows.ts";

/** Where the rows of tasks with these ids of MLGym's stand, in the order of their rows. */
export function taskPlaces(taskIds: Iterable<string>): readonly TaskPlace[] {
  const ids = [...new Set(taskIds)].map(mlgymTaskId).sort();
  return ids.map((id) => ({ task_id: id, family: id, use: "benchmark", split: "benchmark" }));
}

export interface TrajTasks {
  add(row: TrajectoryRow): void;
  /** A row for each place that a trajectory was added of. */
  rows(places: readonly TaskPlace[]): readonly TaskRow[];
}

/** Memory grows with tasks, not with trajectories. */
export function trajTasks(): TrajTasks {
  const told = new Map<string, Agreed>();
  return {
    add: (row) => {
      const agreed = told.get(row.task_id) ?? newAgreed();
      told.set(row.task_id, agreed);
      agreed.metric.add(row.score_metric);
      agreed.higherIsBetter.add(row.score_higher_is_better);
      agreed.baseline.add(row.score_baseline);
    },
    rows: (places) =>
      places.flatMap((place) => {
        const agreed = told.get(place.task_id);
        return agreed === undefined ? [] : [taskRow(place, agreed)];
      }),
  };
}

interface Agreed {
  readonly metric: Set<string | null>;
  readonly higherIsBetter: Set<boolean | null>;
  readonly baseline: Set<number | null>;
}

function newAgreed(): Agreed {
  return { metric: new Set(), higherIsBetter: new Set(), baseline: new Set() };
}

/** The one value that all trajectories which tell any tell; null where they differ. */
function only<Value>(values: ReadonlySet<Value | null>): Value | null {
  const [first, ...others] = [...values].filter((value) => value !== null);
  return others.length === 0 ? (first ?? null) : null;
}

function taskRow(place: TaskPlace, agreed: Agreed): TaskRow {
  const baseline = only(agreed.baseline);
  return {
    ...place,
    task_version: null,
    play_hash: null,
    judge_hash: null,
    title: place.task_id,
    domain: null,
    tags: ["mlgym"],
    description: null,
    metric: only(agreed.metric),
    metric_unit: null,
    higher_is_better: only(agreed.higherIsBetter),
    baseline_score: baseline,
    anchors: { starter: baseline },
    sigma: null,
    reward_mapping: null,
    license: "CC-BY-NC-4.0",
    source: place.task_id,
    definition: null,
  };
}
