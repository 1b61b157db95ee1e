// Numbered files in one folder that are written one after the other, each up to a size. Knows nothing of their records.
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Disk } from "./disk.ts";
import { fileErrorCode } from "./disk.ts";
import { type CommitFile, type CommitLimits, openCommitFile } from "./groupCommit.ts";

/** Size at which a new segment is begun; one record may reach over it. */
export const SEGMENT_BYTES_MAX = 256 * 1_048_576;

export interface SegmentOptions {
  readonly segmentBytesMax?: number;
  readonly disk?: Disk;
  readonly limits?: CommitLimits;
}

export interface Segments {
  /** Number of the segment that is being written. */
  readonly active: number;
  /** Resolves with the record's place when it is durable; see CommitFile.append. `accepted` hears the segment at once. */
  append(encode: () => Uint8Array, accepted?: (segment: number) => void): Promise<SegmentPlace>;
  close(): Promise<void>;
}

export interface SegmentPlace {
  readonly segment: number;
  readonly offset: number;
}

/** Path of a segment: `000042.jsonl` in its folder. */
export function segmentPath(folder: string, segment: number, extension: string): string {
  return join(folder, `${String(segment).padStart(6, "0")}.${extension}`);
}

/** Numbers of the segments in a folder, rising. A missing folder has none. */
export async function listSegments(folder: string, extension: string): Promise<readonly number[]> {
  let names: readonly string[] = [];
  try {
    names = await readdir(folder);
  } catch (error) {
    if (fileErrorCode(error) !== "ENOENT") throw error;
  }
  const pattern = new RegExp(`^(\\d{6,12})\\.${extension}$`);
  return names
    .flatMap((name) => pattern.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
}

/** Goes on writing at `first`, whose leading `keepBytes` are whole, and begins the next segment when one is full. */
export function openSegments(
  folder: string,
  extension: string,
  start: { readonly first: number; readonly keepBytes: number },
  options: SegmentOptions = {},
): Segments {
  const { segmentBytesMax = SEGMENT_BYTES_MAX, disk, limits } = options;
  const shared = { ...(disk === undefined ? {} : { disk }), ...(limits === undefined ? {} : { limits }) };
  let active = start.first;
  let file = openCommitFile(segmentPath(folder, active, extension), {
    keepBytes: start.keepBytes,
    ...shared,
  });
  /** Full segments whose last batch is still being written. */
  const closing = new Set<Promise<void>>();
  /** A segment that could not be written stops all of them, so that nothing goes on behind a hole. */
  let spoiled: CommitFile | null = null;

  const rotate = () => {
    const full = file;
    const closed = full.close().finally(() => {
      closing.delete(closed);
    });
    closing.add(closed);
    // Whoever appended to it heard of a failed write; a failed close of a written file loses nothing.
    closed.catch(() => undefined);
    active += 1;
    file = openCommitFile(segmentPath(folder, active, extension), { keepBytes: 0, ...shared });
  };

  return {
    get active() {
      return active;
    },
    async append(encode, accepted) {
      if (spoiled === null && file.good && file.bytes >= segmentBytesMax) rotate();
      const target = spoiled ?? file;
      const segment = active;
      accepted?.(segment);
      try {
        return { segment, offset: await target.append(encode) };
      } catch (error) {
        if (!target.good) spoiled ??= target;
        throw error;
      }
    },
    async close() {
      await file.close();
      await Promise.all(closing);
    },
  };
}
