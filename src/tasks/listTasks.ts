// Names the tasks and the families of a folder, without reading them.
import { readdir, stat } from "node:fs/promises";
import path from "node:path";
import { errorText, UserError } from "../core/errors.ts";
import { TASK_ID } from "./loadTask.ts";

/** The ids of the tasks under `tasksRoot`, sorted. Folders that start with `_` hold what tasks share. */
export async function listTasks(tasksRoot: string): Promise<readonly string[]> {
  return (await listFolders(tasksRoot)).tasks;
}

/** The ids of the families under `tasksRoot`, sorted. */
export async function listFamilies(tasksRoot: string): Promise<readonly string[]> {
  return (await listFolders(tasksRoot)).families;
}

/** Whether a folder under a tasks root is a family and no task. */
export function isFamily(folder: string): Promise<boolean> {
  return stat(path.join(folder, "family.yaml")).then(
    (info) => info.isFile(),
    () => false,
  );
}

async function listFolders(tasksRoot: string) {
  const entries = await readdir(tasksRoot, { withFileTypes: true }).catch((error: unknown) => {
    throw new UserError(`cannot read the tasks folder ${tasksRoot}: ${errorText(error)}`);
  });
  const tasks: string[] = [];
  const families: string[] = [];
  for (const { name } of entries.filter((entry) => entry.isDirectory() && TASK_ID.test(entry.name))) {
    ((await isFamily(path.join(tasksRoot, name))) ? families : tasks).push(name);
  }
  return { tasks: tasks.sort(), families: families.sort() };
}
