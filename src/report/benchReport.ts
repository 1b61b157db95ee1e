// The report of a benchmark: every model's figures, their places among published ones, and checkpoints compared. Pure; JSON as it is.

import { type AgainstPool, againstPool } from "./againstPool.ts";
import type { MeasuredTask } from "./attempts.ts";
import { CONFIDENCE, REPLICATES } from "./bootstrap.ts";
import { comparableTasks } from "./comparableTasks.ts";
import { type Comparison, compareWithFirst } from "./compareMethods.ts";
import { type MethodFigures, methodFigures } from "./methodFigures.ts";
import type { Pool } from "./poolFile.ts";
import type { Measured, MeasuredRun } from "./readMeasured.ts";

export const BENCH_REPORT_VERSION = 1;

/** Where attempts come from. */
export interface BenchSource {
  readonly runId: string;
  /** Name in the report where two runs have a model of the same name. */
  readonly label: string;
  readonly measured: MeasuredRun;
  /** Attempts that the run's plan has for each task and model; null: as many as are needed. */
  readonly attemptsWanted: number | null;
  /** Rollouts that came to no end of their own (infrastructure, cancelled) or are still owed: no attempts. */
  readonly withoutEnd: number;
  /** What best attempts are the best of: every submission that validated or was handed in, or the final one and the one that validated best. */
  readonly bestOf: "everyValidated" | "chosen";
  /** Tasks that the run names and left out, since their data is not here. */
  readonly withoutData: readonly string[];
}

export interface BenchReport {
  readonly version: typeof BENCH_REPORT_VERSION;
  readonly runs: readonly Omit<BenchSource, "measured">[];
  readonly intervals: { readonly confidence: number; readonly replicates: number };
  readonly tasks: readonly {
    readonly id: string;
    readonly title: string;
    readonly metric: string;
    readonly direction: "maximize" | "minimize";
    readonly baseline: number;
    readonly sigma: number;
  }[];
  readonly methods: readonly MethodFigures[];
  readonly againstPool: AgainstPool;
  /** Every method against the first. */
  readonly comparisons: readonly Comparison[];
}

/** Throws RangeError where there is no attempt at all. */
export function benchReport(sources: readonly BenchSource[], pool: Pool): BenchReport {
  const tasks = tasksOf(sources);
  const methods = methodsOf(sources);
  if (methods.length === 0) throw new RangeError("no attempt to report on");
  const comparable = comparableTasks(pool, tasks, methods);
  return {
    version: BENCH_REPORT_VERSION,
    runs: sources.map(({ measured, ...run }) => run),
    intervals: { confidence: CONFIDENCE, replicates: REPLICATES },
    tasks: tasks.map(({ id, title, metric, anchors, sigma }) => ({
      id,
      title,
      metric: metric.name,
      direction: metric.direction,
      baseline: anchors.starter,
      sigma,
    })),
    methods: methods.map((method) => methodFigures(method, tasks)),
    againstPool: againstPool(pool, comparable, methods),
    comparisons: compareWithFirst(tasks, methods, comparable),
  };
}

/** Tasks of all runs, each once, as the first run has it. */
function tasksOf(sources: readonly BenchSource[]): readonly MeasuredTask[] {
  const tasks = new Map<string, MeasuredTask>();
  for (const { measured } of sources)
    for (const task of measured.tasks) if (!tasks.has(task.id)) tasks.set(task.id, task);
  return [...tasks.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** Methods of all runs; what two runs name alike is told apart by the run. */
function methodsOf(sources: readonly BenchSource[]): readonly Measured[] {
  const names = sources.flatMap(({ measured }) => measured.methods.map(({ name }) => name));
  const isShared = (name: string) => names.indexOf(name) !== names.lastIndexOf(name);
  return sources.flatMap(({ measured, label }) =>
    measured.methods.map((method) =>
      isShared(method.name) ? { ...method, name: `${method.name} (${label})` } : method,
    ),
  );
}
