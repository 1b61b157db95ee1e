// Exports a finished dataset by a recipe: the one door of this room. The work is done on another thread; the finished
// folder takes its place as a whole.
import { readdir } from "node:fs/promises";
import { UserError } from "../core/errors.ts";
import { suggestion } from "../core/nearest.ts";
import type { Allowance } from "../dataset/manifest.ts";
import { besides, type OffThread } from "../dataset/offThread.ts";
import { replaceFolder } from "../dataset/replaceFolder.ts";
import { type ExportReport, exportReportSchema, REPORT_NAME } from "./exportReport.ts";
import { RECIPE_NAMES } from "./recipes.ts";

export interface ExportOptions {
  /** A finished dataset's folder. */
  readonly datasetDir: string;
  /** One of RECIPE_NAMES; text, since it comes from the user. */
  readonly recipe: string;
  /** The export's folder; what was there before is replaced as a whole. */
  readonly outDir: string;
  readonly allow: readonly Allowance[];
  readonly offThread: OffThread;
  readonly signal: AbortSignal;
}

/**
 * Exports kept rollouts only. Throws a UserError for an unknown recipe, and for rows of scripted policies or benchmark tasks
 * that are not allowed; the old export then stays as it was. Throws a StoreError where there is no finished dataset.
 */
export async function exportDataset(options: ExportOptions): Promise<ExportReport> {
  const { datasetDir, outDir, allow, offThread, signal } = options;
  const recipe = RECIPE_NAMES.find((name) => name === options.recipe);
  if (recipe === undefined) {
    throw new UserError(
      `there is no export recipe ${JSON.stringify(options.recipe)}; ${suggestion(options.recipe, RECIPE_NAMES)}`,
    );
  }
  await refuseForeign(outDir);
  return replaceFolder(outDir, async (folder) => {
    const job = { folder, datasetDir, recipe, allow: [...allow] };
    return exportReportSchema.parse(await offThread(besides(import.meta.url, "exportWorker"), job, signal));
  });
}

/** An export takes the place of an older export, and of nothing else. */
async function refuseForeign(outDir: string): Promise<void> {
  const names = await readdir(outDir).catch((): string[] => []);
  if (names.length === 0 || names.includes(REPORT_NAME)) return;
  throw new UserError(`${outDir} is not empty (it holds ${names[0]}) and is no export; name a new folder`);
}
