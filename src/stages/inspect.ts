// Inspect: pure. The integrity signals of one finished rollout from its stored record and its scores; nothing is played, called or judged
// again for them.
import type { Evaluation } from "../core/evaluation.ts";
import type { Signal } from "../core/signal.ts";
import type { Task } from "../core/task.ts";
import type { Trajectory } from "../core/trajectory.ts";
import { factsOfTask } from "../integrity/factsOfTask.ts";
import type { InspectedScore } from "../integrity/inspected.ts";
import { inspectTrajectory } from "../integrity/inspectTrajectory.ts";
import { signalsOf } from "../integrity/signalsOf.ts";
import { type Score, scoresOf } from "./score.ts";

/** The scores of record that signals are drawn from. */
export interface InspectedScores {
  readonly final: Score;
  readonly best: Score;
  /** Null where it does not stand in for the final one. */
  readonly lastValid: Score | null;
}

/** Every signal of a rollout. `copyOf` is the key of the rollout that first handed in the very same; null where there is none. */
export function inspect(
  trajectory: Trajectory,
  task: Task,
  { final, best, lastValid }: InspectedScores,
  copyOf: string | null,
): readonly Signal[] {
  const judged = lastValid?.kind === "scored" ? lastValid : final;
  const record = inspectTrajectory(trajectory, {
    score: inspectedScore(judged),
    bestScore: inspectedScore(best),
  });
  return signalsOf(record, { ...factsOfTask(task), copyOf });
}

function inspectedScore(score: Score): InspectedScore | null {
  if (score.kind !== "scored") return null;
  const submission = score.evaluations[0]?.submission ?? null;
  return { submission, mean: score.mean, count: scoresOf(score).length, metrics: largest(score.evaluations) };
}

/** The largest of each of the judge's further numbers. */
function largest(evaluations: readonly Evaluation[]): Readonly<Record<string, number>> {
  const most = new Map<string, number>();
  for (const evaluation of evaluations) {
    if (evaluation.kind !== "scored") continue;
    for (const [name, value] of Object.entries(evaluation.metrics)) {
      most.set(name, Math.max(value, most.get(name) ?? value));
    }
  }
  return Object.fromEntries(most);
}
