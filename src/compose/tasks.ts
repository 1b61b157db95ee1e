// Where tasks are found: the user's own folder first, then the package's; instances of families are generated into the cache.
import { existsSync } from "node:fs";
import path from "node:path";
import { UserError } from "../core/errors.ts";
import type { RolloutLimits } from "../core/limits.ts";
import { nearestName } from "../core/nearest.ts";
import type { Task, TaskDefinition } from "../core/task.ts";
import { preparedNote, withPreparedData } from "../tasks/data/preparedData.ts";
import type { GenerateOptions } from "../tasks/families/generateInstance.ts";
import { ensureInstance, instancesRoot, isRepeatable } from "../tasks/families/instance.ts";
import { type Family, loadFamily } from "../tasks/families/loadFamily.ts";
import { parseTaskName } from "../tasks/families/taskNames.ts";
import { isFamily, listFamilies, listTasks } from "../tasks/listTasks.ts";
import { loadTask, TASK_ID } from "../tasks/loadTask.ts";
import { SEARCH_PATH } from "../tasks/scriptEnvironment.ts";
import { pythonOf } from "./backends.ts";
import { cacheRootOf } from "./cacheRoot.ts";
import { PACKAGE_ROOT } from "./packageRoot.ts";
import type { World } from "./world.ts";

const NEVER = new AbortController().signal;
/** Tasks that are found or opened side by side: an instance that is new costs a process. */
const OPENED_AT_ONCE = 4;

/** The folders that tasks are looked for in: `tasks/` where the command runs, then the package's own. */
function taskRoots(): readonly string[] {
  const roots = [path.resolve("tasks"), path.join(PACKAGE_ROOT, "tasks")];
  return [...new Set(roots)].filter((root) => existsSync(root));
}

/** The folder that holds a task's or a family's folder. Throws UserError naming the folders looked in. */
export async function rootOf(id: string): Promise<string> {
  const roots = taskRoots();
  const name = parseTaskName(id);
  const root =
    name === null ? undefined : roots.find((candidate) => existsSync(path.join(candidate, name.folder)));
  if (root !== undefined) return root;
  const near = nearestName(name?.folder ?? id, await listTaskIds());
  const suffix = name === null || name.seed === null ? "" : `/${name.seed}`;
  const remedy =
    near === null ? "`nightshift tasks list` names those there are" : `did you mean \`${near}${suffix}\`?`;
  throw new UserError(`there is no task ${JSON.stringify(id)} in ${roots.join(" or ")}; ${remedy}`);
}

/** The folder under which loadTask finds a task by its id; an instance that is not in the cache is generated first. */
export async function findTask(
  world: Pick<World, "env">,
  id: string,
  signal: AbortSignal = NEVER,
): Promise<string> {
  const root = await rootOf(id);
  const name = parseTaskName(id);
  const family = name !== null && (await isFamily(path.join(root, name.folder)));
  if (name === null || (name.seed === null && !family)) return root;
  if (!family)
    throw new UserError(`${id}: ${name.folder} is a task and no family; name it as ${name.folder}`);
  if (name.seed === null) {
    throw new UserError(`${id} is a family; name instances of it, such as ${id}/0 or ${id}/0..15`);
  }
  const loaded = await loadFamily(root, name.folder);
  const options = generateOptionsOf(world);
  await ensureInstance(loaded, name.seed, options, signal);
  return instancesRoot(loaded, options.cacheRoot);
}

function generateOptionsOf(world: Pick<World, "env">): GenerateOptions {
  return {
    cacheRoot: cacheRootOf(world),
    python: pythonOf(world),
    searchPath: world.env("PATH") ?? SEARCH_PATH,
  };
}

/** What is wrong with an instance as one of a family: the same seed must give the same bytes; null where it does, and for other tasks. */
export async function instanceFault(
  world: Pick<World, "env">,
  id: string,
  signal: AbortSignal,
): Promise<string | null> {
  const name = parseTaskName(id);
  if (name === null || name.seed === null) return null;
  const family = await loadFamily(await rootOf(id), name.folder);
  if (await isRepeatable(family, name.seed, generateOptionsOf(world), signal)) return null;
  return `generate.py of ${family.id} wrote other bytes for seed ${name.seed} the second time; draw everything from the seed, and no order from a set`;
}

