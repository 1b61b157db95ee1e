// Names the tasks of a folder, without reading them.
import { readdir } from "node:fs/promises";
import { errorText, UserError } from "../core/errors.ts";
import { TASK_ID } from "./loadTask.ts";

/** The ids of the tasks under `tasksRoot`, sorted. Folders that start with `_` hold what tasks share. */
export async function listTasks(tasksRoot: string): Promise<readonly string[]> {
  const entries = await readdir(tasksRoot, { withFileTypes: true }).catch((error: unknown) => {
    throw new UserError(`cannot read the tasks folder ${tasksRoot}: ${errorText(error)}`);
  });
  return entries
    .filter((entry) => entry.isDirectory() && TASK_ID.test(entry.name))
    .map((entry) => entry.name)
    .sort();
}
