// Runs a family's generate.py once: bounded in time, memory and output, in a clean environment, and checked to have written an instance.
import { mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { UserError } from "../../core/errors.ts";
import { hashOf, sha256 } from "../../core/hash.ts";
import type { TaskDefinition } from "../../core/task.ts";
import { preparedNote, preparedPlaces } from "../data/preparedData.ts";
import { runTool } from "../data/runTool.ts";
import { loadTask } from "../loadTask.ts";
import { readTree } from "../readTree.ts";
import { scriptEnvironment } from "../scriptEnvironment.ts";
import { parameterFault } from "./familyFile.ts";
import { isHoneypot } from "./honeypots.ts";
import type { Family } from "./loadFamily.ts";

const GENERATE_MS_MAX = 120_000;
const LIMITS = { fileBytes: 16 * 1024 * 1024, memoryBytes: 4 * 1024 * 1024 * 1024 };
const RUNNER = fileURLToPath(new URL("../python/run_generator.py", import.meta.url));

export interface GenerateOptions {
  readonly cacheRoot: string;
  /** The interpreter: a path, or a name that `searchPath` leads to. */
  readonly python: string;
  /** Where programs are looked for; nothing else of this process's environment reaches a generator. */
  readonly searchPath: string;
  /** Milliseconds that one instance may take. */
  readonly timeoutMs?: number;
}

/**
 * Generates one instance below `root`, an empty folder, where loadTask finds it as `family/seed`; returns the hash of its bytes. Throws a
 * UserError where generate.py fails, takes too long, or writes what is no sound task or no instance of its family.
 */
export async function generateInstance(
  family: Family,
  seed: number,
  root: string,
  options: GenerateOptions,
  signal: AbortSignal,
): Promise<string> {
  const id = `${family.id}/${seed}`;
  const what = `generating ${id}`;
  const folder = path.join(root, id);
  await mkdir(folder, { recursive: true });
  const request = path.join(root, "request.json");
  const honeypot = isHoneypot(family, seed);
  const data = await dataFolderOf(family, options.cacheRoot);
  await writeFile(request, JSON.stringify({ seed, data, honeypot }));
  const { python, searchPath, timeoutMs = GENERATE_MS_MAX } = options;
  const script = path.join(family.folder, "generate.py");
  const given = [JSON.stringify(LIMITS), JSON.stringify(family.importedFrom), script, folder, request];
  await runTool(
    [python, "-I", "-S", "-B", RUNNER, ...given],
    {
      cwd: folder,
      env: scriptEnvironment(folder, searchPath),
      timeoutMs,
      late: "make generate.py quicker",
      absent: "install python3",
      what,
    },
    signal,
  );
  await rm(request);
  try {
    const { definition } = await loadTask(root, id);
    const fault = faultOf(family, definition, honeypot);
    if (fault !== null) throw new UserError(`${fault}; mend generate.py or family.yaml`);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(`${what}: ${error.message}`, { cause: error });
  }
  return instanceHash(folder, id);
}

/** The hash of an instance's files, names and rights; of nothing, where there is no such folder. */
export async function instanceHash(folder: string, label: string): Promise<string> {
  const files = await readTree(folder, label);
  return hashOf(
    "instance",
    files.map(({ path: name, data, executable }) => ({ path: name, sha256: sha256(data), executable })),
  );
}

function faultOf(family: Family, definition: TaskDefinition, honeypot: boolean): string | null {
  if (honeypot && definition.honeypot === undefined) {
    return `family.yaml says honeypots: ${family.file.honeypots}, which picks this seed, and its task.yaml has no \`honeypot\``;
  }
  if (!honeypot && definition.honeypot !== undefined) {
    return "its task.yaml has a `honeypot`, and it was not asked for one";
  }
  if (definition.family !== family.id) {
    return `its task.yaml says family: ${definition.family}, not ${family.id}`;
  }
  if (definition.use !== family.file.use) {
    return `its task.yaml says use: ${definition.use}, family.yaml says ${family.file.use}`;
  }
  if (definition.licence !== family.file.licence) {
    return `its task.yaml says licence: ${definition.licence}, family.yaml says ${family.file.licence}`;
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
