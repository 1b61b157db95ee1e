// Files of a task folder that an importer or an export makes: from text or bytes, and written below their folder and nowhere else.
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { UserError } from "../core/errors.ts";
import type { TaskFile } from "../core/task.ts";

/** A file of text in UTF-8. */
export function textFile(name: string, content: string): TaskFile {
  return dataFile(name, new TextEncoder().encode(content));
}

/** A file of bytes, as they are. */
export function dataFile(name: string, data: Uint8Array): TaskFile {
  return { path: name, data, executable: false };
}

/** Writes files below `folder`, with their folders. Throws a UserError for one whose path leads out of it: what is imported is not trusted. */
export async function writeTaskFiles(folder: string, files: readonly TaskFile[]): Promise<void> {
  for (const { path: name, data, executable } of files) {
    const target = path.join(folder, name);
    if (!target.startsWith(path.join(folder, path.sep)))
      throw new UserError(`the file ${JSON.stringify(name)} would lie outside the task's folder`);
    await mkdir(path.dirname(target), { recursive: true });
    await writeFile(target, data, { mode: executable ? 0o755 : 0o644 });
  }
}
