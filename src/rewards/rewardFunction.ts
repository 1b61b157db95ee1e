// What a reward function is: a pure, named, versioned map from a task and the scores of record to what training sees.
import type { TaskDefinition } from "../core/task.ts";

/** What a reward function may know of a task. */
export type RewardTask = Pick<TaskDefinition, "metric" | "anchors" | "sigma">;

/** Null: no reward can be stated, which is not 0. `scores` are those of one submission, one a judge seed; empty: not scored. */
export type RewardFunction = (task: RewardTask, scores: readonly number[]) => number | null;
