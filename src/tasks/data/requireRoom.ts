// Whether a disk has room for what is about to be written, asked beforehand: half a download on a full disk helps nobody.
import { statfs } from "node:fs/promises";
import { UserError } from "../../core/errors.ts";

/** Throws a UserError where the file system of `folder` has less than `bytes` free. */
export async function requireRoom(folder: string, bytes: number, what: string): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  if (free >= bytes) return;
  throw new UserError(
    `${what} takes ${megabytes(bytes)}, and ${folder} has ${megabytes(free)} free; ` +
      "free some, or name another folder in NIGHTSHIFT_CACHE",
  );
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1_000_000)} MB`;
}
