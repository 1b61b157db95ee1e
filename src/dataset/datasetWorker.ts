// The part of writing a run's dataset that runs on a worker thread: a record of each finished rollout becomes rows.
import { z } from "zod";
import { datasetBuilder } from "./buildDataset.ts";
import { OWN_INTRODUCTION } from "./card.ts";
import { ALLOWANCES, funnelSchema, type Manifest } from "./manifest.ts";
import { datasetRecordSchema, runInfoSchema, taskInfoSchema } from "./records.ts";
import { rolloutRows } from "./rows.ts";
import { taskRow } from "./taskRow.ts";
import { tableLimitsSchema } from "./writeTable.ts";

export const datasetJobSchema = z.strictObject({
  folder: z.string(),
  tasks: z.array(taskInfoSchema),
  runInfo: runInfoSchema,
  funnel: funnelSchema,
  allow: z.array(z.enum(ALLOWANCES)),
  limits: tableLimitsSchema,
});
export type DatasetJob = z.infer<typeof datasetJobSchema>;

/** Writes everything into the job's empty folder from a feed of dataset records in key order; returns the manifest. */
export async function run(input: unknown, feed: AsyncIterable<unknown>): Promise<Manifest> {
  const { folder, runInfo, limits, funnel, allow, ...job } = datasetJobSchema.parse(input);
  const { runId, codeVersion, createdAtMs, rewardFn, license, title } = runInfo;
  const tasks = [...job.tasks].sort((a, b) => (a.id < b.id ? -1 : 1));
  const taskById = new Map(tasks.map((task) => [task.id, task]));
  const taskRows = tasks.map((task) => taskRow(task, rewardFn));
  const head = { runId, codeVersion, createdAtMs, rewardFn, license, allow, title };
  const builder = datasetBuilder(folder, { ...head, introduction: OWN_INTRODUCTION }, taskRows, limits);
  for await (const item of feed) {
    const record = datasetRecordSchema.parse(item);
    const task = taskById.get(record.trajectory.cell.taskId);
    if (task === undefined) {
      throw new RangeError(
        `rollout ${record.trajectory.key}: no task ${record.trajectory.cell.taskId} was given`,
      );
    }
    await builder.add(rolloutRows(record, task, runInfo));
  }
  return builder.finish(taskRows, funnel);
}
