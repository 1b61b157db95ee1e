// Running totals over the rollouts of a dataset: what manifest and card say of models, tasks and scores.
import { z } from "zod";
import type { SignalTally, TaskScores } from "./card.ts";
import type { Manifest } from "./manifest.ts";
import { SCRIPTED_PROVIDER } from "./rows.ts";
import type { TaskRow, TrajectoryRow } from "./schema.ts";

const anchorsSchema = z.record(z.string(), z.number().nullable());

interface TaskTally {
  rows: number;
  kept: number;
  scored: number;
  scoreSum: number;
  best: number | null;
}

export interface Tallies {
  add(row: TrajectoryRow): void;
  /** `tasks` are the rows of the tasks table. */
  manifestPart(
    tasks: readonly TaskRow[],
  ): Pick<Manifest, "rowsBySplit" | "keptRows" | "scriptedRows" | "benchmarkRows" | "models" | "tasks">;
  scores(tasks: readonly TaskRow[]): TaskScores[];
  signals(): SignalTally;
}

/** Counts by model, task and split; memory grows with those, not with rows. */
export function tallies(): Tallies {
  const byTask = new Map<string, TaskTally>();
  const byModel = new Map<string, Manifest["models"][number]>();
  const bySplit = new Map<string, number>();
  const bySignal = new Map<string, { rows: number; kept: number }>();
  let inspected = 0;
  let kept = 0;
  let scripted = 0;
  let benchmark = 0;
  return {
    add: (row) => {
      const isKept = row.filter_decision === "keep";
      kept += isKept ? 1 : 0;
      scripted += row.provider === SCRIPTED_PROVIDER ? 1 : 0;
      benchmark += row.task_use === "benchmark" ? 1 : 0;
      inspected += row.signals === null ? 0 : 1;
      for (const name of new Set((row.signals ?? []).map((signal) => signal.name))) {
        const tally = bySignal.get(name) ?? { rows: 0, kept: 0 };
        bySignal.set(name, { rows: tally.rows + 1, kept: tally.kept + (isKept ? 1 : 0) });
      }
      bySplit.set(row.split, (bySplit.get(row.split) ?? 0) + 1);
      const { model, model_revision: revision, provider, output_terms: outputTerms } = row;
      const modelKey = JSON.stringify([model, revision, provider, outputTerms]);
      const rows = (byModel.get(modelKey)?.rows ?? 0) + 1;
      byModel.set(modelKey, { model, revision, provider, outputTerms, rows });
      const tally = byTask.get(row.task_id) ?? emptyTally();
      byTask.set(row.task_id, tally);
      tally.rows++;
      tally.kept += isKept ? 1 : 0;
      if (row.score_raw !== null) addScore(tally, row.score_raw, row.score_higher_is_better);
    },
    manifestPart: (tasks) => ({
      rowsBySplit: Object.fromEntries([...bySplit].sort()),
      keptRows: kept,
      scriptedRows: scripted,
      benchmarkRows: benchmark,
      models: [...byModel].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, model]) => model),
      tasks: tasks.map((task) => ({
        taskId: task.task_id,
        use: task.use,
        split: task.split,
        playHash: task.play_hash,
        judgeHash: task.judge_hash,
        rows: byTask.get(task.task_id)?.rows ?? 0,
      })),
    }),
    signals: () => ({
      inspected,
      byName: [...bySignal].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, tally]) => ({ name, ...tally })),
    }),
    scores: (tasks) => tasks.map((task) => taskScores(task, byTask.get(task.task_id) ?? emptyTally())),
  };
}

function taskScores(task: TaskRow, tally: TaskTally): TaskScores {
  return {
    taskId: task.task_id,
    use: task.use,
    metric: task.metric,
    higherIsBetter: task.higher_is_better,
    anchors: anchorsSchema.parse(task.anchors),
    rows: tally.rows,
    keptRows: tally.kept,
    scoredRows: tally.scored,
    scoreMean: tally.scored === 0 ? null : tally.scoreSum / tally.scored,
    scoreBest: tally.best,
  };
}

/** Where nobody knows which way is better there is no best. */
function addScore(tally: TaskTally, score: number, higherIsBetter: boolean | null): void {
  tally.scored++;
  tally.scoreSum += score;
  if (higherIsBetter === null) return;
  const better = tally.best === null || (higherIsBetter ? score > tally.best : score < tally.best);
  if (better) tally.best = score;
}

function emptyTally(): TaskTally {
  return { rows: 0, kept: 0, scored: 0, scoreSum: 0, best: null };
}
