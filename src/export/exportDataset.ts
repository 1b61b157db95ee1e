// Exports finished datasets by a recipe: the one door of this room. The work is done on another thread; the finished folder
// takes its place as a whole.
import { readdir } from "node:fs/promises";
import { UserError } from "../core/errors.ts";
import { suggestion } from "../core/nearest.ts";
import type { Allowance } from "../dataset/manifest.ts";
import { besides, type OffThread } from "../dataset/offThread.ts";
import { replaceFolder } from "../dataset/replaceFolder.ts";
import { whereOf } from "../dataset/where.ts";
import {
  type ExportNews,
  type ExportReport,
  exportNewsSchema,
  exportReportSchema,
  REPORT_NAME,
} from "./exportReport.ts";
import type { ExportJob } from "./exportWorker.ts";
import type { Recipe } from "./recipe.ts";
import { RECIPE_NAMES, RECIPES, type RecipeName } from "./recipes.ts";

export interface ExportSource {
  /** A finished dataset's folder. */
  readonly datasetDir: string;
  /** Which of its rows may leave the house. */
  readonly allow: readonly Allowance[];
}

export interface ExportOptions {
  /** One or more; a rollout that stands in several is taken once. */
  readonly sources: readonly ExportSource[];
  /** One of RECIPE_NAMES; text, since it comes from the user. */
  readonly recipe: string;
  /** A condition on columns of the trajectories; see docs/exports.md. */
  readonly where?: string;
  /** A folder with tokenizer.json and a chat template, for recipes that tokenise. */
  readonly tokenizerDir?: string;
  /** The export's folder; what was there before is replaced as a whole. */
  readonly outDir: string;
  readonly offThread: OffThread;
  readonly hear?: (news: ExportNews) => void;
  readonly signal: AbortSignal;
}

/**
 * Exports kept rollouts only. Throws a UserError for an unknown recipe, a condition that cannot be, datasets that contradict each
 * other, ids that are wanted and absent, and for rows of scripted policies or benchmark tasks that are not allowed; the old export
 * then stays as it was. Throws a StoreError where there is no finished dataset.
 */
export async function exportDataset(options: ExportOptions): Promise<ExportReport> {
  const { sources, outDir, where, tokenizerDir, offThread, hear, signal } = options;
  const recipe = recipeNamed(options.recipe);
  if (where !== undefined) whereOf(where);
  checkTokenizer(RECIPES[recipe], tokenizerDir);
  await refuseForeign(outDir);
  return replaceFolder(outDir, async (folder) => {
    const job: ExportJob = {
      folder,
      sources: sources.map(({ datasetDir, allow }) => ({ datasetDir, allow: [...allow] })),
      recipe,
      where: where ?? null,
      tokenizerDir: tokenizerDir ?? null,
    };
    const heard = (news: unknown) => hear?.(exportNewsSchema.parse(news));
    const done = await offThread(besides(import.meta.url, "exportWorker"), job, signal, undefined, heard);
    return exportReportSchema.parse(done);
  });
}

/** Throws a UserError that names the nearest recipe. */
export function recipeNamed(text: string): RecipeName {
  const recipe = RECIPE_NAMES.find((name) => name === text);
  if (recipe !== undefined) return recipe;
  throw new UserError(`there is no export recipe ${JSON.stringify(text)}; ${suggestion(text, RECIPE_NAMES)}`);
}

function checkTokenizer({ name, tokenizer }: Recipe, dir: string | undefined): void {
  if (tokenizer === "needed" && dir === undefined) {
    throw new UserError(
      `${name} tokenises text: name a folder with tokenizer.json and a chat template, as models come in, with --tokenizer DIR`,
    );
  }
  if (tokenizer === undefined && dir !== undefined) {
    throw new UserError(`${name} tokenises nothing; leave --tokenizer out`);
  }
}

/** An export takes the place of an older export, and of nothing else. */
async function refuseForeign(outDir: string): Promise<void> {
  const names = await readdir(outDir).catch((): string[] => []);
  if (names.length === 0 || names.includes(REPORT_NAME)) return;
  throw new UserError(`${outDir} is not empty (it holds ${names[0]}) and is no export; name a new folder`);
}
