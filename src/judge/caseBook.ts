// Remembers which cases each task's judges have told of, by phase, for as long as one check goes on.
import type { Phase } from "../core/evaluation.ts";
import type { Task } from "../core/task.ts";
import type { Cases, JudgeOptions } from "./judge.ts";

/** An ear for a judge, and what it has heard. */
export interface CaseBook {
  readonly note: NonNullable<JudgeOptions["onCases"]>;
  cases(task: Task, phase: Phase): Cases;
}

export function caseBook(): CaseBook {
  const known = new Map<string, Set<string>>();
  const of = (task: Task, phase: Phase) => {
    const key = `${task.judgeHash}/${phase}`;
    const cases = known.get(key) ?? new Set<string>();
    known.set(key, cases);
    return cases;
  };
  return {
    note: ({ task, phase, cases }) => {
      const all = of(task, phase);
      for (const one of cases) all.add(one);
    },
    cases: of,
  };
}
