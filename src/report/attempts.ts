// What is measured: attempts of a method at a task, each with the score it ended with and the best it ever had.
import { signedScore, type TaskDefinition } from "../core/task.ts";
import type { Variant } from "./poolFile.ts";

/** One rollout that came to its own end. Scores are means over the judge's seeds; null: nothing valid was handed in. */
export interface Attempt {
  /** Of the final submission; where it has none and the run allows it, of the last that was valid. */
  readonly last: number | null;
  /** The best of all its submissions that were judged for the record. */
  readonly best: number | null;
  /** anchored@1 of the final submission: one scale for all tasks. */
  readonly reward: number | null;
}

export type Direction = TaskDefinition["metric"]["direction"];
export type MeasuredTask = TaskDefinition & { readonly id: string };

/** How much better than the baseline a success is, in standard deviations of one evaluation. */
export const SUCCESS_SIGMAS = 2;

/**
 * A success: better than the starter files' score by two standard deviations σ of one evaluation (the task's `sigma`), in the metric's
 * direction; where the judge is deterministic (σ = 0), better at all. An attempt without a score is none.
 */
export function isSuccess(
  task: Pick<TaskDefinition, "metric" | "anchors" | "sigma">,
  score: number | null,
): boolean {
  if (score === null) return false;
  const gain = signedScore(task, score) - signedScore(task, task.anchors.starter);
  return gain > 0 && gain >= SUCCESS_SIGMAS * task.sigma;
}

/** Attempt@k for k attempts: the best of their last, or of their best scores; null where none is scored. */
export function bestOf(attempts: readonly Attempt[], variant: Variant, direction: Direction): number | null {
  return bestScore(
    attempts.map((attempt) => attempt[variant]),
    direction,
  );
}

/** The best of some scores; null where there is none. */
export function bestScore(scores: readonly (number | null)[], direction: Direction): number | null {
  const known = scores.filter((score) => score !== null);
  if (known.length === 0) return null;
  return direction === "maximize" ? Math.max(...known) : Math.min(...known);
}
