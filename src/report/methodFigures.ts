// The figures of one method, task by task and over all its tasks.
import { type Attempt, bestOf, isSuccess, type MeasuredTask } from "./attempts.ts";
import { type Interval, interval } from "./bootstrap.ts";
import { type ExpectedBest, expectedBest } from "./expectedBest.ts";
import { passAtK } from "./passAtK.ts";
import type { Variant } from "./poolFile.ts";
import type { Measured } from "./readMeasured.ts";

/** Largest k of pass@k and expected best@k. */
export const K_MAX = 64;

export interface TaskFigures {
  readonly taskId: string;
  readonly attempts: number;
  /** Attempts whose final submission was scored. */
  readonly scored: number;
  /** Score of the starter files. */
  readonly baseline: number;
  /** Attempt@k for k all attempts; null: none was scored. */
  readonly attemptAtK: Readonly<Record<Variant, number | null>>;
  /** For k = 1, 2, …, all attempts (64 at most). */
  readonly passAtK: Readonly<Record<Variant, readonly number[]>>;
  readonly expectedBest: Readonly<Record<Variant, readonly (ExpectedBest | null)[]>>;
}

/** A mean over tasks, each counting the same, and how far it might have come out. */
export interface MeanFigure {
  readonly value: number;
  readonly interval: Interval | null;
}

export interface MethodFigures {
  readonly name: string;
  readonly tasks: readonly TaskFigures[];
  /** pass@k of final submissions, mean over tasks: for one attempt, and for as many as every task has. */
  readonly passAtOne: MeanFigure;
  readonly passAtAll: MeanFigure & { readonly k: number };
}

/** Figures of a method on those of the tasks that it has attempts at; at least one. */
export function methodFigures(method: Measured, tasks: readonly MeasuredTask[]): MethodFigures {
  const played = tasks.flatMap((task) => {
    const attempts = method.attempts.get(task.id) ?? [];
    return attempts.length === 0 ? [] : [{ task, attempts }];
  });
  const k = Math.min(...played.map(({ attempts }) => attempts.length));
  return {
    name: method.name,
    tasks: played.map(({ task, attempts }) => taskFigures(task, attempts)),
    passAtOne: meanPass(played, 1),
    passAtAll: { k, ...meanPass(played, k) },
  };
}

function taskFigures(task: MeasuredTask, attempts: readonly Attempt[]): TaskFigures {
  const { direction } = task.metric;
  const ks = Array.from({ length: Math.min(attempts.length, K_MAX) }, (_, at) => at + 1);
  const each = <T>(of: (variant: Variant) => T) => ({ best: of("best"), last: of("last") });
  return {
    taskId: task.id,
    attempts: attempts.length,
    scored: attempts.filter(({ last }) => last !== null).length,
    baseline: task.anchors.starter,
    attemptAtK: each((variant) => bestOf(attempts, variant, direction)),
    passAtK: each((variant) => ks.map((k) => passOf(task, attempts, variant, k))),
    expectedBest: each((variant) => {
      const scores = attempts.map((attempt) => attempt[variant]);
      return ks.map((k) => expectedBest(scores, k, direction));
    }),
  };
}

/** pass@k of the final submissions of one task, unbiased. */
export function passOf(
  task: MeasuredTask,
  attempts: readonly Attempt[],
  variant: Variant,
  k: number,
): number {
  const successes = attempts.filter((attempt) => isSuccess(task, attempt[variant])).length;
  return passAtK(attempts.length, successes, k);
}

function meanPass(
  played: readonly { readonly task: MeasuredTask; readonly attempts: readonly Attempt[] }[],
  k: number,
): MeanFigure {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    value: mean(played.map(({ task, attempts }) => passOf(task, attempts, "last", k))),
    interval: interval(played.length, (resample) =>
      mean(
        resample.tasks.flatMap((at) => {
          const drawn = played[at];
          return drawn === undefined
            ? []
            : [passOf(drawn.task, resample.attempts(drawn.attempts), "last", k)];
        }),
      ),
    ),
  };
}
