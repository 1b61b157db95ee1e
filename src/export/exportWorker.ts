// The part of an export that runs on a worker thread: reads the datasets, converts rollouts, writes rows, card and, last, the
// report.
import { z } from "zod";
import { UserError } from "../core/errors.ts";
import type { PlainRow } from "../dataset/cells.ts";
import { ALLOWANCES, type ManifestFile } from "../dataset/manifest.ts";
import { mergedRollouts, mergedTasks, type Source, splitsOf } from "../dataset/mergedDatasets.ts";
import { openDataset } from "../dataset/openDataset.ts";
import { syncFolder } from "../dataset/replaceFolder.ts";
import { splitNamed } from "../dataset/splitWriters.ts";
import { verifyFiles } from "../dataset/verifyFiles.ts";
import { type Where, whereOf } from "../dataset/where.ts";
import { syncTree, writeDurably } from "../dataset/writeDurably.ts";
import { refuseUnlessAllowed } from "./allowed.ts";
import { exportBooks } from "./exportBooks.ts";
import { exportCard } from "./exportCard.ts";
import { type ExportNews, type ExportReport, REPORT_FORMAT, REPORT_NAME } from "./exportReport.ts";
import { openChatTokenizer } from "./openChatTokenizer.ts";
import { passedOver } from "./passedOver.ts";
import type { Closing, Conversion, MoreRow, Recipe } from "./recipe.ts";
import { RECIPE_NAMES, RECIPES } from "./recipes.ts";
import type { Sink } from "./sink.ts";
import { parquetSink, sinkOf } from "./sinkOf.ts";
import { mergedSurvey } from "./sources.ts";

export const exportJobSchema = z.strictObject({
  folder: z.string(),
  sources: z.array(z.strictObject({ datasetDir: z.string(), allow: z.array(z.enum(ALLOWANCES)) })).min(1),
  recipe: z.enum(RECIPE_NAMES),
  where: z.string().nullable(),
  /** A folder with tokenizer.json and a chat template. */
  tokenizerDir: z.string().nullable(),
});
export type ExportJob = z.infer<typeof exportJobSchema>;

/** Rollouts between two pieces of news. */
const NEWS_EVERY = 50;

export async function run(
  input: unknown,
  _feed: AsyncIterable<unknown>,
  tell: (news: ExportNews) => void,
): Promise<ExportReport> {
  const job = exportJobSchema.parse(input);
  const recipe: Recipe = RECIPES[job.recipe];
  const where = job.where === null ? null : whereOf(job.where);
  const sources = await openSources(job);
  const total = sources.reduce((sum, { dataset }) => sum + dataset.manifest.tables.trajectories.rows, 0);
  const news = (phase: ExportNews["phase"], done: number, rows: number) => tell({ phase, done, total, rows });
  news("checking", 0, 0);
  for (const { dataset } of sources) await verifyFiles(dataset);

  const conversion: Conversion<PlainRow> = recipe.open({
    tasks: await mergedTasks(sources, recipe.moreTables !== undefined),
    tokenizer: job.tokenizerDir === null ? null : await openChatTokenizer(job.tokenizerDir),
  });
  await survey(conversion, recipe, sources, where, (done) => news("surveying", done, 0));

  const sink = sinkOf(job.folder, recipe);
  const more = moreSinks(job.folder, recipe);
  for (const { table, row } of conversion.ahead?.() ?? []) {
    await more.add(String(row["split"]), { table, row });
  }
  const books = exportBooks();
  const fate = conversion.survey === undefined ? "now" : "later";
  let done = 0;
  for (const split of splitsOf(sources)) {
    for await (const { rollout, source, repeats } of mergedRollouts(sources, split)) {
      if (done++ % NEWS_EVERY === 0) news("converting", done, books.rows());
      const reason = passedOver(rollout.trajectory, recipe, where);
      if (reason !== null) {
        books.passOver(reason, repeats);
        continue;
      }
      refuseUnlessAllowed(rollout.trajectory, source.allow);
      const exported = conversion.convert(rollout);
      for (const row of exported.rows) await sink.add(split, recipe.table.row.parse(row));
      for (const row of exported.more ?? []) await more.add(split, row);
      books.enter(split, rollout, exported, repeats, fate);
    }
  }
  const closing: Closing = conversion.close?.() ?? { notes: [], figures: {} };
  books.settle(closing.fates ?? []);
  news("closing", total, books.rows());

  const written = await sink.close();
  const moreWritten = await more.close();
  const entries = books.entries();
  refuseAbsentIds(recipe, written.rows, entries.rollouts.leftOut.tokenIdsAbsent ?? 0);
  const head: Omit<ExportReport, "files"> = {
    format: REPORT_FORMAT,
    recipe: recipe.name,
    schemaVersion: recipe.schemaVersion,
    sources: sources.map(({ dataset: { manifest } }) => ({
      runId: manifest.runId,
      codeVersion: manifest.codeVersion,
      trajectoriesTableHash: manifest.tables.trajectories.tableHash,
    })),
    where: job.where,
    allow: ALLOWANCES.filter((allowance) => sources.some(({ allow }) => allow.includes(allowance))),
    rows: written.rows,
    tableHash: written.tableHash,
    moreRows: Object.fromEntries(
      moreWritten.map(({ table, rows, tableHash }) => [table, { rows, tableHash }] as const),
    ),
    ...entries,
    notes: [...closing.notes],
    figures: { ...closing.figures },
  };
  const rowFiles: ManifestFile[] = [...written.files, ...moreWritten.flatMap(({ files }) => files)];
  const files: ManifestFile[] = [...rowFiles];
  for (const { path, text } of recipe.companions?.(rowFiles) ?? []) {
    files.push(await writeDurably(job.folder, path, text));
  }
  const card = exportCard(recipe, head, commonLicense(sources), files);
  files.push(await writeDurably(job.folder, "README.md", card));
  const report: ExportReport = { ...head, files };
  await syncTree(job.folder, rowFiles);
  await writeDurably(job.folder, REPORT_NAME, `${JSON.stringify(report, null, 2)}\n`);
  await syncFolder(job.folder);
  return report;
}

