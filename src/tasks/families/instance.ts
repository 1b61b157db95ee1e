// Instances of a family: its generate.py is run once for each seed, and what it wrote is kept in the cache as an ordinary task folder.
import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { z } from "zod";
import { UserError } from "../../core/errors.ts";
import { hashOf, sha256 } from "../../core/hash.ts";
import { type TaskData, taskDefinitionSchema } from "../../core/task.ts";
import { dataOf } from "../data/dataFile.ts";
import { preparedNote, preparedPlaces } from "../data/preparedData.ts";
import { runTool } from "../data/runTool.ts";
import { decodeText } from "../readText.ts";
import { readTree } from "../readTree.ts";
import { parseYaml } from "../yamlFile.ts";
import { type FamilyFile, familyFileSchema, parameterFault } from "./familyFile.ts";

const GENERATE_MS_MAX = 120_000;
const PYTHON_HELPERS = fileURLToPath(new URL("../python/", import.meta.url));
const BOOT =
  "import sys, json, runpy; sys.path[:0] = json.loads(sys.argv[1]); sys.argv = sys.argv[2:]; runpy.run_path(sys.argv[0], run_name='__main__')";
/** What generators share, beside the families of a tasks folder. */
const SHARED = "_families";
const SHIPPED_SHARED = fileURLToPath(new URL("../../../tasks/_families/", import.meta.url));

export interface Family {
  readonly id: string;
  readonly folder: string;
  /** Where generate.py finds what it imports, the nearest first. */
  readonly importedFrom: readonly string[];
  readonly file: FamilyFile;
  /** Hash of all its files and its data: instances of another generator lie elsewhere in the cache. */
  readonly hash: string;
  /** The recipe of the data that its instances are cut from; null where there is none. */
  readonly data: TaskData | null;
}

/** Loads a family. Throws a UserError with file and line. */
export async function loadFamily(tasksRoot: string, id: string): Promise<Family> {
  const folder = path.resolve(tasksRoot, id);
  const label = path.join(path.basename(path.resolve(tasksRoot)), id);
  const files = await readTree(folder, label);
  const declared = files.find((file) => file.path === "family.yaml");
  if (declared === undefined) throw new UserError(`${label}/family.yaml: missing; every family has one`);
  if (!files.some((file) => file.path === "generate.py")) {
    throw new UserError(`${label}/generate.py: missing; it writes the family's instances`);
  }
  const shared = [...new Set([path.resolve(tasksRoot, SHARED), path.resolve(SHIPPED_SHARED)])];
  const imported = await Promise.all(shared.map((place) => readTree(place, SHARED)));
  const yaml = decodeText(declared.data, `${label}/family.yaml`);
  return {
    id,
    folder,
    file: parseYaml(yaml, `${label}/family.yaml`, familyFileSchema),
    importedFrom: [folder, ...shared, PYTHON_HELPERS],
    hash: hashOf(
      "family",
      [files, ...imported].map((tree) =>
        tree.map((file) => ({ path: file.path, sha256: sha256(file.data) })),
      ),
    ),
    data: await dataOf(files, label),
  };
}

/** Where the instances of one family's present generator lie: a tasks root for loadTask, under the id `family/seed`. */
export function instancesRoot(family: Family, cacheRoot: string): string {
  return path.join(cacheRoot, "instances", family.hash.slice(0, 32));
}

export interface GenerateOptions {
  readonly cacheRoot: string;
  readonly python: string;
}

/**
 * The instance's folder in the cache, generated where it is not there. Throws a UserError where generate.py fails, takes too long or
 * writes something that is not an instance of its family.
 */
export async function ensureInstance(
  family: Family,
  seed: number,
  options: GenerateOptions,
  signal: AbortSignal,
): Promise<string> {
  const folder = path.join(instancesRoot(family, options.cacheRoot), family.id, String(seed));
  if (await exists(path.join(folder, "task.yaml"))) return folder;
  await mkdir(path.dirname(folder), { recursive: true });
  const scratch = path.join(path.dirname(folder), `.${seed}-${randomUUID()}`);
  try {
    await generateInstance(family, seed, scratch, options, signal);
    // Another process may have been quicker with the same bytes.
    await rename(scratch, folder).catch(async (error: unknown) => {
      if (!(await exists(path.join(folder, "task.yaml")))) throw error;
    });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  return folder;
}

/** Generates one instance into `folder`, which must not be there, and checks it against its family. */
export async function generateInstance(
  family: Family,
  seed: number,
  folder: string,
  { cacheRoot, python }: GenerateOptions,
  signal: AbortSignal,
): Promise<void> {
  const what = `generating ${family.id}/${seed}`;
  await mkdir(folder);
  const request = `${folder}.json`;
  await writeFile(request, JSON.stringify({ seed, data: await dataFolderOf(family, cacheRoot) }));
  try {
    const script = path.join(family.folder, "generate.py");
    await runTool(
      [python, "-I", "-S", "-B", "-c", BOOT, JSON.stringify(family.importedFrom), script, folder, request],
      { cwd: folder, timeoutMs: GENERATE_MS_MAX, absent: "install python3", what },
      signal,
    );
  } finally {
    await rm(request, { force: true });
  }
  const label = `${family.id}/${seed}/task.yaml`;
  const text = await readFile(path.join(folder, "task.yaml"), "utf8").catch(() => {
    throw new UserError(`${what}: generate.py wrote no task.yaml`);
  });
  const definition = parseYaml(text, label, taskDefinitionSchema);
  const fault = faultOf(family, definition);
  if (fault !== null) throw new UserError(`${what}: ${fault}; mend generate.py or family.yaml`);
}

function faultOf(family: Family, definition: z.infer<typeof taskDefinitionSchema>): string | null {
  if (definition.family !== family.id) return `its task.yaml says family: ${definition.family}`;
  if (definition.use !== family.file.use) {
    return `its task.yaml says use: ${definition.use}, family.yaml says ${family.file.use}`;
  }
  return parameterFault(family.file, definition.parameters ?? {});
}

/** Where generate.py finds the family's prepared data: both trees, since what becomes of them is its business. */
async function dataFolderOf(family: Family, cacheRoot: string) {
  if (family.data === null) return null;
  if ((await preparedNote(cacheRoot, family.data.recipe)) === null) {
    throw new UserError(
      `the data of ${family.id} is not prepared; run \`nightshift data prepare ${family.id}\` first`,
    );
  }
  const { public: shown, hidden } = preparedPlaces(cacheRoot, family.data.recipe);
  return { public: shown, hidden };
}

const exists = (place: string) =>
  stat(place).then(
    () => true,
    () => false,
  );
