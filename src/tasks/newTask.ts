// Lays out a new task from the template of its kind: a small task that works, to be changed into one's own.
import { mkdir, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { UserError } from "../core/errors.ts";
import { suggestion } from "../core/nearest.ts";
import { taskDefinitionSchema } from "../core/task.ts";
import { TASK_ID } from "./loadTask.ts";
import { readTree } from "./readTree.ts";

const TEMPLATES = fileURLToPath(new URL("templates/", import.meta.url));
/** Tasks of the kind `script` are imported, never written anew: the others keep code and score apart, or say how far. */
const KINDS = taskDefinitionSchema.shape.judge.shape.kind.exclude(["script"]).options;

export interface NewTask {
  readonly name: string;
  readonly kind: string;
  /** The tasks folder; made where it is missing. */
  readonly tasksRoot: string;
  /** A fresh secret text for hidden/key: the judge's randomness hangs on it. */
  readonly key: string;
  /** The way from the new folder to the JSON Schema that editors check task.yaml against; left out: no hint is written. */
  readonly schema?: string;
}

/**
 * Writes `<tasksRoot>/<name>/` and returns the paths of its files. Throws a UserError, with nothing written, on an unknown kind, a
 * name that no task can have, or a folder that is there already.
 */
export async function newTask({ name, kind, tasksRoot, key, schema }: NewTask): Promise<readonly string[]> {
  const known = KINDS.find((candidate) => candidate === kind);
  if (known === undefined)
    throw new UserError(`--kind ${JSON.stringify(kind)}: no such kind of task; ${suggestion(kind, KINDS)}`);
  const folder = await newFolder(tasksRoot, name);
  const files = await readTree(path.join(TEMPLATES, known), `template ${known}`);
  for (const file of files) {
    const target = path.join(folder, file.path);
    await mkdir(path.dirname(target), { recursive: true });
    await writeFile(target, contentFor(file, name, key, schema), {
      mode: file.executable ? 0o755 : 0o644,
      flag: "wx",
    });
  }
  return files.map((file) => file.path);
}

function contentFor(
  file: { path: string; data: Uint8Array },
  name: string,
  key: string,
  schema: string | undefined,
): Uint8Array | string {
  const text = () => new TextDecoder().decode(file.data);
  if (file.path === "hidden/key") return `${key}\n`;
  if (file.path === "task.yaml") {
    const hint = schema === undefined ? "" : `# yaml-language-server: $schema=${schema}\n`;
    return `${hint}${text().replace(/^title: .*$/m, `title: ${JSON.stringify(titleOf(name))}`)}`;
  }
  if (file.path === "description.md") return text().replace(/^# .*$/m, `# ${titleOf(name)}`);
  return file.data;
}

/** `house-rents` → `House rents`. In YAML it is quoted, so that no name is taken for a number or a truth value. */
function titleOf(name: string): string {
  const words = name.replaceAll("-", " ");
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}

/** Where a new task of this name goes. Throws a UserError on a name that no task can have, or a folder that is there already. */
export async function newFolder(tasksRoot: string, name: string): Promise<string> {
  if (!TASK_ID.test(name)) {
    throw new UserError(
      `a task cannot be called ${JSON.stringify(name)}; use lower-case letters, digits and single dashes between them`,
    );
  }
  const folder = path.join(tasksRoot, name);
  if (await exists(folder))
    throw new UserError(`${folder} is there already; take another name, or move it away`);
  return folder;
}
