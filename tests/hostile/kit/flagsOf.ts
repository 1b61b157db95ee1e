// The signals of a played attack, as they stand on its row.
import type { Evaluation } from "../../../src/core/evaluation.ts";
import type { Signal } from "../../../src/core/signal.ts";
import type { Task } from "../../../src/core/task.ts";
import type { Trajectory } from "../../../src/core/trajectory.ts";
import { inspect } from "../../../src/stages/inspect.ts";
import type { Score } from "../../../src/stages/score.ts";

/** Signals by the record and the evaluations of the final submission; none of those where there was none. */
export function flagsOf(
  trajectory: Trajectory,
  task: Task,
  evaluations: readonly Evaluation[],
): readonly Signal[] {
  const none: Score = { kind: "none", reason: "not judged" };
  return inspect(trajectory, task, { final: scoreOfAll(evaluations), best: none, lastValid: null }, null);
}

function scoreOfAll(evaluations: readonly Evaluation[]): Score {
  const invalid = evaluations.find(({ kind }) => kind === "invalid");
  if (invalid?.kind === "invalid") return { kind: "invalid", reason: invalid.reason, evaluations };
  const scores = evaluations.flatMap((one) => (one.kind === "scored" ? [one.score] : []));
  if (scores.length === 0) return { kind: "none", reason: "nothing was handed in" };
  const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
  return { kind: "scored", mean, standardError: 0, evaluations };
}
