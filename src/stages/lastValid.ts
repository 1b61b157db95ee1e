// Whether an earlier submission stands in for the final one: the last that `validate` found valid, where the final one is absent
// or was refused. It is told apart everywhere: the score of the final submission is never its.
import type { SubmissionId } from "../core/evaluation.ts";
import type { RolloutFacts } from "../core/ledger.ts";
import type { Outcome } from "../core/outcome.ts";

/** What came of the final submission, as far as it matters here. */
export type FinalVerdict = "scored" | "invalid" | "none" | "owed";

/**
 * The submission that is judged in place of the final one; null where there is none or none is needed. An agent that gave up
 * wants nothing judged. `allowed` is the pipeline's word, or else the task's.
 */
export function lastValidStandIn(
  allowed: boolean,
  rollout: {
    readonly outcome: Outcome;
    readonly facts: Pick<RolloutFacts, "finalSubmission" | "lastValidated">;
  },
  final: FinalVerdict,
): SubmissionId | null {
  const { outcome, facts } = rollout;
  if (!allowed || outcome.kind === "forfeit" || final === "scored" || final === "owed") return null;
  const last = facts.lastValidated?.submission ?? null;
  return last === facts.finalSubmission ? null : last;
}
