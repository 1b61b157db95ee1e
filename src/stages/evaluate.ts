// Evaluate: every score is bought once. A journaled evaluator answers from the ledger and judges only what is missing.
import {
  type Evaluation,
  type Evaluator,
  evaluationKey,
  type Phase,
  type SubmissionId,
} from "../core/evaluation.ts";
import type { Ledger } from "../core/ledger.ts";
import type { Clock } from "../core/runtime.ts";
import type { Task } from "../core/task.ts";

/** How a lane runs a piece of work when there is room for it. */
export type RunWhenFree = <T>(work: () => Promise<T>) => Promise<T>;

/**
 * Wraps a judge so that no evaluation is made twice: known results come from `known` (the ledger's), a request for what is being judged
 * right now waits for it, and each new result is durable before anyone sees it.
 */
export function journaledEvaluator(
  judge: Evaluator,
  deps: { known: ReadonlyMap<string, Evaluation>; ledger: Ledger; clock: Clock; runWhenFree: RunWhenFree },
): Evaluator {
  const underWay = new Map<string, Promise<Evaluation>>();

  const judgeMissing = async (
    task: Task,
    submission: SubmissionId,
    phase: Phase,
    seeds: readonly number[],
    signal: AbortSignal,
  ): Promise<readonly Evaluation[]> => {
    const fresh = await deps.runWhenFree(() => judge.evaluate(task, submission, phase, seeds, signal));
    for (const evaluation of fresh) {
      await deps.ledger.append({ kind: "evaluation-ended", atMs: deps.clock.now(), evaluation });
    }
    return fresh;
  };

  return {
    async evaluate(task, submission, phase, seeds, signal) {
      const keyOf = (seed: number) => evaluationKey({ submission, judgeHash: task.judgeHash, phase, seed });
      const missing = seeds.filter((seed) => !deps.known.has(keyOf(seed)) && !underWay.has(keyOf(seed)));
      if (missing.length > 0) {
        const batch = judgeMissing(task, submission, phase, missing, signal);
        for (const [position, seed] of missing.entries()) {
          const one = batch.then((evaluations) => {
            const evaluation = evaluations[position];
            if (evaluation === undefined)
              throw new RangeError(`the judge returned no evaluation for seed ${seed}`);
            return evaluation;
          });
          underWay.set(keyOf(seed), one);
          one.catch(() => {}).finally(() => underWay.delete(keyOf(seed)));
        }
      }
      return Promise.all(
        seeds.map(async (seed) => {
          const result = deps.known.get(keyOf(seed)) ?? (await underWay.get(keyOf(seed)));
          if (result === undefined) throw new RangeError(`no evaluation for seed ${seed}`);
          return result;
        }),
      );
    },
  };
}

/** The submissions of a finished rollout that are judged for the record: the final one, and the one best by validation. */
export function submissionsOfRecord(facts: {
  finalSubmission: SubmissionId | null;
  bestValidated: { submission: SubmissionId } | null;
}): readonly SubmissionId[] {
  return [...new Set([facts.finalSubmission, facts.bestValidated?.submission ?? null])].filter(
    (id) => id !== null,
  );
}
