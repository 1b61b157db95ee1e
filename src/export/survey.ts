// The look that comparing recipes take at all rollouts before the first row: a few columns, read as streams.
import { join } from "node:path";
import { z } from "zod";
import { StoreError } from "../core/errors.ts";
import { type PlainRow, withLateColumns } from "../dataset/cells.ts";
import type { Dataset } from "../dataset/openDataset.ts";
import { readRows } from "../dataset/readTable.ts";
import {
  stepRowSchema,
  stepsTable,
  type Table,
  trajectoriesTable,
  trajectoryRowSchema,
} from "../dataset/schema.ts";
import type { Split } from "../dataset/splitOf.ts";

const surveyedTrajectorySchema = z.object(
  trajectoryRowSchema.pick({
    trajectory_id: true,
    group_id: true,
    task_id: true,
    reward: true,
    filter_decision: true,
  }).shape,
);
const surveyedStepSchema = z.object(
  stepRowSchema.pick({ trajectory_id: true, step_index: true, prompt_sha256: true, train: true }).shape,
);

/** What a survey shows of a rollout. */
export interface SurveyedRollout {
  readonly trajectory: z.infer<typeof surveyedTrajectorySchema>;
  readonly steps: readonly z.infer<typeof surveyedStepSchema>[];
  /** Whether it will be converted: kept (or the recipe takes all), and `--where` holds of it. */
  readonly chosen: boolean;
}

/** A rollout of a survey with whatever columns were asked for besides. */
export interface SurveyRow extends Omit<SurveyedRollout, "chosen"> {
  readonly columns: PlainRow;
}

/** The rollouts of a split in key order, `columns` of the trajectories besides the survey's own. */
export async function* surveyRows(
  dataset: Dataset,
  split: Split,
  columns: readonly string[],
): AsyncGenerator<SurveyRow> {
  const wanted = [...Object.keys(surveyedTrajectorySchema.shape), ...columns];
  const steps = rowsOf(dataset, stepsTable, split, Object.keys(surveyedStepSchema.shape), surveyedStepSchema);
  try {
    let next = await steps.next();
    for await (const { row, plain } of rowsOf(
      dataset,
      trajectoriesTable,
      split,
      wanted,
      surveyedTrajectorySchema,
    )) {
      const own: z.infer<typeof surveyedStepSchema>[] = [];
      while (next.done !== true && next.value.row.trajectory_id === row.trajectory_id) {
        own.push(next.value.row);
        next = await steps.next();
      }
      yield { trajectory: row, steps: own, columns: plain };
    }
  } finally {
    await steps.return(undefined);
  }
}

async function* rowsOf<Row extends z.ZodObject>(
  { dir, manifest }: Dataset,
  table: Table,
  split: Split,
  columns: readonly string[],
  schema: Row,
): AsyncGenerator<{ readonly row: z.infer<Row>; readonly plain: PlainRow }> {
  for (const file of manifest.files) {
    if (file.table !== table.name || file.split !== split) continue;
    const path = join(dir, file.path);
    for await (const read of readRows(path, columns)) {
      const plain = withLateColumns(table.schema, read);
      const row = schema.safeParse(plain);
      if (!row.success)
        throw new StoreError(`${path}: a row is not one of ${table.name} (${row.error.message})`);
      yield { row: row.data, plain };
    }
  }
}
