// A run's directory, created and opened for writing by one process. Whoever only reads uses readRun.ts.
import { mkdir, readdir } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { UserError } from "../core/errors.ts";
import type { Ledger, LedgerEvent } from "../core/ledger.ts";
import { attemptId, fold, type RunState } from "../core/runState.ts";
import type { BlobStore } from "../core/sandbox.ts";
import type { StepsLogRecord } from "../core/trajectory.ts";
import { type OpenArchive, openArchive } from "./archive.ts";
import { openBlobs } from "./blobs.ts";
import { type Disk, fileErrorCode, syncFolder } from "./disk.ts";
import { openLedger } from "./ledger.ts";
import { takeLock } from "./lock.ts";
import {
  RUN_FORMAT_VERSION,
  type RunJson,
  type RunPaths,
  readRunJson,
  runJsonSchema,
  runPaths,
} from "./runJson.ts";
import { type OpenStepsLog, openStepsLog } from "./stepsLog.ts";
import { createJson, writeJson } from "./writeJson.ts";

/** What a run is made from. `resolved` is stored as JSON: members that are undefined are left out. */
export type RunDescription = Pick<RunJson, "codeVersion" | "pipelineText"> & { readonly resolved: unknown };

/** A run open for writing by this process alone. */
export interface OpenRun extends AsyncDisposable {
  readonly paths: RunPaths;
  readonly runJson: RunJson;
  /** What the ledger held when it was opened. */
  readonly events: readonly LedgerEvent[];
  /** A rollout's end or retry that becomes durable here lets its steps go by itself. */
  readonly ledger: Ledger;
  readonly stepsLog: OpenStepsLog;
  readonly archive: OpenArchive;
  readonly blobs: BlobStore;
  /** Bytes of torn last records that were cut off on opening: the trace of a crash, nothing that was acknowledged. */
  readonly tornBytes: { readonly ledger: number; readonly steps: number; readonly archive: number };
  /**
   * The recorded steps of these tries, by attempt id; a try without any is absent. For many rollouts prefer
   * `stepsLog.records`, one at a time: a rollout's steps can take megabytes.
   */
  openSteps(
    tries: Iterable<{ readonly key: string; readonly retry: number }>,
  ): Promise<ReadonlyMap<string, readonly StepsLogRecord[]>>;
  /** Replaces run.json for a larger plan or a newer program; the run's id and date stay. */
  amend(change: RunDescription): Promise<RunJson>;
  /** Waits for everything appended, then gives the lock back. Safe to call twice. */
  close(): Promise<void>;
}

export interface OpenRunOptions {
  /** Size at which steps and archive begin a new segment. */
  readonly segmentBytesMax?: number;
  /** What ledger, steps and archive are written to; the machine's own where absent. */
  readonly disk?: Disk;
  /** How the archive compresses; on a thread of Node's where absent. */
  readonly compress?: (json: Buffer) => Promise<Buffer>;
}

/**
 * Makes a run directory; run.json comes last, so that a directory with one is complete. Throws UserError where a run
 * exists already or where the directory holds something else.
 */
export async function createRun(
  directory: string,
  run: RunDescription & Pick<RunJson, "runId" | "createdAt">,
): Promise<RunJson> {
  const paths = runPaths(directory);
  const runJson = runJsonSchema.parse(JSON.parse(JSON.stringify({ version: RUN_FORMAT_VERSION, ...run })));
  await mkdir(paths.directory, { recursive: true });
  const folders = [paths.steps, paths.archive, paths.blobs, paths.dataset, paths.exports];
  const names = await readdir(paths.directory);
  if (names.includes(basename(paths.runJson))) throw alreadyARun(paths);
  // Half of a run that was never finished being made is taken over.
  const ours = new Set(folders.map((path) => basename(path)));
  const foreign = names.find((name) => !ours.has(name) && !/^run\.json\..*\.draft$/.test(name));
  if (foreign !== undefined) {
    throw new UserError(
      `${paths.directory} is not empty (it holds ${foreign}): name a new directory for the run with --out`,
    );
  }
  for (const folder of folders) await mkdir(folder, { recursive: true });
  try {
    await createJson(paths.runJson, runJson);
  } catch (error) {
    throw fileErrorCode(error) === "EEXIST" ? alreadyARun(paths) : error;
  }
  await syncFolder(dirname(paths.directory));
  return runJson;
}

/**
 * Opens a run for writing. Throws UserError when the directory holds no run, one of another format, or one that a living
 * process uses; StoreError when a file of it is damaged.
 */
export async function openRun(directory: string, options: OpenRunOptions = {}): Promise<OpenRun> {
  const paths = runPaths(directory);
  // Before the lock: nothing is written into a directory that is not a run.
  await readRunJson(paths);
  await using opened = new AsyncDisposableStack();
  opened.adopt(await takeLock(paths.lock), (lock) => lock.release());
  const { ledger, events, tornBytes, close } = await openLedger(paths.ledger, options);
  opened.defer(close);
  const state = fold(events);
  const stepsLog = await openStepsLog(paths.steps, (key, retry) => state.isOpen(key, retry), options);
  opened.defer(stepsLog.close);
  const archive = await openArchive(paths.archive, sealedBytes(state), options);
  opened.defer(archive.close);
  const blobs = await openBlobs(paths.blobs);
  const runJson = await readRunJson(paths);
  // All are open: from here on it is the caller who closes them, in the order given above, last first.
  const parts = opened.move();
  const closeParts = () => parts.disposeAsync();

  return {
    paths,
    runJson,
    events,
    ledger: {
      async append(event) {
        await ledger.append(event);
        if (event.kind === "rollout-ended" || event.kind === "rollout-retried") {
          stepsLog.release(event.key, event.retry);
        }
      },
    },
    stepsLog,
    archive,
    blobs,
    tornBytes: { ledger: tornBytes, steps: stepsLog.tornBytes, archive: archive.tornBytes },
    async openSteps(tries) {
      const steps = new Map<string, readonly StepsLogRecord[]>();
      for (const { key, retry } of tries) {
        const records = await stepsLog.records(key, retry);
        if (records.length > 0) steps.set(attemptId(key, retry), records);
      }
      return steps;
    },
    async amend(change) {
      const amended = runJsonSchema.parse(JSON.parse(JSON.stringify({ ...runJson, ...change })));
      await writeJson(paths.runJson, amended);
      return amended;
    },
    close: closeParts,
    [Symbol.asyncDispose]: closeParts,
  };
}

function alreadyARun(paths: RunPaths): UserError {
  return new UserError(
    `${paths.directory} already holds a run: resume it (\`nightshift resume\`), or name a new directory with --out`,
  );
}

/** The end of the last record of each archive segment that the ledger points at. */
function sealedBytes(state: RunState): (segment: number) => number {
  const ends = new Map<number, number>();
  for (const { archive } of state.rollouts.values()) {
    if (archive === null) continue;
    const end = archive.offset + archive.length;
    ends.set(archive.segment, Math.max(ends.get(archive.segment) ?? 0, end));
  }
  return (segment) => ends.get(segment) ?? 0;
}
