// Exports of a run's dataset, with the thread they are written on.
import path from "node:path";
import { workerPool } from "../compute/workerPool.ts";
import type { Allowance } from "../dataset/manifest.ts";
import { exportDataset } from "../export/exportDataset.ts";
import type { ExportReport } from "../export/exportReport.ts";
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
