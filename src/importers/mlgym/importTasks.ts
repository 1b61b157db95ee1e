// `import mlgym-tasks`: every configuration of a checkout becomes a task folder, or a row that says why it does not. It runs nothing of the checkout.
import { mkdir, mkdtemp, rename, rm, rmdir, stat } from "node:fs/promises";
import path from "node:path";
import { UserError } from "../../core/errors.ts";
import type { TaskFile } from "../../core/task.ts";
import { loadTask } from "../../tasks/loadTask.ts";
import { writeTaskFiles } from "../taskFile.ts";
import { licenceOf, readConfigs } from "./checkout.ts";
import type { TaskConfig } from "./config.ts";
import { planTask } from "./planTask.ts";
import { scanSources } from "./scanSources.ts";
import { sentence, taskFiles } from "./taskFiles.ts";

export interface ImportMlgymTasks {
  readonly checkout: string;
  /** The tasks folder that they are written to; made where it is missing. */
  readonly out: string;
  readonly python: string;
  /** A fresh secret text for each task. */
  readonly newKey: () => string;
  /** This package's own tasks that follow one of MLGym, by its id. */
  readonly ownTasks: (mlgymId: string) => readonly string[];
}

/** What became of one configuration. */
export interface ImportedTask {
  /** File below configs/tasks/. */
  readonly config: string;
  readonly mlgymId: string | null;
  /** The task's id here; null where none was made. */
  readonly task: string | null;
  readonly outcome: "imported" | "notPlayable" | "refused";
  /** Why it was refused or cannot be played, and what differs. */
  readonly obstacles: readonly string[];
  readonly notes: readonly string[];
}

interface Made {
  readonly row: ImportedTask;
  readonly files: readonly TaskFile[];
}

/**
 * Imports all tasks of a checkout. A folder is written whole or not at all. Throws a UserError, with nothing written, where the folder is no
 * checkout of MLGym or a task of that name is there already.
 */
export async function importMlgymTasks(
  request: ImportMlgymTasks,
  signal: AbortSignal,
): Promise<readonly ImportedTask[]> {
  const made = await makeAll(request, signal);
  for (const { row } of made) {
    if (row.task === null) continue;
    const folder = path.join(request.out, row.task);
    const isThere = await stat(folder).catch(() => null);
    if (isThere !== null) {
      throw new UserError(
        `${folder} is there already; move it away, or import into another folder with --out`,
      );
    }
  }
  return write(request.out, made, signal);
}

async function makeAll(request: ImportMlgymTasks, signal: AbortSignal): Promise<readonly Made[]> {
  const { checkout, python, newKey, ownTasks } = request;
  const licence = await licenceOf(checkout);
  const taken = new Set<string>();
  const made: Made[] = [];
  for (const found of await readConfigs(checkout)) {
    signal.throwIfAborted();
    if ("fault" in found) {
      made.push(refused(found.file, null, found.fault));
      continue;
    }
    const { file, config } = found;
    try {
      const plan = await planTask(checkout, config, (files) =>
        scanSources({ folder: checkout, files, python }, signal),
      );
      const id = idOf(config, file, taken);
      const files = await taskFiles(plan, {
        id,
        configFile: file,
        licence,
        key: newKey(),
        ownTasks: ownTasks(config.id),
      });
      taken.add(id);
      const { obstacles, notes } = plan;
      const outcome = obstacles.length === 0 ? "imported" : "notPlayable";
      made.push({ row: { config: file, mlgymId: config.id, task: id, outcome, obstacles, notes }, files });
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      made.push(refused(file, config.id, error.message));
    }
  }
  return made;
}

function refused(config: string, mlgymId: string | null, why: string): Made {
  return {
    row: { config, mlgymId, task: null, outcome: "refused", obstacles: [why], notes: [] },
    files: [],
  };
}

/** `mlgym-` and MLGym's id in our spelling; a second configuration of the same id is called after its file. */
function idOf(config: TaskConfig, file: string, taken: ReadonlySet<string>): string {
  const id = `mlgym-${dashed(config.id)}`;
  if (!taken.has(id)) return id;
  const other = `mlgym-${dashed(file.replace(/\.ya?ml$/, ""))}`;
  if (taken.has(other)) {
    throw new UserError(`its id ${config.id} is another configuration's, and so is the name of its file`);
  }
  return other;
}

/** `battleOfSexes` → `battle-of-sexes`. */
function dashed(name: string): string {
  return name
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1-$2")
    .replaceAll(/([A-Z]+)([A-Z][a-z])/g, "$1-$2")
    .replaceAll(/[^A-Za-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "")
    .toLowerCase();
}

/** Writes the folders beside their place, loads each as any task is loaded, and moves what loads to its place. */
async function write(
  out: string,
  made: readonly Made[],
  signal: AbortSignal,
): Promise<readonly ImportedTask[]> {
  const isNew = (await mkdir(out, { recursive: true })) !== undefined;
  const scratch = await mkdtemp(path.join(out, ".importing-"));
  const rows: ImportedTask[] = [];
  try {
    for (const { row, files } of made) {
      signal.throwIfAborted();
      if (row.task === null) {
        rows.push(row);
        continue;
      }
      await writeTaskFiles(path.join(scratch, row.task), files);
      const fault = await faultOf(scratch, row.task);
      rows.push(
        fault === null
          ? row
          : { ...row, task: null, outcome: "refused", obstacles: [fault, ...row.obstacles] },
      );
    }
    for (const { task } of rows) {
      if (task !== null) await rename(path.join(scratch, task), path.join(out, task));
    }
    return rows;
  } finally {
    await rm(scratch, { recursive: true, force: true });
    // Where no task came of it, no tasks folder is left behind either: rmdir takes empty ones only.
    if (isNew) await rmdir(out).catch(() => {});
  }
}

async function faultOf(root: string, id: string): Promise<string | null> {
  return loadTask(root, id).then(
    () => null,
    (error: unknown) => {
      if (error instanceof UserError) return sentence(error.message.split("\n"));
      throw error;
    },
  );
}
