// A checkout of MLGym as a folder to read from: its configurations, its licence, and the files that they name. It changes nothing there.
import { lstat, readdir, readFile, stat } from "node:fs/promises";
import path from "node:path";
import { UserError } from "../../core/errors.ts";
import type { TaskFile } from "../../core/task.ts";
import { readTextFile } from "../../tasks/readText.ts";
import { readTree } from "../../tasks/readTree.ts";
import { parseYaml } from "../../tasks/yamlFile.ts";
import { type DatasetConfig, datasetConfigSchema, type TaskConfig, taskConfigSchema } from "./config.ts";

const TASKS = "configs/tasks";
const CONFIGS_MAX = 1_000;
const FILE_BYTES_MAX = 16 * 1024 * 1024;
const LICENCES = [
  [/Attribution-NonCommercial 4\.0/, "CC-BY-NC-4.0"],
  [/Apache License\s+Version 2\.0/, "Apache-2.0"],
  [/\bMIT License\b/, "MIT"],
] as const;

/** A configuration as it was found: whole, or the sentence that says why it cannot be read. */
export type FoundConfig =
  | { readonly file: string; readonly config: TaskConfig }
  | { readonly file: string; readonly fault: string };

/** The task configurations of a checkout, sorted by name. Throws a UserError where this is no checkout of MLGym. */
export async function readConfigs(checkout: string): Promise<readonly FoundConfig[]> {
  const folder = path.join(checkout, TASKS);
  const names = await readdir(folder).catch(() => null);
  const files = (names ?? []).filter((name) => /\.ya?ml$/.test(name)).sort();
  if (files.length === 0 || files.length > CONFIGS_MAX) {
    throw new UserError(
      `${checkout}: no checkout of MLGym: it has ${files.length} task configurations in ${TASKS}/, where 1 to ${CONFIGS_MAX} are expected`,
    );
  }
  return Promise.all(
    files.map(async (file): Promise<FoundConfig> => {
      try {
        const text = await readTextFile(path.join(folder, file), "the configuration");
        return { file, config: parseYaml(text, file, taskConfigSchema) };
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        return { file, fault: error.message.split("\n")[0] ?? "" };
      }
    }),
  );
}

/** One dataset's configuration, by its path below configs/. Throws a UserError where it is not there or wrong. */
export async function readDataset(checkout: string, name: string): Promise<DatasetConfig> {
  const file = inside(path.posix.join("configs", name));
  const text = await readTextFile(path.join(checkout, file), "the dataset's configuration").catch(() => null);
  if (text === null) throw new UserError(`${file} is not in the checkout`);
  return parseYaml(text, file, datasetConfigSchema);
}

/**
 * A file of the checkout, or all below a folder, with paths that begin with its own last name as in an agent's workspace. Throws a UserError
 * where it is not there, or larger than a task may be.
 */
export async function readStarter(checkout: string, name: string): Promise<readonly TaskFile[]> {
  const source = inside(name);
  const full = path.join(checkout, source);
  const info = await lstat(full).catch(() => null);
  const base = path.posix.basename(source);
  if (info === null) throw new UserError(`${source} is not in the checkout`);
  if (info.isDirectory()) {
    return (await readTree(full, source)).map((file) => ({ ...file, path: `${base}/${file.path}` }));
  }
  if (!info.isFile()) throw new UserError(`${source} is no regular file`);
  if (info.size > FILE_BYTES_MAX) {
    throw new UserError(`${source} has ${info.size} bytes, more than a task's file may have`);
  }
  return [{ path: base, data: await readFile(full), executable: (info.mode & 0o100) !== 0 }];
}

/** Whether there is such a folder in the checkout. */
export async function hasFolder(checkout: string, name: string): Promise<boolean> {
  return stat(path.join(checkout, inside(name))).then(
    (info) => info.isDirectory(),
    () => false,
  );
}

/** SPDX name of the checkout's licence, by the first words of its LICENSE file. */
export async function licenceOf(checkout: string): Promise<string> {
  const text = await readFile(path.join(checkout, "LICENSE"), "utf8").catch(() => "");
  return LICENCES.find(([words]) => words.test(text))?.[1] ?? "LicenseRef-not-stated";
}

/** A path of a configuration, which must not lead out of the checkout. */
function inside(name: string): string {
  const clean = path.posix.normalize(name);
  if (clean === "." || clean.startsWith("../") || clean === ".." || path.posix.isAbsolute(clean)) {
    throw new UserError(`${JSON.stringify(name)} leads out of the checkout`);
  }
  return clean.replace(/\/$/, "");
}
