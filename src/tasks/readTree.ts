// Reads a folder of a task whole: regular files only, within limits. Whatever else lies there is refused, not skipped.
import { lstat, readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { UserError } from "../core/errors.ts";
import type { TaskFile } from "../core/task.ts";

const FILES_MAX = 2_000;
const FILE_BYTES_MAX = 16 * 1024 * 1024;
const TREE_BYTES_MAX = 64 * 1024 * 1024;
/** Left behind by Python and by desktops; never part of a task. */
const IGNORED = new Set(["__pycache__", ".DS_Store"]);

/**
 * The files below `folder`, sorted by path (code units, `/` between names). A folder that does not exist is empty.
 * Throws a UserError on links, special files, and more than 2,000 files, 16 MB a file or 64 MB in all.
 */
export async function readTree(folder: string, label: string): Promise<readonly TaskFile[]> {
  const files: TaskFile[] = [];
  let bytes = 0;
  const visit = async (below: string): Promise<void> => {
    for (const name of await namesIn(path.join(folder, below))) {
      if (IGNORED.has(name)) continue;
      const inside = below === "" ? name : `${below}/${name}`;
      const full = path.join(folder, inside);
      const info = await lstat(full);
      if (info.isDirectory()) {
        await visit(inside);
        continue;
      }
      if (!info.isFile()) {
        throw new UserError(`${label}/${inside}: not a regular file; put the file itself there, no link`);
      }
      bytes += info.size;
      if (info.size > FILE_BYTES_MAX || bytes > TREE_BYTES_MAX || files.length >= FILES_MAX) {
        throw new UserError(
          `${label}/${inside}: too much for a task; at most ${FILES_MAX} files, ` +
            `${FILE_BYTES_MAX / 1_048_576} MB each, ${TREE_BYTES_MAX / 1_048_576} MB together`,
        );
      }
      files.push({ path: inside, data: await readFile(full), executable: (info.mode & 0o100) !== 0 });
    }
  };
  await visit("");
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}
