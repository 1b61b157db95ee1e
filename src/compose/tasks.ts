// Where tasks are found: the user's own folder first, then the package's.
import { existsSync } from "node:fs";
import path from "node:path";
import { UserError } from "../core/errors.ts";
import { nearestName } from "../core/nearest.ts";
import type { Task } from "../core/task.ts";
import { listTasks } from "../tasks/listTasks.ts";
import { loadTask, TASK_ID } from "../tasks/loadTask.ts";
import { PACKAGE_ROOT } from "./packageRoot.ts";

/** The folders that tasks are looked for in: `tasks/` where the command runs, then the package's own. */
function taskRoots(): readonly string[] {
  const roots = [path.resolve("tasks"), path.join(PACKAGE_ROOT, "tasks")];
  return [...new Set(roots)].filter((root) => existsSync(root));
}

/** The folder that holds a task. Throws UserError naming the folders looked in. */
export async function findTask(id: string): Promise<string> {
  const roots = taskRoots();
  const root = TASK_ID.test(id) ? roots.find((candidate) => existsSync(path.join(candidate, id))) : undefined;
  if (root !== undefined) return root;
  const near = nearestName(id, await listTaskIds());
  const remedy =
    near === null ? "`nightshift tasks list` names those there are" : `did you mean \`${near}\`?`;
  throw new UserError(`there is no task ${JSON.stringify(id)} in ${roots.join(" or ")}; ${remedy}`);
}

/** Every task there is, by id; a task of one's own hides a shipped one of the same name. */
export async function listAllTasks(): Promise<readonly Task[]> {
  const tasks = new Map<string, Task>();
  for (const root of taskRoots()) {
    for (const id of await listTasks(root)) if (!tasks.has(id)) tasks.set(id, await loadTask(root, id));
  }
  return [...tasks.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

/** The id of every task there is, sorted, without reading any. */
export async function listTaskIds(): Promise<readonly string[]> {
  const ids = await Promise.all(taskRoots().map(listTasks));
  return [...new Set(ids.flat())].sort();
}

/** One task by id. */
export async function loadAnyTask(id: string): Promise<Task> {
  return loadTask(await findTask(id), id);
}
