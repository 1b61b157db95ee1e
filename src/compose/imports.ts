// Imports of what other systems recorded, with the thread they are made on.
import path from "node:path";
import { workerPool } from "../compute/workerPool.ts";
import { importTraj } from "../importers/traj/importTraj.ts";
import type { TrajReport } from "../importers/traj/trajWorker.ts";
import { checkRoom } from "../store/checkRoom.ts";
import type { World } from "./world.ts";

/** Enough for the largest file that an import takes, and what keeps an import of any number of files within 600 MB. */
const HEAP_MB_MAX = 384;

/** Imports MLGym's .traj files below the given paths as a dataset in `outDir`. */
export async function importTrajectories(
  world: World,
  of: { readonly paths: readonly string[]; readonly outDir: string },
  signal: AbortSignal,
): Promise<TrajReport> {
  const outDir = path.resolve(of.outDir);
  await checkRoom(outDir, 0);
  await using pool = workerPool({ workersMax: 1, waitingMax: 1, heapMbMax: HEAP_MB_MAX });
  return importTraj({
    paths: of.paths,
    outDir,
    codeVersion: world.codeVersion,
    createdAtMs: world.clock.now(),
    offThread: pool.runInWorker,
    signal,
  });
}
