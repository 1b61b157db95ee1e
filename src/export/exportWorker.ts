// The part of an export that runs on a worker thread: reads the dataset, converts kept rollouts, writes Parquet, card and,
// last, the report.
import { z } from "zod";
import { UserError } from "../core/errors.ts";
import { ALLOWANCES, type Allowance, type ManifestFile } from "../dataset/manifest.ts";
import { openDataset } from "../dataset/openDataset.ts";
import { syncFolder } from "../dataset/replaceFolder.ts";
import { isSampled, REPLAY_PROVIDER, type RolloutRows, SCRIPTED_PROVIDER } from "../dataset/rows.ts";
import { splitWriters } from "../dataset/splitWriters.ts";
import { sortingTableHasher } from "../dataset/tableHash.ts";
import { verifyFiles } from "../dataset/verifyFiles.ts";
import { syncTree, writeDurably } from "../dataset/writeDurably.ts";
import { TABLE_LIMITS } from "../dataset/writeTable.ts";
import { exportCard } from "./exportCard.ts";
import { type ExportReport, type LeftOutCounts, REPORT_FORMAT, REPORT_NAME } from "./exportReport.ts";
import type { LeftOutReason, Recipe } from "./recipe.ts";
import { RECIPE_NAMES, RECIPES } from "./recipes.ts";

export const exportJobSchema = z.strictObject({
  folder: z.string(),
  datasetDir: z.string(),
  recipe: z.enum(RECIPE_NAMES),
  allow: z.array(z.enum(ALLOWANCES)),
});
export type ExportJob = z.infer<typeof exportJobSchema>;

/** Rows of a recipe are conversations: groups as the canonical trajectories have them. */
const LIMITS = TABLE_LIMITS;

export async function run(input: unknown): Promise<ExportReport> {
  const job = exportJobSchema.parse(input);
  const recipe: Recipe = RECIPES[job.recipe];
  const dataset = await openDataset(job.datasetDir);
  await verifyFiles(dataset);
  const hasher = sortingTableHasher(recipe.table);
  const writers = splitWriters({
    root: job.folder,
    table: recipe.table,
    schemaVersion: recipe.schemaVersion,
    hasher,
    limits: LIMITS,
  });
  const books = openBooks();
  for (const split of dataset.splits) {
    for await (const rollout of dataset.rollouts(split)) {
      books.read++;
      if (rollout.trajectory.filter_decision !== "keep") {
        count(books.rolloutsLeftOut, "notKept");
        continue;
      }
      refuseUnlessAllowed(rollout, job.allow);
      const { rows, leftOut, turnsCut } = recipe.convert(rollout);
      for (const row of rows) await writers.add(split, recipe.table.row.parse(row));
      for (const reason of leftOut) count(books.branchesLeftOut, reason);
      const first = leftOut[0];
      if (rows.length > 0) books.exported++;
      else if (first !== undefined) count(books.rolloutsLeftOut, first);
      books.turnsCut += turnsCut;
      books.rows.set(split, (books.rows.get(split) ?? 0) + rows.length);
      books.trainedTurns += trainedTurns(rows);
      if (rollout.trajectory.provider === SCRIPTED_PROVIDER) books.scripted += rows.length;
      if (rollout.trajectory.provider === REPLAY_PROVIDER) books.replayed += rows.length;
      if (rollout.trajectory.task_use === "benchmark") books.benchmark += rows.length;
    }
  }
  const written = await writers.close();
  const { manifest } = dataset;
  const head: Omit<ExportReport, "files"> = {
    format: REPORT_FORMAT,
    recipe: recipe.name,
    schemaVersion: recipe.schemaVersion,
    source: {
      runId: manifest.runId,
      codeVersion: manifest.codeVersion,
      trajectoriesTableHash: manifest.tables.trajectories.tableHash,
    },
    allow: job.allow,
    rows: written.rows,
    tableHash: written.tableHash,
    rowsBySplit: Object.fromEntries(books.rows),
    rollouts: { read: books.read, exported: books.exported, leftOut: books.rolloutsLeftOut },
    branchesLeftOut: books.branchesLeftOut,
    turnsCut: books.turnsCut,
    trainedTurns: books.trainedTurns,
    scriptedRows: books.scripted,
    replayedRows: books.replayed,
    benchmarkRows: books.benchmark,
  };
  const card = exportCard(recipe, head, manifest.license, written.files);
  const files: ManifestFile[] = [...written.files, await writeDurably(job.folder, "README.md", card)];
  const report: ExportReport = { ...head, files };
  await syncTree(job.folder, written.files);
  await writeDurably(job.folder, REPORT_NAME, `${JSON.stringify(report, null, 2)}\n`);
  await syncFolder(job.folder);
  return report;
}

interface Books {
  read: number;
  exported: number;
  readonly rolloutsLeftOut: LeftOutCounts;
  readonly branchesLeftOut: LeftOutCounts;
  turnsCut: number;
  trainedTurns: number;
  readonly rows: Map<string, number>;
  scripted: number;
  replayed: number;
  benchmark: number;
}

function openBooks(): Books {
  return {
    read: 0,
    exported: 0,
    rolloutsLeftOut: {},
    branchesLeftOut: {},
    turnsCut: 0,
    trainedTurns: 0,
    rows: new Map(),
    scripted: 0,
    replayed: 0,
    benchmark: 0,
  };
}

/** Rows of scripted policies, of replays, of benchmarks and of tasks not to train on leave the house only where somebody said so. */
function refuseUnlessAllowed({ trajectory }: RolloutRows, allow: readonly Allowance[]): void {
  const refuse = (allowance: Allowance, what: string) => {
    throw new UserError(
      `rollout ${trajectory.trajectory_id} ${what}; such rows are exported only with ` +
        `\`allow: [${allowance}]\` in the pipeline or \`--allow ${allowance}\` on the command line`,
    );
  };
  if (trajectory.provider === SCRIPTED_PROVIDER && !allow.includes("scripted")) {
    refuse("scripted", "was played by a scripted policy");
  }
  if (trajectory.provider === REPLAY_PROVIDER && !allow.includes("replay")) {
    refuse("replay", "is a replay of a recorded one");
  }
  if (trajectory.task_use === "benchmark" && !allow.includes("benchmark")) {
    refuse("benchmark", `is of the benchmark task ${trajectory.task_id}`);
  }
  const { task_use: use, trainable, provider, output_terms: terms } = trajectory;
  if (terms === "forbidden") {
    throw new UserError(
      `rollout ${trajectory.trajectory_id} was played by ${trajectory.model}, whose terms forbid training on its replies ` +
        "(`outputTerms: forbidden` in the pipeline); no allowance lets such rows out: leave them out by a filter",
    );
  }
  if (use === "train" && !trainable && isSampled(provider) && !allow.includes("notTrainable")) {
    refuse("notTrainable", `is of the task ${trajectory.task_id}, whose task.yaml says \`notTrainable\``);
  }
}

function count(counts: LeftOutCounts, reason: LeftOutReason): void {
  counts[reason] = (counts[reason] ?? 0) + 1;
}

function trainedTurns(rows: readonly { readonly [column: string]: unknown }[]): number {
  return rows.reduce(
    (sum, row) => sum + (typeof row["trained_turns"] === "number" ? row["trained_turns"] : 0),
    0,
  );
}
