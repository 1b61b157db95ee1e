// Reads tasks/<family>/ into a Family: its file, its data's recipe, and the hash of all that its instances hang on. It runs nothing.
import path from "node:path";
import { fileURLToPath } from "node:url";
import { UserError } from "../../core/errors.ts";
import { hashOf, sha256 } from "../../core/hash.ts";
import type { TaskData } from "../../core/task.ts";
import { dataOf } from "../data/dataFile.ts";
import { decodeText } from "../readText.ts";
import { readTree } from "../readTree.ts";
import { parseYaml } from "../yamlFile.ts";
import { type FamilyFile, familyFileSchema } from "./familyFile.ts";

const PYTHON_HELPERS = fileURLToPath(new URL("../python/", import.meta.url));
/** What generators share, beside the families of a tasks folder. */
const SHARED = "_families";
const SHIPPED_SHARED = fileURLToPath(new URL("../../../tasks/_families/", import.meta.url));

export interface Family {
  readonly id: string;
  readonly folder: string;
  /** Where generate.py finds what it imports, the nearest first. */
  readonly importedFrom: readonly string[];
  readonly file: FamilyFile;
  /** Hash of all its files and of all that it may import: instances of another generator lie elsewhere in the cache. */
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
  if (files.some((file) => file.path === "task.yaml")) {
    throw new UserError(
      `${label}/task.yaml: a family has none, generate.py writes one for each instance; take it out, or take out family.yaml`,
    );
  }
  const importedFrom = [
    ...new Set([folder, path.resolve(tasksRoot, SHARED), path.resolve(SHIPPED_SHARED), PYTHON_HELPERS]),
  ];
  const imported = await Promise.all(importedFrom.slice(1).map((place) => readTree(place, SHARED)));
  const yaml = decodeText(declared.data, `${label}/family.yaml`);
  return {
    id,
    folder,
    file: parseYaml(yaml, `${label}/family.yaml`, familyFileSchema),
    importedFrom,
    hash: hashOf(
      "family",
      [files, ...imported].map((tree) =>
        tree.map((file) => ({ path: file.path, sha256: sha256(file.data) })),
      ),
    ),
    data: await dataOf(files, label),
  };
}
