// The write-ahead log of unfinished rollouts, in segments. A segment none of whose rollouts is open any more is deleted:
// by then the archive holds them. It reads back the open ones only, one rollout at a time.
import { type FileHandle, mkdir, open, rm } from "node:fs/promises";
import { StoreError } from "../core/errors.ts";
import type { StepsLog } from "../core/journal.ts";
import { attemptId } from "../core/runState.ts";
import { type StepsLogRecord, stepsLogRecordSchema } from "../core/trajectory.ts";
import { fileErrorCode } from "./disk.ts";
import { decodeLine, encodeLine, parseLine, scanLines } from "./lines.ts";
import {
  listSegments,
  openSegments,
  type SegmentOptions,
  type SegmentPlace,
  segmentPath,
} from "./segments.ts";

const EXTENSION = "jsonl";
/** What `encodeRecord` puts first, so that records of ended rollouts are passed over without parsing them. */
const OWNER = /^\{"kind":"[a-z-]+","key":"([^"\\]*)","retry":(\d+),/;

interface Piece extends SegmentPlace {
  readonly bytes: number;
}

export interface StepsReader {
  /** All whole records of one open rollout's try, oldest first; none when the log has none. */
  records(key: string, retry: number): Promise<readonly StepsLogRecord[]>;
}

export interface OpenStepsLog extends StepsLog, StepsReader {
  /** Bytes of torn last records that were left out on opening. */
  readonly tornBytes: number;
  /** Says that a try has ended or was given up, durably: its records may go. */
  release(key: string, retry: number): void;
  /** Waits for what was appended. Deletes the last segment too where no rollout is open. */
  close(): Promise<void>;
}

/**
 * Opens the log for writing. `isOpen` tells which tries are unfinished (from the ledger): only their records are found
 * again. Contract: one writer at a time. Throws StoreError on damage in the middle of a segment.
 */
export async function openStepsLog(
  folder: string,
  isOpen: (key: string, retry: number) => boolean,
  options: SegmentOptions = {},
): Promise<OpenStepsLog> {
  await mkdir(folder, { recursive: true });
  const found = await findPieces(folder, isOpen);
  const { pieces, tornBytes, last } = found;
  const owners = new Map<number, Set<string>>();
  const own = (segment: number, attempt: string) => {
    const set = owners.get(segment);
    if (set === undefined) owners.set(segment, new Set([attempt]));
    else set.add(attempt);
  };
  for (const [attempt, list] of pieces) for (const piece of list) own(piece.segment, attempt);
  const segments = openSegments(
    folder,
    EXTENSION,
    { first: last?.segment ?? 0, keepBytes: last?.goodBytes ?? 0 },
    options,
  );
  const deleting = new Set<Promise<void>>();
  const remove = (segment: number) => {
    owners.delete(segment);
    // A segment that cannot be deleted now only takes room: the next opening finds it without owners and tries again.
    const done: Promise<void> = rm(segmentPath(folder, segment, EXTENSION), { force: true })
      .catch(() => undefined)
      .finally(() => deleting.delete(done));
    deleting.add(done);
  };
  for (const segment of found.segments) {
    if (segment !== segments.active && !owners.has(segment)) remove(segment);
  }

  return {
    tornBytes,
    async append(record) {
      const line = encodeRecord(stepsLogRecordSchema.parse(record));
      const attempt = attemptId(record.key, record.retry);
      const before = segments.active;
      const written = segments.append(
        () => line,
        (segment) => own(segment, attempt),
      );
      // The segment before may have been waiting for this moment alone.
      if (segments.active !== before && (owners.get(before)?.size ?? 0) === 0) {
        written.then(
          () => remove(before),
          () => undefined,
        );
      }
      const place = await written;
      const list = pieces.get(attempt);
      const piece = { ...place, bytes: line.byteLength };
      if (list === undefined) pieces.set(attempt, [piece]);
      else list.push(piece);
    },
    records: (key, retry) => readPieces(folder, pieces.get(attemptId(key, retry)) ?? []),
    release(key, retry) {
      const attempt = attemptId(key, retry);
      pieces.delete(attempt);
      for (const [segment, set] of owners) {
        if (set.delete(attempt) && set.size === 0 && segment !== segments.active) remove(segment);
      }
    },
    async close() {
      await segments.close();
      if ((owners.get(segments.active)?.size ?? 0) === 0) remove(segments.active);
      await Promise.all(deleting);
    },
  };
}

/** Reads the log without writing, for a viewer; a live writer's torn tail is left out. */
export async function readStepsLog(
  folder: string,
  isOpen: (key: string, retry: number) => boolean,
): Promise<StepsReader> {
  const { pieces } = await findPieces(folder, isOpen);
  return { records: (key, retry) => readPieces(folder, pieces.get(attemptId(key, retry)) ?? []) };
}

function encodeRecord(record: StepsLogRecord): Uint8Array {
  const { kind, key, retry, ...rest } = record;
  return encodeLine({ kind, key, retry, ...rest });
}

async function findPieces(folder: string, isOpen: (key: string, retry: number) => boolean) {
  const pieces = new Map<string, Piece[]>();
  const segments = await listSegments(folder, EXTENSION);
  let tornBytes = 0;
  let last: { readonly segment: number; readonly goodBytes: number } | null = null;
  for (const segment of segments) {
    const path = segmentPath(folder, segment, EXTENSION);
    const scan = await scanLines(path, (text, offset, bytes) => {
      const [, key, retryText] = OWNER.exec(text) ?? [];
      if (key === undefined || retryText === undefined) {
        throw new StoreError(
          `${path}: the record at byte ${offset} is whole but names no rollout: it was written by another version`,
        );
      }
      const retry = Number(retryText);
      if (!isOpen(key, retry)) return;
      const attempt = attemptId(key, retry);
      const list = pieces.get(attempt);
      if (list === undefined) pieces.set(attempt, [{ segment, offset, bytes }]);
      else list.push({ segment, offset, bytes });
    });
    tornBytes += scan.tornBytes;
    last = { segment, goodBytes: scan.goodBytes };
  }
  return { pieces, segments, tornBytes, last };
}

async function readPieces(folder: string, pieces: readonly Piece[]): Promise<readonly StepsLogRecord[]> {
  const records: StepsLogRecord[] = [];
  for (const [segment, list] of Map.groupBy(pieces, (piece) => piece.segment)) {
    const path = segmentPath(folder, segment, EXTENSION);
    const file = await openSegment(path);
    try {
      for (const { offset, bytes } of list) {
        const line = Buffer.alloc(bytes);
        const { bytesRead } = await file.read(line, 0, bytes, offset);
        const text = bytesRead === bytes ? decodeLine(line.subarray(0, -1)) : null;
        if (text === null)
          throw new StoreError(`${path}: the record at byte ${offset} was damaged since the log was opened`);
        records.push(parseLine(path, offset, text, stepsLogRecordSchema));
      }
    } finally {
      await file.close();
    }
  }
  return records;
}

async function openSegment(path: string): Promise<FileHandle> {
  try {
    return await open(path);
  } catch (error) {
    if (fileErrorCode(error) !== "ENOENT") throw error;
    throw new StoreError(`${path} is gone: its rollouts have ended since; read the run again`, {
      cause: error,
    });
  }
}
