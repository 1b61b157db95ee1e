// Verdicts over a run's state: pure, from the ledger's facts alone, so that status, admission and the dataset agree.
import { isEpisodeEnd } from "../core/outcome.ts";
import type { RolloutState, RunState } from "../core/runState.ts";
import type { Verdict } from "../core/verdict.ts";
import { verdictOf } from "../stages/filter.ts";
import { recordSeeds, type Score, scoreOf } from "../stages/score.ts";
import { markSurplus } from "../stages/select.ts";
import type { Pipeline } from "./pipelineFile.ts";
import type { Plan, PlannedCell } from "./plan.ts";

/** The score of record of an ended rollout's final submission, or of the one best by validation. */
export function recordScore(
  pipeline: Pipeline,
  planned: PlannedCell,
  rollout: RolloutState,
  state: RunState,
  which: "final" | "best" = "final",
): Score {
  const { facts } = rollout;
  if (facts === null) return { kind: "owed" };
  const submission = which === "final" ? facts.finalSubmission : (facts.bestValidated?.submission ?? null);
  const seeds = recordSeeds(pipeline.stages.evaluate.seeds);
  return scoreOf(planned.task, submission, facts.finalReason, seeds, state.evaluations);
}

/** The filter's verdict on one rollout; null while it is owed, and for ever if infrastructure failed it. */
export function rowVerdict(
  pipeline: Pipeline,
  planned: PlannedCell,
  rollout: RolloutState,
  state: RunState,
): Verdict | null {
  const { outcome, facts } = rollout;
  if (rollout.status !== "ended" || outcome === null || facts === null || !isEpisodeEnd(outcome)) return null;
  const best = recordScore(pipeline, planned, rollout, state, "best");
  if (facts.bestValidated !== null && best.kind === "owed") return null;
  const score = recordScore(pipeline, planned, rollout, state);
  return verdictOf(pipeline.stages.filter, { outcome, facts, score, definition: planned.task.definition });
}

/**
 * All verdicts of a run, surplus marked; a key without one is owed or failed. `drawn` keeps row verdicts between calls of one session,
 * so that a live picture of many rollouts stays cheap: a row's verdict is final once it is drawn.
 */
export function allVerdicts(
  plan: Plan,
  state: RunState,
  drawn: Map<string, Verdict> = new Map(),
): ReadonlyMap<string, Verdict> {
  const verdictOf = (planned: PlannedCell, rollout: RolloutState) => {
    const known = rollout.status === "ended" ? drawn.get(rollout.key) : undefined;
    if (known !== undefined) return known;
    const verdict = rowVerdict(plan.pipeline, planned, rollout, state);
    if (verdict !== null) drawn.set(rollout.key, verdict);
    return verdict;
  };
  const cells = new Map(
    plan.cells.map((planned) => [planned.id, { planned, rollouts: [] as RolloutState[] }]),
  );
  for (const rollout of state.rollouts.values()) cells.get(rollout.cell)?.rollouts.push(rollout);
  const verdicts = new Map<string, Verdict>();
  for (const { planned, rollouts } of cells.values()) {
    const candidates = rollouts.map((rollout) => ({
      key: rollout.key,
      seedIndex: rollout.seedIndex,
      verdict: verdictOf(planned, rollout),
    }));
    for (const [key, verdict] of markSurplus(candidates, planned.demand.accepted)) verdicts.set(key, verdict);
  }
  return verdicts;
}
