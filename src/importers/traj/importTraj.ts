// Imports .traj files as a dataset: the one door of this importer. The work is done on another thread; the finished folder
// takes its place as a whole.
import { mkdir, readdir, rmdir } from "node:fs/promises";
import path from "node:path";
import { UserError } from "../../core/errors.ts";
import { MANIFEST_NAME } from "../../dataset/manifest.ts";
import { besides, type OffThread } from "../../dataset/offThread.ts";
import { replaceFolder } from "../../dataset/replaceFolder.ts";
import type { TableLimits } from "../../dataset/writeTable.ts";
import { findTrajFiles } from "./findTrajFiles.ts";
import { type TrajJob, type TrajReport, trajReportSchema } from "./trajWorker.ts";

export interface ImportTrajOptions {
  /** Files and folders as the user names them. */
  readonly paths: readonly string[];
  /** The dataset's folder; an older dataset there is replaced as a whole. */
  readonly outDir: string;
  readonly codeVersion: string;
  readonly createdAtMs: number;
  readonly offThread: OffThread;
  readonly signal: AbortSignal;
  /** Sizes of row groups and shards; only tests differ. */
  readonly limits?: TableLimits;
}

/** Small row groups: an import runs on whatever machine somebody looks at data with. */
const IMPORT_LIMITS: TableLimits = {
  rowsPerGroup: 50,
  bytesPerGroup: 4_000_000,
  bytesPerShard: 500_000_000,
};

/**
 * Writes the dataset and says what became of every file. Throws a UserError for paths without trajectories, for a folder that is
 * no dataset, and where not one file can be taken; what was in `outDir` then stays as it was.
 */
export async function importTraj(options: ImportTrajOptions): Promise<TrajReport> {
  const { paths, outDir, codeVersion, createdAtMs, offThread, signal, limits = IMPORT_LIMITS } = options;
  const files = await findTrajFiles(paths);
  await refuseForeign(outDir);
  const parent = path.dirname(outDir);
  const made = await mkdir(parent, { recursive: true });
  try {
    return await replaceFolder(outDir, async (folder) => {
      const title = "MLGym trajectories";
      const said = { title, runId: "import-traj", codeVersion, createdAtMs };
      const job: TrajJob = { folder, files: [...files], ...said, limits };
      return trajReportSchema.parse(await offThread(besides(import.meta.url, "trajWorker"), job, signal));
    });
  } catch (error) {
    if (made !== undefined) await removeEmpty(parent, made);
    throw error;
  }
}

/** Takes back the folders that were made for an import which came to nothing, from the innermost to `top`. */
async function removeEmpty(innermost: string, top: string): Promise<void> {
  for (let folder = innermost; folder.startsWith(top); folder = path.dirname(folder)) {
    const isGone = await rmdir(folder).then(
      () => true,
      () => false,
    );
    if (!isGone) return;
  }
}

/** An import takes the place of an older dataset, and of nothing else. */
async function refuseForeign(outDir: string): Promise<void> {
  const names = await readdir(outDir).catch((): string[] => []);
  if (names.length === 0 || names.includes(MANIFEST_NAME)) return;
  throw new UserError(`${outDir} is not empty (it holds ${names[0]}) and is no dataset; name a new folder`);
}
