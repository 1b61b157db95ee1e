// What `tasks check` finds out about one task: numbers, gates and defects, nothing printed.

/** What is asked of a task, in the order in which it is tried. */
export const GATES = {
  loads: "the folder is a task",
  data: "prepare.py works on files of the true format, the same each time",
  secrets: "what is hidden stands nowhere that an agent can look",
  baseline: "the starter scores what is recorded",
  repeatable: "the same submission with the same seed has the same score",
  phases: "validation and record score no case in common",
  ladder: "nothing < starter < probe <= reference, each beyond the noise",
  noise: "the judge's noise is what is recorded",
  time: "judging and making take at most a quarter of their limits",
  memory: "judging takes at most three quarters of the memory it may",
  validate: "validate is bounded, so that nobody can climb on it",
  forgeries: "nothing bad or forged earns more than the starter",
} as const;
export type Gate = keyof typeof GATES;

export interface Defect {
  readonly gate: Gate;
  /** One clear sentence. */
  readonly text: string;
}

export interface SolutionReport {
  readonly name: string;
  /** Mean score; null where it could not be had. */
  readonly score: number | null;
}

/** What became of one forgery. */
export interface ForgeryReport {
  readonly name: string;
  /** Its score, or why it is invalid. */
  readonly outcome: string;
  /** told: scored, and held against nobody. */
  readonly result: "held" | "earned" | "told";
}

export interface TaskReport {
  readonly task: string;
  /** `in the folder`, `prepared`, or `not here`. */
  readonly data: string;
  /** Whether prepare.py was proven on small files of the true format; null where there are none. */
  readonly formatProven: boolean | null;
  /** Why the task was not tried on this machine, with what to do about it; null where it was. */
  readonly notProven: string | null;
  /** The starter's score as task.yaml records it; null where the task could not even be read. */
  readonly recorded: number | null;
  /** The starter's mean score over the check's seeds; null where it could not be had. */
  readonly measured: number | null;
  /** Standard deviation of the starter's score over seeds, and the one that task.yaml records. */
  readonly sigma: number | null;
  readonly recordedSigma: number | null;
  readonly seeds: number;
  readonly solutions: readonly SolutionReport[];
  /** Cases by phase, and how many both have; null where the judge could not be asked. */
  readonly cases: { readonly validation: number; readonly record: number; readonly shared: number } | null;
  /** Bad and forged submissions tried, and how many of them earned nothing they should not; none are tried on a task with other defects. */
  readonly forgeries: {
    readonly tried: number;
    readonly held: number;
    readonly each: readonly ForgeryReport[];
  };
  /** Longest wall time of judging one submission with one seed. */
  readonly judgeSecondsMost: number;
  /** Wall time of making the starter's submission; 0 where nothing makes it. */
  readonly makeSeconds: number;
  /** Largest memory of the submission's process, and of the judge's. */
  readonly memoryMbMost: number;
  readonly judgeMemoryMbMost: number;
  /** How long the submission's room was held back by its CPU limit, all evaluations together; null where nobody counts. */
  readonly throttledMs: number | null;
  /** Wall time of the whole check. */
  readonly seconds: number;
  /** None for a sound task. */
  readonly defects: readonly Defect[];
}

/** The report of a task that could not be tried: what is not said is unknown. */
export function untried(task: string, about: Partial<TaskReport>): TaskReport {
  return {
    task,
    data: "",
    formatProven: null,
    notProven: null,
    recorded: null,
    measured: null,
    sigma: null,
    recordedSigma: null,
    seeds: 0,
    solutions: [],
    cases: null,
    forgeries: { tried: 0, held: 0, each: [] },
    judgeSecondsMost: 0,
    makeSeconds: 0,
    memoryMbMost: 0,
    judgeMemoryMbMost: 0,
    throttledMs: null,
    seconds: 0,
    defects: [],
    ...about,
  };
}
