// Whether a folder can be written where it is to be: asked before anything is, so that a full or read-only disk is a sentence, not half a run.
import { access, constants, stat, statfs } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { errorText, UserError } from "../core/errors.ts";
import { fileErrorCode } from "./disk.ts";

/** Free bytes below which no run starts: a segment of the archive, and its dataset beside it. */
export const RUN_FREE_BYTES_MIN = 256 * 1_048_576;

/**
 * Throws UserError where `directory`, or the nearest folder above it that is there, is no folder, may not be written, or lies on a file
 * system with less than `freeBytesMin` free. Writes nothing.
 */
export async function checkRoom(directory: string, freeBytesMin: number): Promise<void> {
  const place = await nearestThere(resolve(directory));
  const named = place.path === resolve(directory) ? directory : `${place.path} (for ${directory})`;
  if (!place.isFolder)
    throw new UserError(`${named} is a file, not a folder; name another folder with --out`);
  try {
    await access(place.path, constants.W_OK | constants.X_OK);
  } catch (error) {
    const why = fileErrorCode(error) === "EROFS" ? "its file system is read-only" : "you may not write there";
    throw new UserError(`cannot write to ${named}: ${why}; name another folder, or change its permissions`, {
      cause: error,
    });
  }
  if (freeBytesMin <= 0) return;
  const { bavail, bsize } = await statfs(place.path);
  const freeBytes = bavail * bsize;
  if (freeBytes >= freeBytesMin) return;
  throw new UserError(
    `the file system of ${named} has ${mebibytes(freeBytes)} free, and a run needs ${mebibytes(freeBytesMin)} to start; ` +
      "free some, or name a folder on another",
  );
}

async function nearestThere(path: string): Promise<{ readonly path: string; readonly isFolder: boolean }> {
  try {
    return { path, isFolder: (await stat(path)).isDirectory() };
  } catch (error) {
    const code = fileErrorCode(error);
    const above = dirname(path);
    if ((code === "ENOENT" || code === "ENOTDIR") && above !== path) return nearestThere(above);
    throw new UserError(`cannot look at ${path}: ${errorText(error)}; name another folder`, { cause: error });
  }
}

/** Whole mebibytes, for a sentence. */
export function mebibytes(bytes: number): string {
  return `${Math.floor(bytes / 1_048_576)} MiB`;
}
