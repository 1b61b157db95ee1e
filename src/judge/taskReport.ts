// What `tasks check` finds out about one task: numbers and defects, nothing printed.

export interface SolutionReport {
  readonly name: string;
  /** Mean score; null where it could not be had. */
  readonly score: number | null;
}

export interface TaskReport {
  readonly task: string;
  /** The starter's score as task.yaml records it; null where the task could not even be read. */
  readonly recorded: number | null;
  /** The starter's mean score over the check's seeds; null where it could not be had. */
  readonly measured: number | null;
  /** Standard deviation of the starter's score over seeds. */
  readonly sigma: number | null;
  readonly solutions: readonly SolutionReport[];
  /** Bad and forged submissions tried, and how many of them earned nothing they should not; none are tried on a task with other defects. */
  readonly forgeries: { readonly tried: number; readonly held: number };
  /** Longest wall time of judging one submission with one seed. */
  readonly judgeSecondsMost: number;
  /** Wall time of the whole check. */
  readonly seconds: number;
  /** One clear sentence each; none for a sound task. */
  readonly defects: readonly string[];
}
