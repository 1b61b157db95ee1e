// Writes the dataset of a run: the one door through which stages use this room. Rows and Parquet are made on another
// thread; here only records are handed over, one at a time, and the finished folder is put in its place.

import { sha256 } from "../core/hash.ts";
import type { Task } from "../core/task.ts";
import { type Allowance, type Funnel, type Manifest, manifestSchema, manifestText } from "./manifest.ts";
import { besides, type OffThread } from "./offThread.ts";
import type { DatasetRecord, RunInfo, TaskInfo } from "./records.ts";
import { replaceFolder } from "./replaceFolder.ts";
import { TABLE_LIMITS, type TableLimits } from "./writeTable.ts";

export interface WriteDatasetOptions {
  /** The dataset's folder; what was there before is replaced as a whole. */
  readonly outDir: string;
  /** Every task that a record names; others are listed without rows. */
  readonly tasks: readonly Task[];
  /** Finished rollouts in the order of their keys, dropped ones among them. Read one at a time, as fast as they are written. */
  readonly rows: AsyncIterable<DatasetRecord>;
  readonly runInfo: RunInfo;
  readonly funnel: Funnel;
  /** What the pipeline allows; the card repeats it. Writing never refuses a row: exporting does. */
  readonly allow: readonly Allowance[];
  readonly offThread: OffThread;
  readonly signal: AbortSignal;
  /** Sizes of row groups and shards; only tests and special consumers differ. */
  readonly limits?: TableLimits;
}

export interface WrittenDataset {
  readonly manifest: Manifest;
  /** Hash of manifest.json: what the ledger's `dataset-written` holds. */
  readonly manifestSha256: string;
}

/**
 * Writes tables, card and, last, the manifest, reads all of it back, then replaces `outDir` in one go: after a crash the old or the new dataset is
 * there, never half of one. Throws an InvariantError when rows break a rule, and leaves the old dataset as it was.
 */
export async function writeDataset(options: WriteDatasetOptions): Promise<WrittenDataset> {
  const { outDir, runInfo, funnel, allow, offThread, signal, limits = TABLE_LIMITS } = options;
  const tasks = options.tasks.map(taskInfo);
  const manifest = await replaceFolder(outDir, async (folder) => {
    const job = { folder, tasks, runInfo, funnel, allow: [...allow], limits };
    const result = await offThread(
      besides(import.meta.url, "datasetWorker"),
      job,
      signal,
      slim(options.rows),
    );
    return manifestSchema.parse(result);
  });
  return { manifest, manifestSha256: sha256(manifestText(manifest)) };
}

/** What rows hold of a task: not its files. */
export function taskInfo({ id, definition, description, playHash, judgeHash, data }: Task): TaskInfo {
  const own = definition.licence;
  const licence = data === null || data.licence === own ? own : `${own} AND ${data.licence}`;
  return { id, definition, description, playHash, judgeHash, licence };
}

/** Records without the providers' verbatim replies, which no table holds and which are most of their bytes. */
async function* slim(records: AsyncIterable<DatasetRecord>): AsyncGenerator<DatasetRecord> {
  for await (const record of records) {
    const steps = record.trajectory.steps.map((step) => ({
      ...step,
      reply: { ...step.reply, verbatim: "" },
    }));
    yield { ...record, trajectory: { ...record.trajectory, steps } };
  }
}
