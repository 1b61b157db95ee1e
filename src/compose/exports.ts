// Exports of a run's dataset, with the thread they are written on.
import { readdir } from "node:fs/promises";
import path from "node:path";
import { workerPool } from "../compute/workerPool.ts";
import { UserError } from "../core/errors.ts";
import type { Allowance } from "../dataset/manifest.ts";
import { exportDataset } from "../export/exportDataset.ts";
import { type ExportReport, REPORT_NAME } from "../export/exportReport.ts";
import { checkRoom } from "../store/checkRoom.ts";

/** Writes one recipe's export of a dataset into `exportsDir/<recipe>`, or wherever `outDir` says. */
export async function exportRecipe(
  of: {
    datasetDir: string;
    exportsDir: string;
    recipe: string;
    outDir?: string;
    allow: readonly Allowance[];
  },
  signal: AbortSignal,
): Promise<{ readonly outDir: string; readonly report: ExportReport }> {
  const { datasetDir, recipe, allow } = of;
  const outDir = of.outDir ?? path.join(of.exportsDir, path.basename(recipe));
  await checkRoom(outDir, 0);
  if (of.outDir !== undefined) await checkReplaceable(of.outDir);
  await using pool = workerPool({ workersMax: 1, waitingMax: 1 });
  const report = await exportDataset({
    datasetDir,
    recipe,
    outDir,
    allow,
    offThread: pool.runInWorker,
    signal,
  });
  return { outDir, report };
}

/** An export replaces its folder as a whole: only an earlier export or nothing may stand where the user names one. */
async function checkReplaceable(folder: string): Promise<void> {
  const names: readonly string[] = await readdir(folder).catch(() => []);
  const [found] = names.filter((name) => name !== REPORT_NAME);
  if (found === undefined || names.includes(REPORT_NAME)) return;
  throw new UserError(
    `--out ${folder}: the folder is not empty (it holds ${found}) and is no earlier export, and an export replaces it as a whole; name a new one`,
  );
}
