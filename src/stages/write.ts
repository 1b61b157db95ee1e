// Write: the canonical tables of all that has a verdict, from the archive and the ledger's evaluations. Pure but for the files it makes.
import type { Books } from "../core/books.ts";
import type { Evaluation } from "../core/evaluation.ts";
import type { Archive } from "../core/journal.ts";
import type { OutputTerms } from "../core/model.ts";
import type { Task } from "../core/task.ts";
import type { Allowance } from "../dataset/manifest.ts";
import type { OffThread } from "../dataset/offThread.ts";
import type { DatasetRecord } from "../dataset/records.ts";
import { type WrittenDataset, writeDataset } from "../dataset/writeDataset.ts";
import type { DecidedRollout } from "./decidedRollout.ts";
import { groupAdvantages } from "./groupAdvantages.ts";
import { inspect } from "./inspect.ts";
import { rewardsOfRollout } from "./rewardsOfRollout.ts";
import type { Score } from "./score.ts";
import type { ScoreConfig } from "./scoreConfig.ts";
import { stepRewards } from "./stepRewards.ts";

export type { OffThread } from "../dataset/offThread.ts";

export interface WriteRequest {
  readonly outDir: string;
  readonly runId: string;
  readonly title: string;
  readonly codeVersion: string;
  readonly createdAtMs: number;
  readonly groupSize: number;
  readonly score: ScoreConfig;
  /** By model id. */
  readonly outputTerms: Readonly<Record<string, OutputTerms>>;
  readonly allow: readonly Allowance[];
  readonly tasks: readonly Task[];
  readonly funnel: Books;
  /** In the order of their keys. */
  readonly rollouts: readonly DecidedRollout[];
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
    rewardFn: request.score.reward,
    license: null,
  };
  const rows = records(request.rollouts, request.score, deps.archive);
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
  rollouts: readonly DecidedRollout[],
  config: ScoreConfig,
  archive: Pick<Archive, "read">,
): AsyncGenerator<DatasetRecord> {
  const advantages = groupAdvantages(rollouts, config);
  for (const rollout of rollouts) {
    const { key, archive: ref, task, verdict, final, best, lastValid, validated, copyOf } = rollout;
    const trajectory = await archive.read(ref);
    yield {
      trajectory,
      finalEvaluations: evaluationsOf(final),
      bestEvaluations: evaluationsOf(best),
      ...(lastValid === null ? {} : { lastValidEvaluations: evaluationsOf(lastValid) }),
      ...(validated.length === 0 ? {} : { validatedEvaluations: validated.flatMap(evaluationsOf) }),
      verdict,
      signals: inspect(trajectory, task, { final, best, lastValid }, copyOf),
      rewards: {
        ...rewardsOfRollout(rollout, config.reward),
        advantages: { ...advantages.get(key) },
        steps: config.stepReward === null ? [] : stepRewards(trajectory, task, config.stepReward),
      },
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
