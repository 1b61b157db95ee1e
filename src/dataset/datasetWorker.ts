// The part of writing a dataset that runs on a worker thread: rows, checks, hashes, Parquet, card, and the manifest last.
import { z } from "zod";
import { StoreError } from "../core/errors.ts";
import { datasetCard } from "./card.ts";
import { checkDataset } from "./checkDataset.ts";
import { checkRollout, setCheck } from "./invariants.ts";
import {
  ALLOWANCES,
  DATASET_FORMAT,
  funnelSchema,
  MANIFEST_NAME,
  type Manifest,
  manifestSchema,
  manifestText,
} from "./manifest.ts";
import { datasetRecordSchema, runInfoSchema, taskInfoSchema } from "./records.ts";
import { syncFolder } from "./replaceFolder.ts";
import { rolloutRows } from "./rows.ts";
import { SCHEMA_VERSION, stepsTable, type Table, tasksTable, trajectoriesTable } from "./schema.ts";
import { splitOf } from "./splitOf.ts";
import { splitNamed, splitWriters } from "./splitWriters.ts";
import { orderedTableHasher } from "./tableHash.ts";
import { tallies } from "./tallies.ts";
import { taskRow } from "./taskRow.ts";
import { syncTree, writeDurably } from "./writeDurably.ts";
import type { TableLimits } from "./writeTable.ts";

export const datasetJobSchema = z.strictObject({
  folder: z.string(),
  tasks: z.array(taskInfoSchema),
  runInfo: runInfoSchema,
  funnel: funnelSchema,
  allow: z.array(z.enum(ALLOWANCES)),
  limits: z.strictObject({
    rowsPerGroup: z.int().positive(),
    bytesPerGroup: z.int().positive(),
    bytesPerShard: z.int().positive(),
  }),
});
export type DatasetJob = z.infer<typeof datasetJobSchema>;

/** A step is small beside its rollout: row groups of as many rows as some hundred rollouts have steps. */
const STEP_ROWS_PER_ROW = 20;

/** Writes everything into the job's empty folder from a feed of dataset records in key order; returns the manifest. */
export async function run(input: unknown, feed: AsyncIterable<unknown>): Promise<Manifest> {
  const job = datasetJobSchema.parse(input);
  const { folder, runInfo, limits } = job;
  const tasks = [...job.tasks].sort((a, b) => (a.id < b.id ? -1 : 1));
  const taskById = new Map(tasks.map((task) => [task.id, task]));
  const taskRows = tasks.map((task) => taskRow(task, runInfo.rewardFn));

  const canonical = (table: Table, tableLimits: TableLimits) =>
    splitWriters({
      root: folder,
      table,
      schemaVersion: SCHEMA_VERSION,
      hasher: orderedTableHasher(table),
      limits: tableLimits,
    });
  const writers = {
    tasks: canonical(tasksTable, limits),
    trajectories: canonical(trajectoriesTable, limits),
    steps: canonical(stepsTable, stepLimits(limits)),
  };
  for (const row of taskRows) await writers.tasks.add(splitNamed(row.split), tasksTable.row.parse(row));

  const check = setCheck(taskRows);
  const totals = tallies(tasks);
  for await (const item of feed) {
    const record = datasetRecordSchema.parse(item);
    const task = taskById.get(record.trajectory.cell.taskId);
    if (task === undefined) {
      throw new RangeError(
        `rollout ${record.trajectory.key}: no task ${record.trajectory.cell.taskId} was given`,
      );
    }
    const rows = rolloutRows(record, task, runInfo);
    checkRollout(rows);
    check.add(rows.trajectory);
    totals.add(rows.trajectory);
    const split = splitOf(task.definition);
    await writers.trajectories.add(split, trajectoriesTable.row.parse(rows.trajectory));
    for (const step of rows.steps) await writers.steps.add(split, stepsTable.row.parse(step));
  }

  const written = {
    tasks: await writers.tasks.close(),
    trajectories: await writers.trajectories.close(),
    steps: await writers.steps.close(),
  };
  const parquetFiles = Object.values(written).flatMap((table) => table.files);
  const summary = ({ rows, tableHash }: { rows: number; tableHash: string }) => ({ rows, tableHash });
  const head: Omit<Manifest, "files"> = {
    format: DATASET_FORMAT,
    schemaVersion: SCHEMA_VERSION,
    runId: runInfo.runId,
    codeVersion: runInfo.codeVersion,
    createdAtMs: runInfo.createdAtMs,
    rewardFn: runInfo.rewardFn,
    license: runInfo.license,
    tables: {
      tasks: summary(written.tasks),
      trajectories: summary(written.trajectories),
      steps: summary(written.steps),
    },
    ...totals.manifestPart(),
    funnel: job.funnel,
    allow: job.allow,
  };
  const configs = [
    { name: "trajectories", schema: trajectoriesTable.schema, isDefault: true },
    { name: "steps", schema: stepsTable.schema, isDefault: false },
    { name: "tasks", schema: tasksTable.schema, isDefault: false },
  ];
  const card = datasetCard(runInfo.title, head, parquetFiles, configs, totals.scores());
  const cardFile = await writeDurably(folder, "README.md", card);
  // In the schema's order of keys: whoever reads it back must get the same text, since the ledger holds the text's hash.
  const manifest: Manifest = manifestSchema.parse({ ...head, files: [...parquetFiles, cardFile] });
  await syncTree(folder, parquetFiles);
  await writeDurably(folder, MANIFEST_NAME, manifestText(manifest));
  await syncFolder(folder);
  await readBack(folder);
  return manifest;
}

/** Reads all of it again with the reader that everybody uses: what cannot be read back takes nobody's place. */
async function readBack(folder: string): Promise<void> {
  for (const { what, problem } of await checkDataset(folder)) {
    if (problem !== null)
      throw new StoreError(`the dataset that was just written is wrong: ${what}: ${problem}`);
  }
}

function stepLimits(limits: TableLimits): TableLimits {
  return { ...limits, rowsPerGroup: limits.rowsPerGroup * STEP_ROWS_PER_ROW };
}
