// Exports of runs' datasets, with the thread they are written on.
import { stat } from "node:fs/promises";
import path from "node:path";
import { workerPool } from "../compute/workerPool.ts";
import { UserError } from "../core/errors.ts";
import { type Allowance, MANIFEST_NAME } from "../dataset/manifest.ts";
import { type ExportSource, exportDataset } from "../export/exportDataset.ts";
import type { ExportNews, ExportReport } from "../export/exportReport.ts";
import { checkRoom } from "../store/checkRoom.ts";
import { readStoredRun } from "./storedRun.ts";

export interface ExportRequest {
  readonly sources: readonly ExportSource[];
  readonly outDir: string;
  readonly recipe: string;
  readonly where?: string;
  readonly tokenizerDir?: string;
  readonly hear?: (news: ExportNews) => void;
}

/** Writes one recipe's export of one or more datasets into a folder. */
export async function exportRecipe(
  request: ExportRequest,
  signal: AbortSignal,
): Promise<{ readonly outDir: string; readonly report: ExportReport }> {
  const { outDir } = request;
  await checkRoom(outDir, 0);
  await using pool = workerPool({ workersMax: 1, waitingMax: 1 });
  const report = await exportDataset({ ...request, offThread: pool.runInWorker, signal });
  return { outDir, report };
}

/** A run's, or a dataset folder's, place among the sources of an export. */
export interface FoundSource extends ExportSource {
  /** Where its exports go unless somebody says otherwise; null for a dataset that belongs to no run. */
  readonly exportsDir: string | null;
}

/** Finds the dataset of a run directory, or a dataset folder itself. Without `allow` a run's rows leave as its pipeline says. */
export async function exportSource(
  directory: string,
  allow: readonly Allowance[] | null,
): Promise<FoundSource> {
  const isDataset = await stat(path.join(directory, MANIFEST_NAME)).then(
    () => true,
    () => false,
  );
  if (isDataset) return { datasetDir: directory, allow: allow ?? [], exportsDir: null };
  const { reader, pipeline } = await readStoredRun(directory, []);
  const { dataset, exports } = reader.paths;
  return { datasetDir: dataset, allow: allow ?? pipeline.allow, exportsDir: exports };
}

/** Where an export goes that nobody gave a place: into its one run. Throws a UserError where there are several, or none. */
export function defaultOutDir(sources: readonly FoundSource[], recipe: string): string {
  const [source, ...others] = sources;
  if (source !== undefined && others.length === 0 && source.exportsDir !== null) {
    return path.join(source.exportsDir, path.basename(recipe));
  }
  throw new UserError(
    others.length > 0
      ? `${sources.length} runs are exported as one; say where with --out DIR`
      : `${source?.datasetDir ?? "the dataset"} is a dataset and no run; say where its export goes with --out DIR`,
  );
}
