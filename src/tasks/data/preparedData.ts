// Prepared data in the cache: looked up, and joined to its task. What agents see is mounted; what only the judge sees is laid into
// the judge's room as files, so that no path on this host leads to it from a sandbox.
import { lstat, readFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { UserError } from "../../core/errors.ts";
import type { Task, TaskData, TaskFile } from "../../core/task.ts";
import { filesBelow, type Tree, treeHash } from "./treeHash.ts";

/** Where agents and submissions find a task's data. */
export const DATA_PATH = "/data";
const HIDDEN_BYTES_MAX = 128 * 1024 * 1024;

const treeSchema = z.strictObject({ hash: z.string(), files: z.int(), bytes: z.int() });
export const preparedNoteSchema = z.strictObject({ public: treeSchema, hidden: treeSchema });
export type PreparedNote = z.infer<typeof preparedNoteSchema>;

/** The places of one recipe's prepared trees. `private` keeps other users of this machine from what is hidden. */
export function preparedPlaces(cacheRoot: string, recipe: string) {
  const folder = path.join(cacheRoot, "data", recipe);
  return {
    folder,
    public: path.join(folder, "public"),
    private: path.join(folder, "private"),
    hidden: path.join(folder, "private", "hidden"),
    note: path.join(folder, "prepared.json"),
  };
}

/** What is known of prepared trees; null where there are none. */
export async function preparedNote(cacheRoot: string, recipe: string): Promise<PreparedNote | null> {
  const text = await readFile(preparedPlaces(cacheRoot, recipe).note, "utf8").catch(() => null);
  return text === null ? null : preparedNoteSchema.parse(JSON.parse(text));
}

/**
 * The task with its prepared data joined to it; as it is where it brings none or none is prepared. Throws a UserError where what is
 * prepared is not what data.yaml records, or has been changed since.
 */
export async function withPreparedData(task: Task, cacheRoot: string): Promise<Task> {
  const { data } = task;
  if (data === null) return task;
  const places = preparedPlaces(cacheRoot, data.recipe);
  const note = await preparedNote(cacheRoot, data.recipe);
  if (note === null) return task;
  const again = `run \`nightshift data prepare ${task.id}\` again`;
  const differs = differsFrom(data, note);
  if (differs !== null) throw new UserError(`the data of ${task.id}: ${differs}; ${again}`);
  for (const [name, folder] of [["public", places.public] as const, ["hidden", places.hidden] as const]) {
    const found = await filesBelow(folder);
    const bytes = found.reduce((sum, file) => sum + file.bytes, 0);
    if (found.length !== note[name].files || bytes !== note[name].bytes) {
      throw new UserError(`the data of ${task.id}: ${folder} was changed since it was prepared; ${again}`);
    }
  }
  return {
    ...task,
    mounts: [{ hostPath: places.public, path: DATA_PATH }],
    judgeFiles: [...task.judgeFiles, ...(await hiddenFiles(places.hidden, task.id))],
  };
}

/** Hashes prepared trees anew; what is wrong with them, or null. */
export async function verifyPrepared(
  data: TaskData,
  cacheRoot: string,
  signal: AbortSignal,
): Promise<string | null> {
  const places = preparedPlaces(cacheRoot, data.recipe);
  const note = await preparedNote(cacheRoot, data.recipe);
  if (note === null) return "it is not prepared";
  const trees: readonly [string, Tree, string][] = [
    ["public", note.public, places.public],
    ["hidden", note.hidden, places.hidden],
  ];
  for (const [name, recorded, folder] of trees) {
    if ((await treeHash(folder, signal)).hash !== recorded.hash) return `its ${name} tree was changed`;
  }
  return differsFrom(data, note);
}

/** Why prepared trees are not those that data.yaml records; null where they are, or it records none. */
export function differsFrom({ prepared }: TaskData, note: PreparedNote): string | null {
  for (const name of ["public", "hidden"] as const) {
    const recorded = prepared?.[name];
    if (recorded !== undefined && recorded !== note[name].hash) {
      return `its ${name} tree has the hash ${note[name].hash}, data.yaml records ${recorded}: the source has changed`;
    }
  }
  return null;
}

async function hiddenFiles(folder: string, id: string): Promise<readonly TaskFile[]> {
  const files: TaskFile[] = [];
  let bytes = 0;
  for (const file of await filesBelow(folder)) {
    bytes += file.bytes;
    if (bytes > HIDDEN_BYTES_MAX) {
      throw new UserError(
        `the data of ${id}: more than ${HIDDEN_BYTES_MAX / 1_048_576} MB are hidden; every evaluation lays them into its room, keep less`,
      );
    }
    const full = path.join(folder, file.path);
    const { mode } = await lstat(full);
    files.push({
      path: `hidden/data/${file.path}`,
      data: await readFile(full),
      executable: (mode & 0o100) !== 0,
    });
  }
  return files;
}
