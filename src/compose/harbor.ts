// Puts Harbor's format together with this machine: fresh keys for what comes in, the lines of our images for what goes out.
import { randomBytes } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import path from "node:path";
import type { Task, TaskFile } from "../core/task.ts";
import { inOrder, readImageFolders } from "../images/imageFolder.ts";
import { checkExportable, exportHarborTask } from "../importers/harbor/exportTask.ts";
import { type ImportedTask, importHarborTasks } from "../importers/harbor/importTasks.ts";
import { readTree } from "../tasks/readTree.ts";
import { imageRoots } from "./images.ts";
import { openTask } from "./tasks.ts";
import type { World } from "./world.ts";

export type { ImportedTask } from "../importers/harbor/importTasks.ts";

const KEY_BYTES = 32;
const SHARED_IMAGE = /^[a-z0-9-]+$/;

/** Imports one task of Harbor's, or a folder of them, into a tasks folder. Throws UserError as `importHarborTasks`. */
export async function importHarbor(
  of: { readonly source: string; readonly out: string },
  signal: AbortSignal,
): Promise<readonly ImportedTask[]> {
  const newKey = () => randomBytes(KEY_BYTES).toString("hex");
  return importHarborTasks({ source: of.source, out: path.resolve(of.out), newKey }, signal);
}

/** Writes tasks in Harbor's format into `out/<id>`; returns the folders. Throws UserError where one cannot be said in it. */
export async function exportHarbor(
  world: World,
  of: { readonly ids: readonly string[]; readonly out: string },
): Promise<readonly string[]> {
  const exports: { readonly task: Task; readonly out: string }[] = [];
  for (const id of of.ids) {
    const task = await openTask(world, id);
    const out = path.resolve(of.out, id.replaceAll("/", "-"));
    // All or none: what cannot be written is told before the first is.
    await checkExportable(task, out);
    exports.push({ task, out });
  }
  await mkdir(of.out, { recursive: true });
  for (const { task, out } of exports)
    await exportHarborTask({ task, image: await imageOf(task.definition.image), out });
  return exports.map(({ out }) => out);
}

/** The lines of an image and of those that it stands on, as one Dockerfile whose base is public. */
async function imageOf(
  name: string,
): Promise<{ readonly dockerfile: string; readonly files: readonly TaskFile[] }> {
  if (!SHARED_IMAGE.test(name)) return { dockerfile: `FROM ${name}`, files: [] };
  const parts: string[] = [];
  const files = new Map<string, TaskFile>();
  let base = "debian:bookworm-slim";
  for (const image of inOrder(await readImageFolders(imageRoots()), [name])) {
    const text = await readFile(path.join(image.folder, "Dockerfile"), "utf8");
    const given = image.parent === null ? (/^ARG\s+BASE=(\S+)/im.exec(text)?.[1] ?? base) : base;
    const lines = text.split("\n").filter((line) => !/^ARG\s+BASE\b/i.test(line));
    const own = lines.map((line) => line.replace(/\$\{?BASE\}?/g, given));
    const last = own.findLastIndex((line) => /^\s*FROM\s/i.test(line));
    const stage = `nightshift-${image.name}`;
    own[last] = `${(own[last] ?? "").trim()} AS ${stage}`;
    parts.push(own.join("\n").trim());
    for (const file of await readTree(image.folder, image.name))
      if (!/^Dockerfile/.test(file.path)) files.set(file.path, file);
    base = stage;
  }
  return { dockerfile: parts.join("\n\n"), files: [...files.values()] };
}
