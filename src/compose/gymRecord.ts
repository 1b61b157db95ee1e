// The score of record of an episode of the Gym, as a pipeline would give it: of what was handed in, or of the last valid submission where the
// task lets that stand in.
import type { Evaluation, SubmissionId } from "../core/evaluation.ts";
import { evaluationKey } from "../core/evaluation.ts";
import type { Outcome } from "../core/outcome.ts";
import { beatsStarter } from "../rewards/improvement.ts";
import { everyReward } from "../rewards/rewardsOf.ts";
import { lastValidStandIn } from "../stages/lastValid.ts";
import { recordSeeds, type Score, scoreOf, scoresOf } from "../stages/score.ts";
import type { Ground } from "./ground.ts";
import type { GymScore } from "./gymContract.ts";

/** How an episode ended, and what it left. */
export interface Ended {
  readonly outcome: Outcome;
  readonly submission: SubmissionId | null;
  readonly submissionReason: string | null;
}

/** A judge of one episode: what it has judged with a seed is not judged with it again. */
export function recordJudge({ task, evaluator }: Pick<Ground, "task" | "evaluator">) {
  const { definition } = task;
  const judged = new Map<string, Evaluation>();

  const scored = async (
    submission: SubmissionId | null,
    reason: string | null,
    seeds: readonly number[],
    signal: AbortSignal,
  ): Promise<Score> => {
    if (submission !== null) {
      const of = { submission, judgeHash: task.judgeHash, phase: "record" } as const;
      const owed = seeds.filter((seed) => !judged.has(evaluationKey({ ...of, seed })));
      const fresh =
        owed.length === 0 ? [] : await evaluator.evaluate(task, submission, "record", owed, signal);
      for (const evaluation of fresh) judged.set(evaluation.key, evaluation);
    }
    return scoreOf(task, submission, reason, seeds, judged);
  };

  return async (
    { outcome, submission, submissionReason }: Ended,
    lastValidated: { readonly submission: SubmissionId; readonly score: number } | null,
    seedCount: number,
    signal: AbortSignal,
  ): Promise<GymScore> => {
    const seeds = recordSeeds(seedCount);
    const score = await scored(submission, submissionReason, seeds, signal);
    const facts = { finalSubmission: submission, lastValidated };
    const standIn = lastValidStandIn(definition.lastValid ?? false, { outcome, facts }, score.kind);
    const lastValid = standIn === null ? null : await scored(standIn, null, seeds, signal);
    const scores = scoresOf(lastValid?.kind === "scored" ? lastValid : score);
    return {
      outcome,
      submission,
      score,
      lastValid,
      rewards: everyReward(definition, scores),
      success: beatsStarter(definition, scores),
    };
  };
}
