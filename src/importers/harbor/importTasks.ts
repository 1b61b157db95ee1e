// `import harbor`: every task folder of Harbor's becomes one of ours, or a row that says why it does not. It runs nothing of what it reads.
import { mkdir, mkdtemp, readdir, rename, rm, rmdir, stat } from "node:fs/promises";
import path from "node:path";
import { UserError } from "../../core/errors.ts";
import { loadTask } from "../../tasks/loadTask.ts";
import { writeTaskFiles } from "../taskFile.ts";
import { isHarborTask, planTask } from "./planTask.ts";
import { taskFiles } from "./taskFiles.ts";

const TASKS_MAX = 10_000;
const IMAGES = "_images";

export interface ImportHarborTasks {
  /** A task's folder, or one that holds many. */
  readonly source: string;
  /** The tasks folder that they are written to; made where it is missing. */
  readonly out: string;
  /** A fresh secret text for each task. */
  readonly newKey: () => string;
}

/** What became of one folder. */
export interface ImportedTask {
  readonly folder: string;
  /** The task's id here; null where none was made. */
  readonly task: string | null;
  readonly outcome: "imported" | "notPlayable" | "refused";
  /** Why it was refused or cannot be played. */
  readonly obstacles: readonly string[];
  /** What is otherwise than in Harbor. */
  readonly notes: readonly string[];
}

/**
 * Imports one task, or all in a folder, one after the other. A task is written whole or not at all. Throws a UserError, with nothing
 * written, where there is no task or one of that name is here already.
 */
export async function importHarborTasks(
  { source, out, newKey }: ImportHarborTasks,
  signal: AbortSignal,
): Promise<readonly ImportedTask[]> {
  const folders = await foldersOf(source);
  const ids = idsOf(folders);
  for (const id of ids.values()) {
    const taken = [path.join(out, id), path.join(out, IMAGES, id)];
    for (const folder of taken) {
      if (await stat(folder).catch(() => null))
        throw new UserError(
          `${folder} is there already; move it away, or import into another folder with --out`,
        );
    }
  }
  const isNew = (await mkdir(out, { recursive: true })) !== undefined;
  const scratch = await mkdtemp(path.join(out, ".importing-"));
  try {
    const rows: ImportedTask[] = [];
    for (const folder of folders) {
      signal.throwIfAborted();
      rows.push(await importOne({ folder, id: ids.get(folder) ?? "", key: newKey(), scratch }));
    }
    for (const { task } of rows) {
      if (task === null) continue;
      const image = path.join(scratch, IMAGES, task);
      if (await stat(image).catch(() => null)) {
        await mkdir(path.join(out, IMAGES), { recursive: true });
        await rename(image, path.join(out, IMAGES, task));
      }
      await rename(path.join(scratch, task), path.join(out, task));
    }
    return rows;
  } finally {
    await rm(scratch, { recursive: true, force: true });
    // Where no task came of it, no tasks folder is left behind either: rmdir takes empty ones only.
    if (isNew) await rmdir(out).catch(() => {});
  }
}

async function importOne(of: {
  readonly folder: string;
  readonly id: string;
  readonly key: string;
  readonly scratch: string;
}): Promise<ImportedTask> {
  const { folder, id, key, scratch } = of;
  const name = path.basename(folder);
  try {
    const plan = await planTask(folder, id);
    const files = await taskFiles(plan, id, key);
    await writeTaskFiles(path.join(scratch, id), files);
    await writeTaskFiles(path.join(scratch, IMAGES, id), plan.image.context);
    await loadTask(scratch, id);
    const { obstacles, notes } = plan;
    const outcome = obstacles.length === 0 ? "imported" : "notPlayable";
    return { folder: name, task: id, outcome, obstacles, notes };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return {
      folder: name,
      task: null,
      outcome: "refused",
      obstacles: [error.message.replaceAll("\n", "; ")],
      notes: [],
    };
  }
}

/** The task folders at a place: itself, or those directly in it. */
async function foldersOf(source: string): Promise<readonly string[]> {
  if (await isHarborTask(source)) return [path.resolve(source)];
  const names = await readdir(source).catch(() => null);
  if (names === null) throw new UserError(`${source}: there is no such folder`);
  const folders: string[] = [];
  for (const name of names.sort()) {
    const folder = path.resolve(source, name);
    if (await isHarborTask(folder)) folders.push(folder);
  }
  if (folders.length === 0 || folders.length > TASKS_MAX) {
    throw new UserError(
      `${source}: no task in Harbor's format: a folder with task.toml, or one that holds up to ${TASKS_MAX} of them, is expected, and ${folders.length} are here`,
    );
  }
  return folders;
}

/** `harbor-` and the folder's name in our spelling; the second of the same spelling gets a number. */
function idsOf(folders: readonly string[]): ReadonlyMap<string, string> {
  const taken = new Set<string>();
  return new Map(
    folders.map((folder) => {
      const words = path
        .basename(folder)
        .toLowerCase()
        .replaceAll(/[^a-z0-9]+/g, "-");
      const name = `harbor-${words.replaceAll(/^-+|-+$/g, "") || "task"}`;
      let id = name;
      for (let number = 2; taken.has(id); number++) id = `${name}-${number}`;
      taken.add(id);
      return [folder, id] as const;
    }),
  );
}
