// The ladder of a task, nothing < starter < probe <= reference: whether recorded and measured scores stand on it. Pure.
import { signedScore, type TaskDefinition } from "../core/task.ts";
import { rounding, shortText } from "./noise.ts";
import type { SolutionReport } from "./taskReport.ts";

export interface Rungs {
  readonly starter: number;
  readonly solutions: readonly SolutionReport[];
  /** How far a mean may be off by chance. */
  readonly tolerance: number;
}

/** A sentence for each rung of the recorded anchors that is no higher than the one below it. */
export function recordedFaults({ anchors, metric }: TaskDefinition): readonly string[] {
  const rungs = (["nothing", "starter", "probe"] as const).flatMap((name) => {
    const value = anchors[name];
    return value === null ? [] : [{ name, value }];
  });
  return rungs.flatMap(({ name, value }, index) => {
    const below = rungs[index - 1];
    if (below === undefined || signedScore({ metric }, value) > signedScore({ metric }, below.value))
      return [];
    return [
      `anchors.${name} is ${value} and anchors.${below.name} is ${below.value}: each rung of nothing < starter < probe must be better than the one below (${metric.direction})`,
    ];
  });
}

/** A sentence for each measured score that stands on the wrong side of another. */
export function measuredFaults(definition: TaskDefinition, rungs: Rungs): readonly string[] {
  const { anchors, metric } = definition;
  const signed = (score: number) => signedScore(definition, score);
  const scoreOf = (name: string) => rungs.solutions.find((solution) => solution.name === name)?.score ?? null;
  const [probe, reference] = [scoreOf("probe"), scoreOf("reference")];
  const faults: string[] = [];
  if (anchors.nothing !== null && signed(rungs.starter) <= signed(anchors.nothing)) {
    faults.push(
      `the starter scores ${shortText(rungs.starter)}, no better than anchors.nothing: ${anchors.nothing} (${metric.direction})`,
    );
  }
  for (const name of ["probe", "reference"]) {
    if (rungs.solutions.length > 0 && !rungs.solutions.some((solution) => solution.name === name)) {
      faults.push(`there is no solution/${name}/: the ladder starter < probe <= reference lacks a rung`);
    }
  }
  if (probe !== null && reference !== null && signed(reference) < signed(probe) - rungs.tolerance) {
    faults.push(
      `solution/reference scores ${shortText(reference)}, worse than solution/probe with ${shortText(probe)} (${metric.direction})`,
    );
  }
  const best = [probe, reference]
    .flatMap((score) => score ?? [])
    .toSorted((a, b) => signed(b) - signed(a))[0];
  if (best !== undefined && anchors.optimum !== null) {
    const slack = rungs.tolerance + rounding(anchors.optimum);
    if (signed(best) > signed(anchors.optimum) + slack) {
      faults.push(
        `a solution scores ${shortText(best)}, better than anchors.optimum: ${anchors.optimum}, which nothing can be`,
      );
    }
  }
  return faults;
}
