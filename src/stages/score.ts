// Score: pure. What the evaluations of record say of one finished rollout, in the task's own unit.
import { type Evaluation, evaluationKey, type SubmissionId } from "../core/evaluation.ts";
import type { Task } from "../core/task.ts";

export type Score =
  /** Mean over the judge's seeds, with its standard error (0 for one seed). */
  | {
      readonly kind: "scored";
      readonly mean: number;
      readonly standardError: number;
      readonly evaluations: readonly Evaluation[];
    }
  | { readonly kind: "invalid"; readonly reason: string; readonly evaluations: readonly Evaluation[] }
  /** Not all seeds have been judged. */
  | { readonly kind: "owed" }
  /** There is no submission to judge. */
  | { readonly kind: "none"; readonly reason: string };

/** The seeds of the score of record: 0 … count−1. The validation phase draws other instances from its own seeds. */
export function recordSeeds(count: number): readonly number[] {
  return Array.from({ length: count }, (_, seed) => seed);
}

/** The score of record of one submission under the task's present judge. */
export function scoreOf(
  task: Pick<Task, "judgeHash">,
  submission: SubmissionId | null,
  noneReason: string | null,
  seeds: readonly number[],
  known: ReadonlyMap<string, Evaluation>,
): Score {
  if (submission === null) return { kind: "none", reason: noneReason ?? "no submission" };
  const evaluations: Evaluation[] = [];
  for (const seed of seeds) {
    const key = evaluationKey({ submission, judgeHash: task.judgeHash, phase: "record", seed });
    const evaluation = known.get(key);
    if (evaluation === undefined) return { kind: "owed" };
    evaluations.push(evaluation);
  }
  // Decided by all seeds, never by the first that is there: so a resumed run buys what an undisturbed one does.
  const invalid = evaluations.find((evaluation) => evaluation.kind === "invalid");
  if (invalid?.kind === "invalid") return { kind: "invalid", reason: invalid.reason, evaluations: [invalid] };
  const scores = evaluations.flatMap((evaluation) =>
    evaluation.kind === "scored" ? [evaluation.score] : [],
  );
  return { kind: "scored", ...meanAndError(scores), evaluations };
}

/** The scores of all judge seeds; empty where it is not scored. */
export function scoresOf(score: Score): readonly number[] {
  if (score.kind !== "scored") return [];
  return score.evaluations.flatMap((evaluation) => (evaluation.kind === "scored" ? [evaluation.score] : []));
}

/** Mean and standard error of the mean (n − 1 in the variance); the error of a single score is 0. */
export function meanAndError(scores: readonly number[]): { mean: number; standardError: number } {
  const n = scores.length;
  const mean = scores.reduce((sum, score) => sum + score, 0) / n;
  if (n < 2) return { mean, standardError: 0 };
  const variance = scores.reduce((sum, score) => sum + (score - mean) ** 2, 0) / (n - 1);
  return { mean, standardError: Math.sqrt(variance / n) };
}
