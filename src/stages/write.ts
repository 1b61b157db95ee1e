// Write: the canonical tables of all that has a verdict, from the archive and the ledger's evaluations. Pure but for the files it makes.
import type { Books } from "../core/books.ts";
import type { Evaluation } from "../core/evaluation.ts";
import type { Archive } from "../core/journal.ts";
import type { ArchiveRef } from "../core/ledger.ts";
import type { OutputTerms } from "../core/model.ts";
import type { Task } from "../core/task.ts";
import type { Verdict } from "../core/verdict.ts";
import type { Allowance } from "../dataset/manifest.ts";
import type { OffThread } from "../dataset/offThread.ts";
import type { DatasetRecord } from "../dataset/records.ts";
import { type WrittenDataset, writeDataset } from "../dataset/writeDataset.ts";
import { type RewardName, rewardsOf } from "../rewards/rewardsOf.ts";
import { inspect } from "./inspect.ts";
import { type Score, scoresOf } from "./score.ts";

export type { OffThread } from "../dataset/offThread.ts";

const REWARD_OF_RECORD: RewardName = "anchored@1";

/** A rollout with its verdict and the scores of record of its two submissions. */
export interface DecidedRollout {
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

export interface WriteRequest {
  readonly outDir: string;
  readonly runId: string;
  readonly title: string;
  readonly codeVersion: string;
  readonly createdAtMs: number;
  readonly groupSize: number;
  /** By model id. */
  readonly outputTerms: Readonly<Record<string, OutputTerms>>;
  readonly allow: readonly Allowance[];
  readonly tasks: readonly Task[];
  readonly funnel: Books;
  /** In the order of their keys. */
  readonly rollouts: Iterable<DecidedRollout>;
}

/** Writes the dataset and returns its manifest; an earlier one is replaced in one go or stays as it was. */
export async function writeRunDataset(
  request: WriteRequest,
  deps: { readonly archive: Pick<Archive, "read">; readonly offThread: OffThread },
  signal: AbortSignal,
): Promise<WrittenDataset> {
  const { outDir, tasks, funnel, allow, runId, title, codeVersion, createdAtMs, groupSize, outputTerms } =
    request;
  const run = {
    runId,
    title,
    codeVersion,
    createdAtMs,
    groupSize,
    outputTerms: { ...outputTerms },
    rewardFn: REWARD_OF_RECORD,
    license: null,
  };
  const rows = records(request.rollouts, deps.archive);
  const { offThread } = deps;
  return writeDataset({
    outDir,
    tasks,
    rows,
    runInfo: run,
    funnel: defined(funnel),
    allow,
    offThread,
    signal,
  });
}

async function* records(
  rollouts: Iterable<DecidedRollout>,
  archive: Pick<Archive, "read">,
): AsyncGenerator<DatasetRecord> {
  for (const rollout of rollouts) {
    const { archive: ref, task, verdict, final, best, lastValid, validated, copyOf } = rollout;
    const trajectory = await archive.read(ref);
    const standIn = lastValid?.kind === "scored" ? scoresOf(lastValid) : null;
    yield {
      trajectory,
      finalEvaluations: evaluationsOf(final),
      bestEvaluations: evaluationsOf(best),
      ...(lastValid === null ? {} : { lastValidEvaluations: evaluationsOf(lastValid) }),
      ...(validated.length === 0 ? {} : { validatedEvaluations: validated.flatMap(evaluationsOf) }),
      verdict,
      signals: inspect(trajectory, task, { final, best, lastValid }, copyOf),
      rewards: rewardsOf(REWARD_OF_RECORD, task.definition, scoresOf(final), scoresOf(best), standIn),
    };
  }
}

function evaluationsOf(score: Score): readonly Evaluation[] {
  return score.kind === "scored" || score.kind === "invalid" ? score.evaluations : [];
}

/** Books as the manifest wants them: counts by reason without holes. */
function defined(books: Books) {
  const dropped = Object.entries(books.dropped).map(([reason, count]) => [reason, count ?? 0] as const);
  return { ...books, dropped: Object.fromEntries(dropped), failed: { ...books.failed } };
}
