// Evaluate: every score is bought once. A journaled evaluator answers from the ledger and judges only what is missing.
import { BoundaryError, errorText, StoreError } from "../core/errors.ts";
import {
  type Evaluation,
  type Evaluator,
  evaluationKey,
  type Phase,
  type SubmissionId,
} from "../core/evaluation.ts";
import { exhaustion } from "../core/exhausted.ts";
import type { Ledger, RolloutFacts } from "../core/ledger.ts";
import { isEpisodeEnd } from "../core/outcome.ts";
import type { RolloutState } from "../core/runState.ts";
import type { Clock, Log } from "../core/runtime.ts";
import type { Task } from "../core/task.ts";
import { type FinalVerdict, lastValidStandIn } from "./lastValid.ts";

/** How a lane runs a piece of work when there is room for it. */
export type RunWhenFree = <T>(work: () => Promise<T>) => Promise<T>;

/**
 * Wraps a judge so that no evaluation is made twice: known results come from `known` (the ledger's), a request for what is being judged
 * right now waits for it, and each seed's result is durable as soon as it is there.
 */
export function journaledEvaluator(
  judge: Evaluator,
  deps: { known: ReadonlyMap<string, Evaluation>; ledger: Ledger; clock: Clock; runWhenFree: RunWhenFree },
): Evaluator {
  const underWay = new Map<string, Promise<Evaluation>>();

  const judgeOne = async (
    task: Task,
    submission: SubmissionId,
    phase: Phase,
    seed: number,
    signal: AbortSignal,
  ): Promise<Evaluation> => {
    const [evaluation] = await deps.runWhenFree(() =>
      judge.evaluate(task, submission, phase, [seed], signal),
    );
    if (evaluation === undefined) throw new RangeError(`the judge returned no evaluation for seed ${seed}`);
    await deps.ledger.append({ kind: "evaluation-ended", atMs: deps.clock.now(), evaluation });
    return evaluation;
  };

  return {
    evaluate(task, submission, phase, seeds, signal) {
      const results = seeds.map((seed) => {
        const key = evaluationKey({ submission, judgeHash: task.judgeHash, phase, seed });
        const known = deps.known.get(key);
        if (known !== undefined) return known;
        const asked = underWay.get(key);
        if (asked !== undefined) return asked;
        const one = judgeOne(task, submission, phase, seed, signal);
        underWay.set(key, one);
        one.catch(() => {}).finally(() => underWay.delete(key));
        return one;
      });
      return allSettled(results);
    },
  };
}

/** All results, or the first failure once none is under way any more: nothing goes on behind a caller that was told. */
async function allSettled<T>(results: readonly (T | Promise<T>)[]): Promise<readonly T[]> {
  const settled = await Promise.allSettled(results);
  return settled.map((result) => {
    if (result.status === "rejected") throw result.reason;
    return result.value;
  });
}

/** What an ended rollout's scores of record are made with. */
export interface RecordDeps {
  readonly judge: Evaluator;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Evaluations of record for the submissions of a rollout that came to its own end; with `lastValid` also for the last valid one,
 * where the final one turns out to be none. A judge that fails leaves them owed, and is written down.
 */
export async function judgeForRecord(
  task: Task,
  rollout: Pick<RolloutState, "key" | "outcome" | "facts">,
  { seeds, lastValid, everyValidated }: RecordRules,
  deps: RecordDeps,
  signal: AbortSignal,
): Promise<void> {
  const { key, outcome, facts } = rollout;
  if (outcome === null || facts === null || !isEpisodeEnd(outcome)) return;
  const judged = (submission: SubmissionId) => judgeSubmission(task, submission, key, seeds, deps, signal);
  let final: FinalVerdict = facts.finalSubmission === null ? "none" : "owed";
  for (const submission of submissionsOfRecord(facts)) {
    const verdict = await judged(submission);
    if (submission === facts.finalSubmission) final = verdict;
  }
  const standIn = lastValidStandIn(lastValid, { outcome, facts }, final);
  if (standIn !== null) await judged(standIn);
  for (const submission of everyValidated ? otherValidated(facts) : []) await judged(submission);
}

/** The submissions that validated, but for the final one and the one that validated best. */
export function otherValidated(
  facts: Pick<RolloutFacts, "validated" | "finalSubmission" | "bestValidated">,
): readonly SubmissionId[] {
  const judged = submissionsOfRecord(facts);
  return (facts.validated ?? []).filter((id) => !judged.includes(id));
}

/** What is judged for the record. */
export interface RecordRules {
  /** Judge seeds. */
  readonly seeds: readonly number[];
  /** Whether the last valid submission may stand in for a final one that cannot be scored. */
  readonly lastValid: boolean;
  /** Whether every submission that validated is judged, too. */
  readonly everyValidated: boolean;
}

async function judgeSubmission(
  task: Task,
  submission: SubmissionId,
  rolloutKey: string,
  seeds: readonly number[],
  { judge, ledger, clock, log }: RecordDeps,
  signal: AbortSignal,
): Promise<FinalVerdict> {
  try {
    const evaluations = await judge.evaluate(task, submission, "record", seeds, signal);
    return evaluations.some(({ kind }) => kind === "invalid") ? "invalid" : "scored";
  } catch (caught) {
    const exhausted = exhaustion(caught);
    if (exhausted !== null) throw exhausted;
    // A submission that cannot be read any more is owed its verdict; the others are judged.
    const isOne = caught instanceof BoundaryError || (caught instanceof StoreError && caught.isLocal);
    if (!isOne || signal.aborted) throw caught;
    const error = errorText(caught);
    log.warn("evaluation-failed", { rollout: rolloutKey, submission, reason: error });
    const key = evaluationKey({
      submission,
      judgeHash: task.judgeHash,
      phase: "record",
      seed: seeds[0] ?? 0,
    });
    await ledger.append({ kind: "evaluation-failed", atMs: clock.now(), key, rolloutKey, error });
    return "owed";
  }
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
