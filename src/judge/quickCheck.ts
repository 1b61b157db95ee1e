// The check that takes seconds: stored submissions are judged again with one seed or two, and must score what they scored.
import { BoundaryError, errorText } from "../core/errors.ts";
import type { Evaluator } from "../core/evaluation.ts";
import type { Clock } from "../core/runtime.ts";
import type { BlobStore } from "../core/sandbox.ts";
import type { Task } from "../core/task.ts";
import type { Solution } from "../tasks/readSolutions.ts";
import { type StoredScores, storedFiles } from "../tasks/storedScores.ts";
import { storedSubmission } from "./checkTask.ts";
import { leaksOf } from "./leaks.ts";
import { mean, shortText } from "./noise.ts";
import { type Defect, type SolutionReport, type TaskReport, untried } from "./taskReport.ts";

/** Floating point differs between machines in the last digits. */
const RELATIVE_MAX = 1e-6;

export interface QuickOptions {
  readonly evaluator: Evaluator;
  readonly blobs: BlobStore;
  readonly clock: Clock;
  /** Stored seeds that are judged again, the lowest first. */
  readonly seeds: number;
}

/** Judges stored submissions again. Throws BoundaryError("sandbox") where sandboxes fail; all else is a defect. */
export async function quickCheck(
  task: Task,
  solutions: readonly Solution[],
  stored: StoredScores,
  options: QuickOptions,
  signal: AbortSignal,
): Promise<TaskReport> {
  const { clock, blobs, evaluator } = options;
  const startedAt = clock.monotonic();
  const defects: Defect[] = leaksOf(task, solutions).map((text) => ({ gate: "secrets", text }));
  const found: SolutionReport[] = [];
  let measured: number | null = null;
  let judgeMsMost = 0;
  const remedy = "`tasks check --record` measures anew";
  const judgedAgain = stored.submissions.filter(({ scores }) => Object.keys(scores).length > 0);
  if (judgedAgain.length === 0) {
    defects.push({ gate: "baseline", text: `solution/scores.json holds no scored submission; ${remedy}` });
  }
  for (const submission of judgedAgain) {
    const what = submission.name === "starter" ? "the starter" : `solution/${submission.name}`;
    const gate = submission.name === "starter" ? "baseline" : "ladder";
    const files = await storedFiles(task, submission);
    if (typeof files === "string") {
      const text = `${what} has changed since it was scored, or was too large to store: its ${files} is nowhere; ${remedy}`;
      defects.push({ gate, text });
      continue;
    }
    const seeds = Object.keys(submission.scores)
      .map(Number)
      .sort((a, b) => a - b)
      .slice(0, options.seeds);
    try {
      const id = await storedSubmission(files, blobs);
      const scores: number[] = [];
      for (const evaluation of await evaluator.evaluate(task, id, "record", seeds, signal)) {
        judgeMsMost = Math.max(judgeMsMost, evaluation.wallMs);
        const expected = submission.scores[String(evaluation.seed)] ?? Number.NaN;
        if (evaluation.kind === "invalid") {
          defects.push({ gate, text: `${what} is invalid: ${evaluation.reason}` });
          continue;
        }
        scores.push(evaluation.score);
        if (Math.abs(evaluation.score - expected) > RELATIVE_MAX * Math.max(1, Math.abs(expected))) {
          const other = task.judgeHash === stored.judgeHash ? "" : ", by another judge";
          const text = `${what} scores ${shortText(evaluation.score)} with seed ${evaluation.seed}, but solution/scores.json has ${shortText(expected)}${other}; ${remedy}`;
          defects.push({ gate, text });
        }
      }
      const value = scores.length === 0 ? null : mean(scores);
      if (submission.name === "starter") measured = value;
      else found.push({ name: submission.name, score: value });
    } catch (error) {
      if (!(error instanceof BoundaryError) || error.boundary !== "judge") throw error;
      defects.push({ gate, text: `judge.py fails on ${what}: ${errorText(error)}` });
    }
  }
  return untried(task.id, {
    recorded: task.definition.anchors.starter,
    recordedSigma: task.definition.sigma,
    measured,
    solutions: found,
    seeds: options.seeds,
    judgeSecondsMost: judgeMsMost / 1000,
    seconds: (clock.monotonic() - startedAt) / 1000,
    defects,
  });
}