/** The family of that name; null where there is a task or nothing of that name. */
export async function findFamily(id: string): Promise<Family | null> {
  const root = taskRoots().find((candidate) => existsSync(path.join(candidate, id)));
  const found = root !== undefined && TASK_ID.test(id) && (await isFamily(path.join(root, id)));
  return found ? loadFamily(root, id) : null;
}

/** What `open` makes of each name, in order, a few side by side. */
export async function inOrder<T>(
  ids: readonly string[],
  open: (id: string) => Promise<T>,
): Promise<readonly T[]> {
  const opened: T[] = [];
  for (let at = 0; at < ids.length; at += OPENED_AT_ONCE) {
    opened.push(...(await Promise.all(ids.slice(at, at + OPENED_AT_ONCE).map(open))));
  }
  return opened;
}

/** Whether a task, or the family of an instance, brings data that is not prepared here; an instance is not generated for it. */
export async function isWithoutData(world: Pick<World, "env">, id: string): Promise<boolean> {
  const root = await rootOf(id);
  const folder = parseTaskName(id)?.folder ?? id;
  const isOfFamily = await isFamily(path.join(root, folder));
  const { data } = isOfFamily ? await loadFamily(root, folder) : await loadTask(root, id);
  return data !== null && (await preparedNote(cacheRootOf(world), data.recipe)) === null;
}

/** One task by id, with its data where that is prepared. `limitsOf` gives the limits that its description speaks of. */
export async function openTask(
  world: Pick<World, "env">,
  id: string,
  limitsOf?: (definition: TaskDefinition) => RolloutLimits,
  signal: AbortSignal = NEVER,
): Promise<Task> {
  const root = await findTask(world, id, signal);
  const home = await rootOf(id);
  const task = await loadTask(root, id, undefined, home);
  const limited = limitsOf === undefined ? task : await loadTask(root, id, limitsOf(task.definition), home);
  return withPreparedData(limited, cacheRootOf(world));
}

/** Throws a UserError where one of the tasks cannot be played, or needs data that is not prepared: before anything is spent. */
export function requireData(tasks: Iterable<Task>): void {
  const all = [...tasks];
  const broken = all.find(({ definition }) => definition.notPlayable !== undefined);
  if (broken !== undefined) {
    throw new UserError(
      `${broken.id} cannot be played as it stands: ${broken.definition.notPlayable}; take it out`,
    );
  }
  const missing = [...new Set(all.filter((task) => !hasItsData(task)).map(({ id }) => id))];
  if (missing.length === 0) return;
  throw new UserError(
    `the data of ${missing.join(", ")} is not prepared; run \`nightshift data prepare ${missing.join(" ")}\` first`,
  );
}

/** False where a task brings data that nobody has prepared on this machine. */
export function hasItsData(task: Task): boolean {
  return task.data === null || task.mounts.length > 0;
}

/** Every task that is a folder of its own, by id; a task of one's own hides a shipped one of the same name. */
export async function listAllTasks(): Promise<readonly Task[]> {
  const tasks = new Map<string, Task>();
  for (const { root, id } of await nearest(listTasks)) tasks.set(id, await loadTask(root, id));
  return [...tasks.values()];
}

/** Every family, by id. */
export async function listAllFamilies(): Promise<readonly Family[]> {
  const found = await nearest(listFamilies);
  return Promise.all(found.map(({ root, id }) => loadFamily(root, id)));
}

/** Folders by id with the root that each is taken from, the user's own before the package's. */
async function nearest(list: (root: string) => Promise<readonly string[]>) {
  const found = new Map<string, string>();
  for (const root of taskRoots()) {
    for (const id of await list(root)) if (!found.has(id)) found.set(id, root);
  }
  return [...found].map(([id, root]) => ({ root, id })).sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** The id of every task and family there is, sorted, without reading any. */
export async function listTaskIds(): Promise<readonly string[]> {
  const roots = taskRoots();
  const ids = await Promise.all([...roots.map(listTasks), ...roots.map(listFamilies)]);
  return [...new Set(ids.flat())].sort();
}
