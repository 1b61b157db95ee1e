// The hash of a folder's regular files by path, size and content. Read in pieces, whatever their size.
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { lstat, readdir } from "node:fs/promises";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { UserError } from "../../core/errors.ts";
import { hashOf } from "../../core/hash.ts";

const FILES_MAX = 200_000;

export interface Tree {
  readonly hash: string;
  readonly files: number;
  readonly bytes: number;
}

/** Hashes what lies below `folder`; a folder that is not there is empty. Throws a UserError on links and special files. */
export async function treeHash(folder: string, signal: AbortSignal): Promise<Tree> {
  const entries: { path: string; bytes: number; sha256: string }[] = [];
  for (const file of await filesBelow(folder)) {
    const digest = createHash("sha256");
    const full = path.join(folder, file.path);
    await pipeline(createReadStream(full), digest, { signal });
    entries.push({ ...file, sha256: digest.digest("hex") });
  }
  const bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0);
  return { hash: hashOf("tree", entries), files: entries.length, bytes };
}

/** Paths and sizes of the regular files below a folder, sorted by path. */
export async function filesBelow(folder: string): Promise<readonly { path: string; bytes: number }[]> {
  const found: { path: string; bytes: number }[] = [];
  const visit = async (below: string): Promise<void> => {
    const names = await readdir(path.join(folder, below)).catch((error: unknown) => {
      if (below === "" && error instanceof Error && "code" in error && error.code === "ENOENT") return [];
      throw error;
    });
    for (const name of names) {
      const inside = below === "" ? name : `${below}/${name}`;
      const info = await lstat(path.join(folder, inside));
      if (info.isDirectory()) await visit(inside);
      else if (info.isFile()) found.push({ path: inside, bytes: info.size });
      else
        throw new UserError(`${path.join(folder, inside)}: not a regular file; prepared data has files only`);
      if (found.length > FILES_MAX) throw new UserError(`${folder}: more than ${FILES_MAX} files`);
    }
  };
  await visit("");
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}
