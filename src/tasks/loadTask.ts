// Reads tasks/<id>/ into a Task: checks it whole, and hashes what agents see and what judges them. It runs nothing.
import { readFile, stat } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { UserError } from "../core/errors.ts";
import { hashOf, sha256 } from "../core/hash.ts";
import { DEFAULT_LIMITS, type RolloutLimits, rolloutLimitsSchema } from "../core/limits.ts";
import { nearestName } from "../core/nearest.ts";
import type { Task, TaskDefinition, TaskFile } from "../core/task.ts";
import { checkedDefinitionSchema } from "./checkDefinition.ts";
import { dataOf } from "./data/dataFile.ts";
import { parseTaskName } from "./families/taskNames.ts";
import { fillDescription } from "./fillDescription.ts";
import { decodeText } from "./readText.ts";
import { readTree } from "./readTree.ts";
import { parseYaml } from "./yamlFile.ts";

const ENTRIES = new Set([
  "task.yaml",
  "description.md",
  "workspace",
  "judge.py",
  "hidden",
  "solution",
  "data.yaml",
  "prepare.py",
  // For people: it is part of no hash.
  "README.md",
]);
/** What only the judge may see: in the workspace every agent could read it. */
const JUDGE_ONLY = /^(?:hidden|solution)\/|^(?:judge|prepare)\.py$/;
const PYTHON = fileURLToPath(new URL("python/", import.meta.url));
/** How a Dockerfile says that it stands on another shared image. */
const STANDS_ON = /^ARG\s+BASE=(?:localhost\/)?nightshift\/([^:\s]+)/im;
const SHIPPED_IMAGES = fileURLToPath(new URL("../../tasks/_images/", import.meta.url));

const CALLING_HARNESS = [
  ["array_frames.py", "array_frames.py"],
  ["harness.py", "harness.py"],
  ["next_token.py", "next_token.py"],
] as const;
/** What runs a submission in its room, by the kind of judge: files of ours and what they are called there. */
const HARNESS_FILES: Readonly<
  Record<TaskDefinition["judge"]["kind"], readonly (readonly [string, string])[]>
> = {
  csv: CALLING_HARNESS,
  function: CALLING_HARNESS,
  policy: CALLING_HARNESS,
  repo: [
    ["repo_harness.py", "harness.py"],
    ["hidden_tests.py", "hidden_tests.py"],
  ],
  script: [
    ["script_harness.py", "harness.py"],
    ["hidden_script.py", "hidden_script.py"],
  ],
};

/** What a task's folder may be called. */
export const TASK_ID = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;

/**
 * Loads one task. `limits` fill the description's placeholders; without them the task's own, over the defaults.
 * Shared images are looked for under `imagesRoot`: an instance lies in the cache, its family's images do not.
 * Neither hash depends on the limits, nor on where the folder lies. Throws a UserError with file and line on any fault.
 */
