// Verdicts over a run's state: pure, from the ledger's facts alone, so that status, admission and the dataset agree.
import { isEpisodeEnd } from "../core/outcome.ts";
import type { RolloutState, RunState } from "../core/runState.ts";
import type { TaskDefinition } from "../core/task.ts";
import type { Verdict } from "../core/verdict.ts";
import { copiesOf, dropCopies } from "../stages/copies.ts";
import { otherValidated, type RecordRules } from "../stages/evaluate.ts";
import { verdictOf } from "../stages/filter.ts";
import { inspectionOf } from "../stages/inspect.ts";
import { lastValidStandIn } from "../stages/lastValid.ts";
import { recordSeeds, type Score, scoreOf } from "../stages/score.ts";
import { markSurplus } from "../stages/select.ts";
import type { Pipeline } from "./pipelineFile.ts";
import type { Plan, PlannedCell } from "./plan.ts";

/** What is judged for the record of one task's rollouts: the pipeline's word, else the task's. */
export function recordRules(pipeline: Pipeline, definition: TaskDefinition): RecordRules {
  const { seeds, lastValid, everyValidated } = pipeline.stages.evaluate;
  return {
    seeds: recordSeeds(seeds),
    lastValid: lastValid ?? definition.lastValid ?? false,
    everyValidated,
  };
}

/** The scores of record of an ended rollout. */
export interface RecordScores {
  /** Of the final submission. */
  readonly final: Score;
  /** Of the one that validated best. */
  readonly best: Score;
  /** Of the last valid one, where it stands in for a final one that cannot be scored; null where it does not. */
  readonly lastValid: Score | null;
  /** Of every other submission that validated, where the pipeline has them judged; else empty. */
  readonly validated: readonly Score[];
}

/** Its scores under the present judges; `owed` where one has not been given. */
export function recordScores(
  pipeline: Pipeline,
  planned: PlannedCell,
  { outcome, facts }: RolloutState,
  state: RunState,
): RecordScores {
  const owed: Score = { kind: "owed" };
  if (facts === null || outcome === null) return { final: owed, best: owed, lastValid: null, validated: [] };
  const rules = recordRules(pipeline, planned.task.definition);
  const of = (submission: string | null) =>
    scoreOf(planned.task, submission, facts.finalReason, rules.seeds, state.evaluations);
  const final = of(facts.finalSubmission);
  const standIn = lastValidStandIn(rules.lastValid, { outcome, facts }, final.kind);
  return {
    final,
    best: of(facts.bestValidated?.submission ?? null),
    lastValid: standIn === null ? null : of(standIn),
    validated: rules.everyValidated ? otherValidated(facts).map(of) : [],
  };
}

/** The score that verdicts go by: the final submission's, or that of the one that stands in for it. */
function judgedScore({ final, lastValid }: Pick<RecordScores, "final" | "lastValid">): Score {
  return lastValid === null || lastValid.kind === "invalid" ? final : lastValid;
}

/** The filter's verdict on one rollout; null while it is owed, and for ever if infrastructure failed it or its record is lost. */
export function rowVerdict(
  pipeline: Pipeline,
  planned: PlannedCell,
  rollout: RolloutState,
  state: RunState,
): Verdict | null {
  const { outcome, facts } = rollout;
  if (state.lost.has(rollout.key)) return null;
  if (rollout.status !== "ended" || outcome === null || facts === null || !isEpisodeEnd(outcome)) return null;
  const scores = recordScores(pipeline, planned, rollout, state);
  if (facts.bestValidated !== null && scores.best.kind === "owed") return null;
  if (scores.validated.some(({ kind }) => kind === "owed")) return null;
  const score = judgedScore(scores);
  const known = state.inspections.get(rollout.key);
  const flags = known?.inspection === inspectionOf(planned.task, scores) ? known.flags : null;
  const { definition } = planned.task;
  return verdictOf(pipeline.stages.filter, { outcome, facts, score, definition, flags });
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
    const isReadable = rollout.status === "ended" && !state.lost.has(rollout.key);
    const known = isReadable ? drawn.get(rollout.key) : undefined;
    if (known !== undefined) return known;
    const verdict = rowVerdict(plan.pipeline, planned, rollout, state);
    if (verdict !== null) drawn.set(rollout.key, verdict);
    return verdict;
  };
  const cells = new Map(
    plan.cells.map((planned): [string, { planned: PlannedCell; rollouts: RolloutState[] }] => [
      planned.id,
      { planned, rollouts: [] },
    ]),
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
  if (!plan.pipeline.stages.filter.dropFlags.includes("copy:rollout")) return verdicts;
  return dropCopies(verdicts, copiesAmong(plan, state, verdicts));
}

/** Copies among the rollouts that a dataset would hold: what is surplus chooses nothing. */
export function copiesAmong(
  plan: Plan,
  state: RunState,
  verdicts: ReadonlyMap<string, Verdict>,
): ReadonlyMap<string, string> {
  const cells = new Map(plan.cells.map((planned) => [planned.id, planned]));
  return copiesOf(
    [...verdicts].flatMap(([key, verdict]) => {
      const rollout = state.rollouts.get(key);
      const planned = rollout && cells.get(rollout.cell);
      if (planned === undefined || (verdict.kind === "dropped" && verdict.reason === "surplus")) return [];
      return [{ key, task: planned.task, submission: rollout?.facts?.finalSubmission ?? null }];
    }),
  );
}
