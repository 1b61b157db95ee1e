// What the evaluations of one submission say together: scored only if every seed was, else why not.
import type { Evaluation } from "../core/evaluation.ts";

export type RecordScore =
  | { readonly status: "scored"; readonly mean: number; readonly count: number }
  | { readonly status: "invalid"; readonly reason: string }
  | { readonly status: "none" };

/** A submission that fails with one seed is not partly good: one invalid evaluation makes the whole invalid. */
export function recordScore(evaluations: readonly Evaluation[]): RecordScore {
  const invalid = evaluations.find((evaluation) => evaluation.kind === "invalid");
  if (invalid !== undefined) return { status: "invalid", reason: invalid.reason };
  const scores = evaluations.flatMap((evaluation) =>
    evaluation.kind === "scored" ? [evaluation.score] : [],
  );
  if (scores.length === 0) return { status: "none" };
  return {
    status: "scored",
    mean: scores.reduce((sum, score) => sum + score, 0) / scores.length,
    count: scores.length,
  };
}
