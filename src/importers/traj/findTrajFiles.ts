// Finds .traj files below the paths that a user names.
import { readdir, stat } from "node:fs/promises";
import path from "node:path";
import { UserError } from "../../core/errors.ts";

const ENDING = ".traj";
/** More files than this in one import are refused, rather than a list of them filling the memory. */
export const TRAJ_FILES_MAX = 1_000_000;

/** Absolute paths, each once, in the order of their names. Throws a UserError for a path that is not there or holds none. */
export async function findTrajFiles(paths: readonly string[]): Promise<readonly string[]> {
  const found = new Set<string>();
  for (const given of paths) {
    const whole = path.resolve(given);
    const kind = await stat(whole).catch(() => null);
    if (kind === null) throw new UserError(`${given}: there is no such file or folder`);
    const files = kind.isDirectory() ? await below(whole) : [whole];
    if (kind.isDirectory() && files.length === 0) {
      throw new UserError(
        `${given}: no ${ENDING} file lies in it; name a folder of trajectories or the files`,
      );
    }
    if (!kind.isDirectory() && !whole.endsWith(ENDING)) {
      throw new UserError(`${given}: is not a ${ENDING} file; name a folder of trajectories or the files`);
    }
    for (const file of files) found.add(file);
    if (found.size > TRAJ_FILES_MAX) {
      throw new UserError(
        `${given}: more than ${TRAJ_FILES_MAX} files in one import; import folder by folder`,
      );
    }
  }
  return [...found].sort();
}

async function below(folder: string): Promise<string[]> {
  const files: string[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.name.endsWith(ENDING)) continue;
    const file = path.join(entry.parentPath, entry.name);
    if (entry.isFile() || (entry.isSymbolicLink() && (await isFile(file)))) files.push(file);
  }
  return files;
}

async function isFile(file: string): Promise<boolean> {
  const kind = await stat(file).catch(() => null);
  return kind?.isFile() ?? false;
}
