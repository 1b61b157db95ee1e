// Rollouts that were played, as a forecast reads them. Pure: from a run's state alone.
import type { Price, Usage } from "../core/model.ts";
import { isEpisodeEnd } from "../core/outcome.ts";
import type { RolloutState, RunState } from "../core/runState.ts";
import { submissionsOfRecord } from "../stages/evaluate.ts";
import type { Played, Sample } from "./forecast.ts";
import { mean } from "./logInterval.ts";
import { priceOf } from "./modelConfig.ts";
import type { Plan, PlannedCell } from "./plan.ts";
import { rowVerdict } from "./verdicts.ts";

/** What a run of this very plan has played. `seedsMax` looks at the first seeds of each cell only, as a pilot does. */
export function playedOf(plan: Plan, state: RunState, seedsMax = Number.POSITIVE_INFINITY): Played {
  const cells = new Map(plan.cells.map((cell) => [cell.id, cell]));
  const samples: Sample[] = [];
  const done = new Map<string, number>();
  const judged: number[] = [];
  const judgeMs = judgeMsBySubmission(state);
  for (const rollout of state.rollouts.values()) {
    const planned = cells.get(rollout.cell);
    if (planned === undefined || rollout.outcome === null || rollout.seedIndex >= seedsMax) continue;
    done.set(planned.id, (done.get(planned.id) ?? 0) + 1);
    const verdict = rowVerdict(plan.pipeline, planned, rollout, state);
    const sample = sampleOf(rollout, planned.id, verdict === null ? null : verdict.kind === "kept");
    if (sample === null) continue;
    samples.push(sample);
    judged.push(judgeMsOf(rollout, judgeMs));
  }
  return { samples, done, spent: state.spent, judgeMs: mean(judged) };
}

/**
 * What another run has played of the same tasks: tokens and time as recorded, dollars at this plan's prices. Where it has rollouts of the
 * same model those alone speak for a cell.
 */
export function borrowedSamples(
  plan: Plan,
  other: Plan,
  state: RunState,
  priceUsd: (price: Price, usage: Usage) => number,
): Pick<Played, "samples" | "judgeMs"> {
  const judgeMs = judgeMsBySubmission(state);
  const usdOf = ({ model }: PlannedCell, { facts }: RolloutState) => {
    const price = priceOf(model);
    if (price === null || facts === null) return null;
    return "gpus" in price ? 0 : priceUsd(price, facts.usage);
  };
  const theirs = new Map(other.cells.map((cell) => [cell.id, cell]));
  const ended = [...state.rollouts.values()].flatMap((rollout) => {
    const from = theirs.get(rollout.cell);
    return from === undefined ? [] : [{ rollout, from }];
  });
  const samples: Sample[] = [];
  const judged: number[] = [];
  for (const planned of plan.cells) {
    const sameTask = ended.filter(({ from }) => from.cell.taskId === planned.cell.taskId);
    const sameModel = sameTask.filter(({ from }) => from.cell.model.id === planned.cell.model.id);
    for (const { rollout, from } of sameModel.length > 0 ? sameModel : sameTask) {
      const verdict = rowVerdict(plan.pipeline, from, rollout, state);
      const accepted = verdict === null ? null : verdict.kind === "kept";
      const sample = sampleOf(rollout, planned.id, accepted);
      if (sample === null) continue;
      samples.push({ ...sample, usd: usdOf(planned, rollout) });
      judged.push(judgeMsOf(rollout, judgeMs));
    }
  }
  return { samples, judgeMs: mean(judged) };
}

function sampleOf(rollout: RolloutState, cell: string, accepted: boolean | null): Sample | null {
  const { outcome, facts } = rollout;
  if (outcome === null || facts === null || !isEpisodeEnd(outcome)) return null;
  const { costUsd, usage, wallMs } = facts;
  return { cell, usd: costUsd, tokens: usage.input + usage.output, wallMs, accepted };
}

/** Milliseconds that the judge took over each submission of record. */
function judgeMsBySubmission(state: RunState): ReadonlyMap<string, number> {
  const ms = new Map<string, number>();
  for (const { phase, submission, wallMs } of state.evaluations.values()) {
    if (phase === "record") ms.set(submission, (ms.get(submission) ?? 0) + wallMs);
  }
  return ms;
}

function judgeMsOf({ facts }: RolloutState, judgeMs: ReadonlyMap<string, number>): number {
  if (facts === null) return 0;
  // What was not judged for the record took the judge no time.
  const judged = new Set([...submissionsOfRecord(facts), ...(facts.validated ?? [])]);
  return [...judged].reduce((sum, id) => sum + (judgeMs.get(id) ?? 0), 0);
}
