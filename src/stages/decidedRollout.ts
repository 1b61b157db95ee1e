// A rollout that everything is said of but its row.
import type { ArchiveRef } from "../core/ledger.ts";
import type { Task } from "../core/task.ts";
import type { Verdict } from "../core/verdict.ts";
import type { Score } from "./score.ts";

/** A rollout with its verdict and the scores of record of its two submissions. */
export interface DecidedRollout {
  readonly key: string;
  /** Id of its group. */
  readonly group: string;
  readonly archive: ArchiveRef;
  readonly task: Task;
  readonly verdict: Verdict;
  readonly final: Score;
  readonly best: Score;
  /** Of the last valid submission where it stands in for the final one; else null. */
  readonly lastValid: Score | null;
  /** Of every other submission that validated, where they are judged. */
  readonly validated: readonly Score[];
  /** Key of the rollout that first handed in the very same submission; null where there is none. */
  readonly copyOf: string | null;
}
