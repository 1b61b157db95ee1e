// Builds a dataset's folder from finished rows: checks, hashes, Parquet, card, and the manifest last. It runs on a worker
// thread and does not ask where rows come from: a run's records and other systems' trajectories enter here alike.
import { StoreError } from "../core/errors.ts";
import { datasetCard } from "./card.ts";
import { checkDataset } from "./checkDataset.ts";
import { checkRollout, setCheck } from "./invariants.ts";
import { DATASET_FORMAT, MANIFEST_NAME, type Manifest, manifestSchema, manifestText } from "./manifest.ts";
import { syncFolder } from "./replaceFolder.ts";
import type { RolloutRows } from "./rows.ts";
import {
  SCHEMA_VERSION,
  stepsTable,
  type Table,
  type TaskRow,
  tasksTable,
  trajectoriesTable,
} from "./schema.ts";
import { splitNamed, splitWriters } from "./splitWriters.ts";
import { orderedTableHasher } from "./tableHash.ts";
import { tallies } from "./tallies.ts";
import { syncTree, writeDurably } from "./writeDurably.ts";
import type { TableLimits } from "./writeTable.ts";

/** What a dataset is called and where it comes from. */
export interface DatasetHead
  extends Pick<Manifest, "runId" | "codeVersion" | "createdAtMs" | "rewardFn" | "license" | "allow"> {
  /** Name on the card. */
  readonly title: string;
  /** What the card says first of the rows, in Markdown. */
  readonly introduction: string;
}

export interface DatasetBuilder {
  /** Takes the rows of one rollout. Contract: keys rise, and each call is awaited. Throws an InvariantError. */
  add(rows: RolloutRows): Promise<void>;
  /** Writes what is left, the tasks, the card and the manifest, and reads all of it back. `tasks` are in the order of their ids. */
  finish(tasks: readonly TaskRow[], funnel: Manifest["funnel"]): Promise<Manifest>;
}

/** What must be known of a task before the first of its rollouts is added. */
export type TaskPlace = Pick<TaskRow, "task_id" | "family" | "use" | "split">;

/** A step is small beside its rollout: row groups of as many rows as some hundred rollouts have steps. */
const STEP_ROWS_PER_ROW = 20;

/** Opens writers in an empty folder. */
export function datasetBuilder(
  folder: string,
  head: DatasetHead,
  tasks: readonly TaskPlace[],
  limits: TableLimits,
): DatasetBuilder {
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
    steps: canonical(stepsTable, { ...limits, rowsPerGroup: limits.rowsPerGroup * STEP_ROWS_PER_ROW }),
  };
  const check = setCheck(tasks);
  const totals = tallies();
  return {
    add: async (rows) => {
      checkRollout(rows);
      check.add(rows.trajectory);
      totals.add(rows.trajectory);
      const split = splitNamed(rows.trajectory.split);
      await writers.trajectories.add(split, trajectoriesTable.row.parse(rows.trajectory));
      for (const step of rows.steps) await writers.steps.add(split, stepsTable.row.parse(step));
    },
    finish: async (taskRows, funnel) => {
      for (const row of taskRows) await writers.tasks.add(splitNamed(row.split), tasksTable.row.parse(row));
      const written = {
        tasks: await writers.tasks.close(),
        trajectories: await writers.trajectories.close(),
        steps: await writers.steps.close(),
      };
      const parquetFiles = Object.values(written).flatMap((table) => table.files);
      const summary = ({ rows, tableHash }: { rows: number; tableHash: string }) => ({ rows, tableHash });
      const { title, introduction, ...said } = head;
      const manifestHead: Omit<Manifest, "files"> = {
        format: DATASET_FORMAT,
        schemaVersion: SCHEMA_VERSION,
        ...said,
        tables: {
          tasks: summary(written.tasks),
          trajectories: summary(written.trajectories),
          steps: summary(written.steps),
        },
        ...totals.manifestPart(taskRows),
        funnel,
      };
      const card = datasetCard(
        { title, introduction },
        manifestHead,
        parquetFiles,
        CONFIGS,
        totals.scores(taskRows),
        totals.signals(),
      );
      const cardFile = await writeDurably(folder, "README.md", card);
      // In the schema's order of keys: whoever reads it back must get the same text, since the ledger holds the text's hash.
      const manifest: Manifest = manifestSchema.parse({
        ...manifestHead,
        files: [...parquetFiles, cardFile],
      });
      await syncTree(folder, parquetFiles);
      await writeDurably(folder, MANIFEST_NAME, manifestText(manifest));
      await syncFolder(folder);
      await readBack(folder);
      return manifest;
    },
  };
}

const CONFIGS = [
  { name: "trajectories", schema: trajectoriesTable.schema, isDefault: true },
  { name: "steps", schema: stepsTable.schema, isDefault: false },
  { name: "tasks", schema: tasksTable.schema, isDefault: false },
];

/** Reads all of it again with the reader that everybody uses: what cannot be read back takes nobody's place. */
async function readBack(folder: string): Promise<void> {
  for (const { what, problem } of await checkDataset(folder)) {
    if (problem !== null)
      throw new StoreError(`the dataset that was just written is wrong: ${what}: ${problem}`);
  }
}
