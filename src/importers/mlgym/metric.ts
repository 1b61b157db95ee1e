// Which of a task's numbers counts, and which way is better. MLGym's configurations do not say; its own tables do, for the tasks they have.
import type { TaskDefinition } from "../../core/task.ts";
import { mlgymMetric } from "../mlgymMetrics.ts";

/** A metric's name as the evaluation script prints it, and its direction. */
export interface Metric {
  readonly name: string;
  readonly direction: TaskDefinition["metric"]["direction"];
  /** False where name and direction are guessed. */
  readonly isKnown: boolean;
}

const SMALLER_IS_BETTER = /loss|error|time|rmse|mse|mae|perplexity|regret|cost/i;

/** The metric that counts; null where the configuration has no score of a baseline to take a name from. */
export function metricOf(id: string, baseline: Readonly<Record<string, number>> | undefined): Metric | null {
  const known = mlgymMetric(id);
  if (known !== null)
    return { name: known.name, direction: known.higherIsBetter ? "maximize" : "minimize", isKnown: true };
  const [name] = Object.keys(baseline ?? {});
  if (name === undefined) return null;
  return { name, direction: SMALLER_IS_BETTER.test(name) ? "minimize" : "maximize", isKnown: false };
}
