// Whether a run's file system still has room, asked while it plays: a run that pauses in time keeps what was paid for and tears no journal.
import { statfs } from "node:fs/promises";
import { BoundaryError } from "../core/errors.ts";
import type { BlobStore } from "../core/sandbox.ts";
import { mebibytes } from "./checkRoom.ts";

/** Free bytes below which a run pauses: room for what is under way to be answered, recorded and sealed. Less than what a run needs to start. */
export const PAUSE_FREE_BYTES_MIN = 96 * 1_048_576;
/** Free inodes below which it does so: a disk without any takes no new file, however much room it has. */
export const PAUSE_FREE_INODES_MIN = 1_000;
/** An answer holds this long, milliseconds. */
const ASK_EVERY_MS = 250;

export interface Room {
  /** Why the run must pause, in one line; null while there is room. Cheap: the file system is asked a few times a second at most. */
  lack(): Promise<string | null>;
}

/** The same blobs, but nothing more is put where room runs out: BoundaryError, and its rollout goes on without. For what can be missed. */
export function whileRoomy(blobs: BlobStore, room: Room): BlobStore {
  return {
    has: (sha256) => blobs.has(sha256),
    get: (sha256) => blobs.get(sha256),
    async put(data) {
      const lack = await room.lack();
      if (lack !== null) throw new BoundaryError("sandbox", lack);
      return blobs.put(data);
    },
  };
}

/** Watches the file system of a folder. `monotonic` gives milliseconds. A file system that does not answer is taken to have room. */
export function watchRoom(
  folder: string,
  monotonic: () => number,
  { freeBytesMin = PAUSE_FREE_BYTES_MIN, freeInodesMin = PAUSE_FREE_INODES_MIN } = {},
): Room {
  let askedAtMs = Number.NEGATIVE_INFINITY;
  let answer: Promise<string | null> = Promise.resolve(null);
  const ask = async (): Promise<string | null> => {
    const { bavail, bsize, files, ffree } = await statfs(folder);
    const freeBytes = bavail * bsize;
    if (freeBytes < freeBytesMin) {
      return `the file system of ${folder} has ${mebibytes(freeBytes)} free, and a run pauses below ${mebibytes(freeBytesMin)}; free some`;
    }
    // Some file systems make inodes as they go, and report none.
    if (files > 0 && ffree < freeInodesMin) {
      return `the file system of ${folder} has room for ${ffree} more files, and a run pauses below ${freeInodesMin}; delete some`;
    }
    return null;
  };
  return {
    lack() {
      const nowMs = monotonic();
      if (nowMs - askedAtMs >= ASK_EVERY_MS) {
        askedAtMs = nowMs;
        answer = ask().catch(() => null);
      }
      return answer;
    },
  };
}
