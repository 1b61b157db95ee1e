// Reads a finished dataset: its manifest, its tables, and rollouts with their steps, all as streams. Every row is checked
// against its table, and rollouts against the invariants, as they were when they were written.
import { join } from "node:path";
import type { z } from "zod";
import { StoreError } from "../core/errors.ts";
import { checkRollout, setCheck } from "./invariants.ts";
import { type Manifest, readManifest } from "./manifest.ts";
import { readTable } from "./readTable.ts";
import { recoverFolder } from "./replaceFolder.ts";
import type { RolloutRows } from "./rows.ts";
import {
  type StepRow,
  stepsTable,
  type Table,
  type TaskRow,
  type TrajectoryRow,
  tasksTable,
  trajectoriesTable,
} from "./schema.ts";
import { SPLITS, type Split } from "./splitOf.ts";

export interface Dataset {
  readonly dir: string;
  readonly manifest: Manifest;
  /** Splits that have trajectories, in the order of SPLITS. */
  readonly splits: readonly Split[];
  tasks(): AsyncIterable<TaskRow>;
  trajectories(split: Split): AsyncIterable<TrajectoryRow>;
  steps(split: Split): AsyncIterable<StepRow>;
  /** Each trajectory with its steps, in key order; at most one rollout and two row groups in memory. */
  rollouts(split: Split): AsyncIterable<RolloutRows>;
}

/** Opens a dataset folder. Throws a StoreError where there is no finished dataset. */
export async function openDataset(dir: string): Promise<Dataset> {
  await recoverFolder(dir);
  const manifest = await readManifest(dir);
  const read = <Row extends z.ZodObject>(table: Table<Row>, split: Split | null) =>
    readFiles(dir, manifest, table, split);
  return {
    dir,
    manifest,
    splits: SPLITS.filter((split) => (manifest.rowsBySplit[split] ?? 0) > 0),
    tasks: () => read(tasksTable, null),
    trajectories: (split) => read(trajectoriesTable, split),
    steps: (split) => read(stepsTable, split),
    rollouts: (split) =>
      joined(read(tasksTable, null), read(trajectoriesTable, split), read(stepsTable, split)),
  };
}

async function* readFiles<Row extends z.ZodObject>(
  dir: string,
  manifest: Manifest,
  table: Table<Row>,
  split: Split | null,
): AsyncGenerator<z.infer<Row>> {
  for (const file of manifest.files) {
    if (file.table === table.name && (split === null || file.split === split)) {
      yield* readTable(join(dir, file.path), table);
    }
  }
}

async function* joined(
  tasks: AsyncIterable<TaskRow>,
  trajectories: AsyncIterable<TrajectoryRow>,
  steps: AsyncGenerator<StepRow>,
): AsyncGenerator<RolloutRows> {
  const taskRows: TaskRow[] = [];
  for await (const task of tasks) taskRows.push(task);
  const check = setCheck(taskRows);
  try {
    let next = await steps.next();
    for await (const trajectory of trajectories) {
      const own: StepRow[] = [];
      while (next.done !== true && next.value.trajectory_id === trajectory.trajectory_id) {
        own.push(next.value);
        next = await steps.next();
      }
      const rows = { trajectory, steps: own };
      checkRollout(rows);
      check.add(trajectory);
      yield rows;
    }
    if (next.done !== true) {
      throw new StoreError(`step ${next.value.step_index} of ${next.value.trajectory_id} has no trajectory`);
    }
  } finally {
    await steps.return(undefined);
  }
}
