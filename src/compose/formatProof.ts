// Tries a task's prepare.py on small files of the true format (tests/format/<id>/), where this clone has some: for data that only
// users with the internet can have whole.
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { UserError } from "../core/errors.ts";
import { sha256 } from "../core/hash.ts";
import type { Task } from "../core/task.ts";
import { parseDataFile } from "../tasks/data/dataFile.ts";
import { runPrepare } from "../tasks/data/prepareData.ts";
import { filesBelow } from "../tasks/data/treeHash.ts";
import { readTextFile } from "../tasks/readText.ts";
import { SEARCH_PATH } from "../tasks/scriptEnvironment.ts";
import { pythonOf } from "./backends.ts";
import { PACKAGE_ROOT } from "./packageRoot.ts";
import type { World } from "./world.ts";

const FORMAT = path.join(PACKAGE_ROOT, "tests", "format");

/** A sentence for each fault, none where the script is sound; null where there are no such files for the task. */
export async function formatProof(
  world: Pick<World, "env">,
  { id, folder, data }: Pick<Task, "id" | "folder" | "data">,
  signal: AbortSignal,
): Promise<readonly string[] | null> {
  const sources = path.join(FORMAT, id);
  if (data === null || !existsSync(sources)) return null;
  const file = path.join(folder, "data.yaml");
  const { prepare } = parseDataFile(await readTextFile(file, "the task's data file"), file);
  const scratch = await mkdtemp(path.join(tmpdir(), "nightshift-format-"));
  try {
    const searchPath = world.env("PATH") ?? SEARCH_PATH;
    const script = path.resolve(folder, prepare);
    const of = { id, python: pythonOf(world), script, sources, cwd: scratch, searchPath };
    const [first, second] = [path.join(scratch, "first"), path.join(scratch, "second")];
    const note = await runPrepare({ ...of, out: first }, signal);
    const again = await runPrepare({ ...of, out: second }, signal);
    const faults: string[] = [];
    for (const part of ["public", "hidden"] as const) {
      if (note[part].files === 0) faults.push(`${prepare} leaves no ${part} file of tests/format/${id}`);
      if (note[part].hash !== again[part].hash) {
        faults.push(`${prepare} leaves other ${part} files of tests/format/${id} each time it is run`);
      }
    }
    const shared = await sharedFile(path.join(first, "public"), path.join(first, "hidden"));
    if (shared !== null) faults.push(`${prepare} hides ${shared} and shows the same file to agents`);
    return faults;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return [`${prepare} fails on tests/format/${id}: ${error.message}`.replaceAll(/\s+/g, " ")];
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function sharedFile(shown: string, hidden: string): Promise<string | null> {
  const digests = new Set<string>();
  for (const { path: name } of await filesBelow(shown)) digests.add(await digestOf(shown, name));
  for (const { path: name } of await filesBelow(hidden)) {
    if (digests.has(await digestOf(hidden, name))) return name;
  }
  return null;
}

async function digestOf(folder: string, name: string): Promise<string> {
  return sha256(await readFile(path.join(folder, name)));
}
