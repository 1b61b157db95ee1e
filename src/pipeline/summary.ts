// What a run has come to, in numbers: progress, funnel, and scores beside each task's baseline. Pure; the command line and reports print it.
import { outcomeText } from "../core/outcome.ts";
import type { RunState } from "../core/runState.ts";
import { signedScore } from "../core/task.ts";
import type { Plan, PlannedCell } from "./plan.ts";
import { recordScores } from "./verdicts.ts";

/** Scores of record of one cell, in the metric's own unit. */
export interface CellSummary {
  readonly taskId: string;
  readonly modelId: string;
  readonly rolloutCount: number;
  readonly scoredCount: number;
  readonly distinctScoreCount: number;
  readonly invalidCount: number;
  readonly baseline: number;
  readonly direction: "maximize" | "minimize";
  readonly sigma: number;
  /** Worst to best in the metric's direction; null where nothing is scored. */
  readonly p10: number | null;
  readonly median: number | null;
  readonly p90: number | null;
  readonly best: number | null;
  /** Rollouts that beat, or fall short of, the baseline by more than five standard deviations of one evaluation. */
  readonly aboveCount: number;
  readonly belowCount: number;
  /** Rollouts that score worse than the baseline, by however little. */
  readonly worseCount: number;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly stepMedian: number;
  readonly validatedCount: number;
}

const CLEAR_SIGMAS = 5;

/** One summary for each cell of the plan, in its order. */
export function summariseCells(plan: Plan, state: RunState): readonly CellSummary[] {
  return plan.cells.map((planned) => summariseCell(plan, planned, state));
}

function summariseCell(plan: Plan, planned: PlannedCell, state: RunState): CellSummary {
  const { definition } = planned.task;
  const rollouts = [...state.rollouts.values()].filter((rollout) => rollout.cell === planned.id);
  const ended = rollouts.filter((rollout) => rollout.status === "ended");
  const scores: number[] = [];
  let invalidCount = 0;
  for (const rollout of ended) {
    // Of final submissions only: a stand-in's score is another thing, and stands on its row.
    const { final: score } = recordScores(plan.pipeline, planned, rollout, state);
    if (score.kind === "scored") scores.push(score.mean);
    if (score.kind === "invalid") invalidCount++;
  }
  const worstFirst = scores.toSorted((a, b) => signedScore(definition, a) - signedScore(definition, b));
  const gain = (score: number) =>
    signedScore(definition, score) - signedScore(definition, definition.anchors.starter);
  const clear = Math.max(CLEAR_SIGMAS * definition.sigma, Number.EPSILON);
  const outcomes: Record<string, number> = {};
  for (const { outcome } of ended) {
    if (outcome !== null) outcomes[outcomeText(outcome)] = (outcomes[outcomeText(outcome)] ?? 0) + 1;
  }
  return {
    taskId: planned.cell.taskId,
    modelId: planned.cell.model.id,
    rolloutCount: rollouts.length,
    scoredCount: scores.length,
    distinctScoreCount: new Set(scores).size,
    invalidCount,
    baseline: definition.anchors.starter,
    direction: definition.metric.direction,
    sigma: definition.sigma,
    p10: quantile(worstFirst, 0.1),
    median: quantile(worstFirst, 0.5),
    p90: quantile(worstFirst, 0.9),
    best: worstFirst.at(-1) ?? null,
    aboveCount: scores.filter((score) => gain(score) > clear).length,
    belowCount: scores.filter((score) => gain(score) < -clear).length,
    worseCount: scores.filter((score) => gain(score) < 0).length,
    outcomes,
    stepMedian:
      quantile(
        ended.map((rollout) => rollout.facts?.stepCount ?? 0).toSorted((a, b) => a - b),
        0.5,
      ) ?? 0,
    validatedCount: ended.filter((rollout) => (rollout.facts?.validationCount ?? 0) > 0).length,
  };
}

/** The value at a share of a sorted list (nearest rank); null for an empty one. */
export function quantile(sorted: readonly number[], share: number): number | null {
  if (sorted.length === 0) return null;
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))] ?? null;
}
