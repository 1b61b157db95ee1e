// A run as anyone may read it, also while another process writes it: for status, reports and the viewer. Never writes.
import type { LedgerEvent } from "../core/ledger.ts";
import { fold, type RunState } from "../core/runState.ts";
import { type ArchiveReader, archiveReader } from "./archive.ts";
import { type BlobReader, blobReader } from "./blobs.ts";
import { readLedger } from "./ledger.ts";
import { lockOwner } from "./lock.ts";
import type { ProcessIdentity } from "./processIdentity.ts";
import { type RunJson, type RunPaths, readRunJson, runPaths } from "./runJson.ts";
import { readStepsLog, type StepsReader } from "./stepsLog.ts";

export interface RunReader {
  readonly paths: RunPaths;
  readonly runJson: RunJson;
  readonly events: readonly LedgerEvent[];
  readonly state: RunState;
  readonly archive: ArchiveReader;
  readonly blobs: BlobReader;
  /** The process that is writing it; null when none is: a run that is open without one was cut off. */
  readonly owner: ProcessIdentity | null;
  /** The steps of rollouts that are open in `state`; scans the whole steps log. */
  openSteps(): Promise<StepsReader>;
}

/** Reads a run as it stands. Throws UserError when the directory holds none, StoreError when the ledger is damaged. */
export async function readRun(directory: string): Promise<RunReader> {
  const paths = runPaths(directory);
  const runJson = await readRunJson(paths);
  // Asked first: a run that ends meanwhile then shows its end and an owner, not a cut-off run.
  const owner = await lockOwner(paths.lock);
  const { events } = await readLedger(paths.ledger);
  const state = fold(events);
  return {
    paths,
    runJson,
    events,
    state,
    archive: archiveReader(paths.archive),
    blobs: blobReader(paths.blobs),
    owner,
    openSteps: () => readStepsLog(paths.steps, (key, retry) => state.isOpen(key, retry)),
  };
}
