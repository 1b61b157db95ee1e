// The archive: one sealed, compressed trajectory for each finished rollout, in segments of frames. What counts is what the
// ledger's rollout-ended events point at; a frame without one is a rollout that was sealed but not recorded as ended.
import { mkdir, open, stat } from "node:fs/promises";
import { promisify } from "node:util";
import { zstdCompress, zstdDecompress } from "node:zlib";
import { errorText, StoreError } from "../core/errors.ts";
import type { Archive } from "../core/journal.ts";
import type { ArchiveRef } from "../core/ledger.ts";
import { type Trajectory, trajectorySchema } from "../core/trajectory.ts";
import { fileErrorCode } from "./disk.ts";
import { decodeFrame, encodeFrame, scanFrames } from "./frames.ts";
import { listSegments, openSegments, type SegmentOptions, segmentPath } from "./segments.ts";
import { trajectoryJson } from "./trajectoryJson.ts";
import { turns } from "./turns.ts";

const EXTENSION = "seg";
/** Trajectories that are put into words and compressed at once; the rest wait. Leaves threads for the journals' writes. */
const SEALS_AT_ONCE_MAX = 2;
/** Longest JSON text of one trajectory; near the longest string that this engine can hold. */
const TRAJECTORY_BYTES_MAX = 500 * 1_048_576;

const compressed = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

/** A record of a segment, in order, or a range of bytes that holds none, with the reason. */
export type ArchiveScan =
  | { readonly kind: "trajectory"; readonly ref: ArchiveRef; readonly trajectory: Trajectory }
  | { readonly kind: "damaged"; readonly ref: ArchiveRef; readonly reason: string };

export interface ArchiveReader {
  /** Throws StoreError when the record is damaged or gone. */
  read(ref: ArchiveRef): Promise<Trajectory>;
  /** What is wrong with a record by its checksum, in a sentence with file and byte; null where it is whole. Cheaper than reading it. */
  damage(ref: ArchiveRef): Promise<string | null>;
  /** Numbers of the segments, rising. */
  segments(): Promise<readonly number[]>;
  /** Every whole record of a segment and every damaged range, in order. A torn last record is left out. */
  scan(segment: number): AsyncGenerator<ArchiveScan>;
}

export interface OpenArchive extends Archive, ArchiveReader {
  /** Bytes of a torn last record that were cut off on opening. */
  readonly tornBytes: number;
  close(): Promise<void>;
}

export interface ArchiveOptions extends SegmentOptions {
  /** Makes zstd of a record; on a thread of Node's where absent. */
  readonly compress?: (json: Buffer) => Promise<Buffer>;
}

/** Reads an archive without writing. */
export function archiveReader(folder: string): ArchiveReader {
  return {
    read: (ref) => readTrajectory(folder, ref),
    damage: (ref) =>
      readPayload(folder, ref).then(
        () => null,
        (error: unknown) => {
          if (error instanceof StoreError && error.isLocal) return error.message;
          throw error;
        },
      ),
    segments: () => listSegments(folder, EXTENSION),
    async *scan(segment) {
      for await (const found of scanFrames(segmentPath(folder, segment, EXTENSION), 0)) {
        const ref = { segment, offset: found.offset, length: found.length };
        if (found.kind === "torn") continue;
        if (found.kind === "damaged") {
          yield { kind: "damaged", ref, reason: "no whole record" };
          continue;
        }
        try {
          yield { kind: "trajectory", ref, trajectory: await openPayload(folder, ref, found.payload) };
        } catch (error) {
          if (!(error instanceof StoreError)) throw error;
          yield { kind: "damaged", ref, reason: error.message };
        }
      }
    },
  };
}

/**
 * Opens an archive for writing. `sealedBytes` gives the end of the last record of a segment that the ledger knows: what
 * stands before it is never cut off, and where the file is shorter a new segment is begun. Contract: one writer at a time.
 */
export async function openArchive(
  folder: string,
  sealedBytes: (segment: number) => number,
  options: ArchiveOptions = {},
): Promise<OpenArchive> {
  await mkdir(folder, { recursive: true });
  const { start, tornBytes } = await findStart(folder, sealedBytes);
  const segments = openSegments(folder, EXTENSION, start, options);
  const seal = turns(SEALS_AT_ONCE_MAX);
  const compress = options.compress ?? compressed;
  return {
    ...archiveReader(folder),
    tornBytes,
    async append(trajectory) {
      const frame = await seal(async () => {
        const json = await trajectoryJson(trajectory, TRAJECTORY_BYTES_MAX);
        return encodeFrame(await compress(json));
      });
      const place = await segments.append(() => frame);
      return { ...place, length: frame.byteLength };
    },
    close: () => segments.close(),
  };
}

async function findStart(folder: string, sealedBytes: (segment: number) => number) {
  const last = (await listSegments(folder, EXTENSION)).at(-1);
  if (last === undefined) return { start: { first: 0, keepBytes: 0 }, tornBytes: 0 };
  const path = segmentPath(folder, last, EXTENSION);
  const { size } = await stat(path);
  const sealed = sealedBytes(last);
  if (size < sealed) return { start: { first: last + 1, keepBytes: 0 }, tornBytes: 0 };
  let tornBytes = 0;
  for await (const found of scanFrames(path, sealed)) if (found.kind === "torn") tornBytes = found.length;
  return { start: { first: last, keepBytes: size - tornBytes }, tornBytes };
}

async function readTrajectory(folder: string, ref: ArchiveRef): Promise<Trajectory> {
  return openPayload(folder, ref, await readPayload(folder, ref));
}

/** The compressed record, checked. */
async function readPayload(folder: string, ref: ArchiveRef): Promise<Buffer> {
  const path = segmentPath(folder, ref.segment, EXTENSION);
  const frame = Buffer.alloc(ref.length);
  try {
    await using file = await open(path);
    const { bytesRead } = await file.read(frame, 0, ref.length, ref.offset);
    const payload = bytesRead === ref.length ? decodeFrame(frame) : null;
    if (payload === null) throw unreadable(folder, ref, "it is damaged");
    return payload;
  } catch (error) {
    if (fileErrorCode(error) === "ENOENT") throw unreadable(folder, ref, "the segment is missing", error);
    throw error;
  }
}

async function openPayload(folder: string, ref: ArchiveRef, payload: Buffer): Promise<Trajectory> {
  try {
    const json = await decompress(payload, { maxOutputLength: TRAJECTORY_BYTES_MAX });
    return trajectorySchema.parse(JSON.parse(json.toString("utf8")));
  } catch (error) {
    throw unreadable(
      folder,
      ref,
      `its content is not a trajectory of this version (${errorText(error)})`,
      error,
    );
  }
}

function unreadable(folder: string, ref: ArchiveRef, why: string, cause?: unknown): StoreError {
  return new StoreError(
    `${segmentPath(folder, ref.segment, EXTENSION)}: the trajectory at byte ${ref.offset} cannot be read: ${why}. ` +
      "The other records are not affected",
    { cause, isLocal: true },
  );
}