async function openSources({ sources }: ExportJob): Promise<readonly Source[]> {
  const opened: Source[] = [];
  for (const { datasetDir, allow } of sources) opened.push({ dataset: await openDataset(datasetDir), allow });
  return opened;
}

async function survey(
  conversion: Conversion<PlainRow>,
  recipe: Recipe,
  sources: readonly Source[],
  where: Where | null,
  tell: (done: number) => void,
): Promise<void> {
  if (conversion.survey === undefined) return;
  let done = 0;
  for (const split of splitsOf(sources)) {
    for await (const { trajectory, steps, columns } of mergedSurvey(sources, split, where?.columns ?? [])) {
      if (done++ % NEWS_EVERY === 0) tell(done);
      const chosen = passedOver({ ...columns, ...trajectory }, recipe, where) === null;
      conversion.survey({ trajectory, steps, chosen });
    }
  }
}

/** The sinks of a recipe's other tables. */
function moreSinks(root: string, { moreTables = [], schemaVersion }: Recipe) {
  const sinks = new Map<string, { readonly sink: Sink; readonly row: z.ZodObject }>(
    moreTables.map((table) => [
      table.name,
      { sink: parquetSink(root, table, schemaVersion), row: table.row },
    ]),
  );
  return {
    add: async (split: string, { table, row }: MoreRow) => {
      const found = sinks.get(table);
      if (found === undefined) throw new RangeError(`the recipe has no table ${table}`);
      await found.sink.add(splitNamed(split), found.row.parse(row));
    },
    close: async () => {
      const written: ({ readonly table: string } & Awaited<ReturnType<Sink["close"]>>)[] = [];
      for (const [table, { sink }] of sinks) written.push({ table, ...(await sink.close()) });
      return written;
    },
  };
}

/** An export of ids where there are none is the user's mistake, not an empty file. */
function refuseAbsentIds(recipe: Recipe, rows: number, absent: number): void {
  if (rows > 0 || absent === 0) return;
  throw new UserError(
    `${recipe.name} takes token ids as the server returned them, and none of ${absent} kept rollouts has them; capture them ` +
      "(docs/serve.md, `extraBody: {return_token_ids: true, logprobs: true}`), or export `sft_tokenized --tokenizer DIR`, which " +
      "tokenises the text anew and says so",
  );
}

/** The licence that all datasets state; null where they differ or one states none. */
function commonLicense(sources: readonly Source[]): string | null {
  const licenses = new Set(sources.map(({ dataset }) => dataset.manifest.license));
  const [license] = licenses;
  return licenses.size === 1 ? (license ?? null) : null;
}
