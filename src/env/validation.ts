// The validations of one episode: asks the evaluator about submissions, counts what was scored, and words the answer.
import type { Validation } from "../core/env.ts";
import { BoundaryError } from "../core/errors.ts";
import type { Evaluation, Evaluator, SubmissionId } from "../core/evaluation.ts";
import { signedScore, type Task } from "../core/task.ts";
import { capText } from "./capText.ts";
import type { Submission } from "./submission.ts";

/** A judge's reason may quote what the agent's code printed. */
const REASON_BYTES_MAX = 2_000;

export interface ValidationDesk {
  /**
   * Answers about a submission, as it was collected. A scored one uses up a validation; one that is invalid, or that
   * was asked about before, does not.
   */
  ask(submission: Submission, signal: AbortSignal): Promise<{ validation: Validation; text: string }>;
  /** Remembers an answer that an earlier process gave, as if it had been given here. */
  recall(validation: Validation): void;
}

/** `seeds` are the validation seeds over which a score is the mean; `most` bounds how often something is scored. */
export function validationDesk(of: {
  readonly task: Task;
  readonly evaluator: Evaluator;
  readonly seeds: readonly number[];
  readonly most: number;
}): ValidationDesk {
  const answers = new Map<SubmissionId, Answer>();
  let used = 0;

  const answerFor = async (id: SubmissionId, signal: AbortSignal) => {
    const answer = asAnswer(await of.evaluator.evaluate(of.task, id, "validation", of.seeds, signal));
    if (answer.score !== null) used += 1;
    answers.set(id, answer);
    return answer;
  };

  return {
    recall({ submission, score, reason, evaluationKeys }) {
      // What was not scored has used nothing up, and neither has a repetition.
      if (submission === null || evaluationKeys.length === 0 || answers.has(submission)) return;
      if (score !== null) used += 1;
      answers.set(submission, { score, reason, evaluationKeys });
    },
    async ask(submission, signal) {
      const left = () => of.most - used;
      if ("reason" in submission) {
        const { reason } = submission;
        const validation = { submission: null, score: null, reason, evaluationKeys: [], remaining: left() };
        return { validation, text: invalidText(reason, left(), of.most) };
      }
      const known = answers.get(submission.id);
      if (known === undefined && left() <= 0) {
        const reason = "no validations are left";
        const validation = {
          submission: submission.id,
          score: null,
          reason,
          evaluationKeys: [],
          remaining: 0,
        };
        return {
          validation,
          text: `Not scored: no validation is left (${used} of ${of.most} used). You can still \`submit\`.`,
        };
      }
      const { score, reason, evaluationKeys } = known ?? (await answerFor(submission.id, signal));
      const validation = { submission: submission.id, score, reason, evaluationKeys, remaining: left() };
      if (score === null) return { validation, text: invalidText(reason ?? "", left(), of.most) };
      const repeated =
        known === undefined ? [] : ["The submission is the same as before; this used up no validation."];
      return {
        validation,
        text: [scoreText(of.task, score), ...repeated, leftText(left(), of.most)].join("\n"),
      };
    },
  };
}

type Answer = Pick<Validation, "score" | "reason" | "evaluationKeys">;

function asAnswer(evaluations: readonly Evaluation[]): Answer {
  if (evaluations.length === 0)
    throw new BoundaryError("judge", "the evaluator gave no verdict for any seed");
  const evaluationKeys = evaluations.map(({ key }) => key);
  const scores: number[] = [];
  for (const evaluation of evaluations) {
    if (evaluation.kind === "invalid") {
      return { score: null, reason: capText(evaluation.reason, REASON_BYTES_MAX), evaluationKeys };
    }
    scores.push(evaluation.score);
  }
  return {
    score: scores.reduce((sum, score) => sum + score, 0) / scores.length,
    reason: null,
    evaluationKeys,
  };
}

function scoreText({ definition }: Task, score: number): string {
  const { metric, anchors } = definition;
  const better = metric.direction === "maximize" ? "higher" : "lower";
  const gain = signedScore(definition, score) - signedScore(definition, anchors.starter);
  const verdict =
    gain === 0
      ? "The same as the baseline."
      : `${gain > 0 ? "Better" : "Worse"} than the baseline by ${numberText(Math.abs(gain))}.`;
  return [
    "The submission is valid.",
    `Score (${metric.name}, ${better} is better): ${numberText(score)}`,
    `Baseline (the starter files): ${numberText(anchors.starter)}`,
    verdict,
  ].join("\n");
}

function invalidText(reason: string, left: number, most: number): string {
  return `The submission is not valid: ${reason}\nThis used up no validation.\n${leftText(left, most)}`;
}

function leftText(left: number, most: number): string {
  return `Validations left: ${left} of ${most}.`;
}

function numberText(value: number): string {
  return String(Number(value.toPrecision(6)));
}
