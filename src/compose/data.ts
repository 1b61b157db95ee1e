// Puts `data prepare` and `data list` together: which tasks bring data, where the cache is, and what is said meanwhile.
import path from "node:path";
import { UserError } from "../core/errors.ts";
import type { TaskData } from "../core/task.ts";
import { type DataSource, parseDataFile } from "../tasks/data/dataFile.ts";
import { prepareData, recordPrepared } from "../tasks/data/prepareData.ts";
import { preparedNote, verifyPrepared } from "../tasks/data/preparedData.ts";
import { loadFamily } from "../tasks/families/loadFamily.ts";
import { parseTaskName } from "../tasks/families/taskNames.ts";
import { isFamily } from "../tasks/listTasks.ts";
import { loadTask } from "../tasks/loadTask.ts";
import { readTextFile } from "../tasks/readText.ts";
import { pythonOf } from "./backends.ts";
import { cacheRootOf } from "./cacheRoot.ts";
import { listAllFamilies, listAllTasks, rootOf } from "./tasks.ts";
import type { World } from "./world.ts";

export interface DataRow {
  readonly id: string;
  readonly data: TaskData;
  /** What is fetched, in a few words: `debian wordnet-base`, or the host of an address. */
  readonly sources: readonly string[];
  readonly state: "prepared" | "not prepared";
}

/** Every task and family that brings data. */
export async function dataRows(world: World): Promise<readonly DataRow[]> {
  const cacheRoot = cacheRootOf(world);
  const all = [...(await listAllTasks()), ...(await listAllFamilies())];
  const rows: DataRow[] = [];
  for (const { id, data } of all) {
    if (data === null) continue;
    const note = await preparedNote(cacheRoot, data.recipe);
    const file = path.join(await rootOf(id), id, "data.yaml");
    const { sources } = parseDataFile(await readTextFile(file, "the task's data file"), file);
    rows.push({
      id,
      data,
      sources: [...new Set(sources.map(sourceWords))],
      state: note === null ? "not prepared" : "prepared",
    });
  }
  return rows;
}

function sourceWords(source: DataSource): string {
  return source.kind === "url" ? new URL(source.url).host : `${source.kind} ${source.package}`;
}

/** Prepares, or with `verify` only looks at, the data of tasks. Returns what is wrong with what was verified. */
export async function prepareTasks(
  world: World,
  ids: readonly string[],
  { record, verify }: { readonly record: boolean; readonly verify: boolean },
  signal: AbortSignal,
): Promise<readonly string[]> {
  const cacheRoot = cacheRootOf(world);
  const targets = await Promise.all(ids.map(targetOf));
  const faults: string[] = [];
  for (const { id, folder, data } of targets) {
    if (verify) {
      const fault = await verifyPrepared(data, cacheRoot, signal);
      if (fault === null) world.say(`${id}: as it was prepared`);
      else faults.push(`${id}: ${fault}; run \`nightshift data prepare ${id}\``);
      continue;
    }
    const note = await prepareData(
      { id, folder, data, cacheRoot, python: pythonOf(world), env: world.toolEnv, onProgress: world.say },
      record,
      signal,
    );
    if (record) await recordPrepared(folder, note);
  }
  return faults;
}

async function targetOf(id: string): Promise<{ id: string; folder: string; data: TaskData }> {
  const root = await rootOf(id);
  const name = parseTaskName(id);
  if (name !== null && name.seed !== null && (await isFamily(path.join(root, name.folder)))) {
    throw new UserError(
      `${id} is an instance, and data is its family's; run \`nightshift data prepare ${name.folder}\``,
    );
  }
  const folder = path.join(root, id);
  const { data } = (await isFamily(folder)) ? await loadFamily(root, id) : await loadTask(root, id);
  if (data === null) throw new UserError(`${id} brings no data: there is nothing to prepare`);
  return { id, folder, data };
}