export async function loadTask(
  tasksRoot: string,
  id: string,
  limits?: RolloutLimits,
  imagesRoot = tasksRoot,
): Promise<Task> {
  const folder = path.resolve(tasksRoot, id);
  const name = parseTaskName(id);
  const label = path.join(path.basename(path.resolve(tasksRoot)), id);
  if (name === null || !(await isFolder(folder))) {
    throw new UserError(
      `no task ${JSON.stringify(id)} under ${tasksRoot}; \`nightshift tasks list\` names those there are`,
    );
  }
  const files = await readTree(folder, label);
  const stray = files.map(({ path: name }) => name).find((name) => !ENTRIES.has(name.split("/")[0] ?? ""));
  if (stray !== undefined) {
    const near = nearestName(stray.split("/")[0] ?? "", ENTRIES);
    const remedy = near === null ? "take it out" : `did you mean ${near}?`;
    throw new UserError(
      `${label}/${stray}: not part of a task; a task has ${[...ENTRIES].join(", ")}; ${remedy}`,
    );
  }
  const text = (name: string) => {
    const file = files.find((candidate) => candidate.path === name);
    if (file === undefined) {
      throw new UserError(
        `${label}/${name}: missing; every task has one, see tasks/colonel-blotto for an example`,
      );
    }
    return decodeText(file.data, `${label}/${name}`);
  };

  const definition = parseYaml(text("task.yaml"), `${label}/task.yaml`, checkedDefinitionSchema);
  const template = text("description.md");
  text("judge.py");

  const data = await dataOf(files, label);
  const workspace = below(files, "workspace");
  const exposed = workspace.find((file) => JUDGE_ONLY.test(file.path));
  if (exposed !== undefined) {
    throw new UserError(
      `${label}/workspace/${exposed.path}: every agent would see it; move it out of workspace/, beside task.yaml`,
    );
  }
  const judgeFiles = [
    ...files.filter((file) => file.path === "judge.py" || file.path.startsWith("hidden/")),
    await python("nightshift_arrays.py", "nightshift_arrays.py"),
    await python("nightshift_files.py", "nightshift_files.py"),
    await python("nightshift_judge.py", "nightshift_judge.py"),
    ...(definition.judge.kind === "script"
      ? [await python("nightshift_script.py", "nightshift_script.py")]
      : []),
  ];
  const harnessFiles = await Promise.all(
    HARNESS_FILES[definition.judge.kind].map(([name, as]) => python(name, `harness/${as}`)),
  );
  return {
    id,
    folder,
    definition,
    description: fillDescription(
      template,
      limits ?? rolloutLimitsSchema.parse({ ...DEFAULT_LIMITS, ...definition.limits }),
      `${label}/description.md`,
    ),
    workspace,
    judgeFiles,
    harnessFiles,
    data,
    mounts: [],
    playHash: hashOf("play", {
      id,
      description: template,
      workspace: digests(workspace),
      image: await imageIdentity(imagesRoot, definition.image),
      submission: definition.submission,
      validation: definition.validation,
      ...(data === null ? {} : { data: data.prepared?.public ?? data.recipe }),
    }),
    judgeHash: hashOf("judge", {
      judge: digests(judgeFiles),
      harness: digests(harnessFiles),
      settings: definition.judge,
      submission: definition.submission,
      metric: definition.metric,
      ...(definition.honeypot === undefined ? {} : { honeypot: definition.honeypot }),
      ...(data === null ? {} : { data: data.prepared?.hidden ?? data.recipe }),
    }),
  };
}

function below(files: readonly TaskFile[], folder: string): readonly TaskFile[] {
  return files
    .filter((file) => file.path.startsWith(`${folder}/`))
    .map((file) => ({ ...file, path: file.path.slice(folder.length + 1) }));
}

function digests(files: readonly TaskFile[]) {
  return files.map(({ path, data, executable }) => ({ path, sha256: sha256(data), executable }));
}

/**
 * A shared image is its name and its build context, which lies beside the task or, for a task of one's own, with the shipped
 * tasks, and the image that it stands on, where that is shared too; any other is a pinned name that speaks for itself.
 */
async function imageIdentity(tasksRoot: string, image: string, above: readonly string[] = []) {
  const shared = /^[a-z0-9-]+$/.test(image) && !above.includes(image);
  const folders = shared ? [path.resolve(tasksRoot, "_images", image), path.join(SHIPPED_IMAGES, image)] : [];
  for (const folder of folders) {
    const context = await readTree(folder, `_images/${image}`);
    if (context.length === 0) continue;
    const dockerfile = context.find((file) => file.path === "Dockerfile")?.data ?? new Uint8Array();
    const parent = STANDS_ON.exec(new TextDecoder().decode(dockerfile))?.[1];
    const base: unknown =
      parent === undefined ? undefined : await imageIdentity(tasksRoot, parent, [...above, image]);
    return { name: image, context: digests(context), ...(base === undefined ? {} : { base }) };
  }
  return { name: image, context: [] };
}

async function python(name: string, as: string): Promise<TaskFile> {
  return { path: as, data: await readFile(path.join(PYTHON, name)), executable: false };
}

async function isFolder(folder: string): Promise<boolean> {
  return stat(folder).then(
    (info) => info.isDirectory(),
    () => false,
  );
}
