// Reads what proves that a task can be solved: the folders below solution/. None of it ever reaches a sandbox of an agent.
import { readdir } from "node:fs/promises";
import path from "node:path";
import type { Task, TaskFile } from "../core/task.ts";
import { readTree } from "./readTree.ts";

/** A better submission, or the files of the workspace that have to change for one. */
export interface Solution {
  /** The folder's name; `probe` and `reference` are those that the anchors probe and best are measured with. */
  readonly name: string;
  readonly files: readonly TaskFile[];
}

/** The solutions of a task by name, sorted; none where there is no such folder. */
export async function readSolutions(task: Pick<Task, "folder" | "id">): Promise<readonly Solution[]> {
  const root = path.join(task.folder, "solution");
  const entries = await readdir(root, { withFileTypes: true }).catch(() => []);
  const names = entries.filter((entry) => entry.isDirectory() && entry.name !== "__pycache__");
  const solutions = await Promise.all(
    names.map(async ({ name }) => ({
      name,
      files: await readTree(path.join(root, name), `${task.id}/solution/${name}`),
    })),
  );
  return solutions.sort((a, b) => (a.name < b.name ? -1 : 1));
}
