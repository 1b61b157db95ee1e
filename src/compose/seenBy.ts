// What an agent can see beside its workspace's programs, as far as a guesser rests on it: tables, and the times of files.
import { readFile, stat } from "node:fs/promises";
import path from "node:path";
import type { Task } from "../core/task.ts";
import { type Seen, stem } from "../judge/forgeries/data.ts";
import { filesBelow } from "../tasks/data/treeHash.ts";

/** Larger tables are not read for what forged submissions could be made of. */
const TABLE_BYTES_MAX = 16 * 1024 * 1024;

/** The tables in the workspace and at the top of the data, and the data's file names, oldest first. */
export async function seenBy({ workspace, mounts }: Pick<Task, "workspace" | "mounts">): Promise<Seen> {
  const tables: Uint8Array[] = workspace
    .filter(({ path: name }) => name.endsWith(".csv"))
    .map(({ data }) => data);
  const timed: { name: string; timeMs: number }[] = [];
  for (const { hostPath } of mounts) {
    for (const { path: name, bytes } of await filesBelow(hostPath)) {
      const full = path.join(hostPath, name);
      timed.push({ name: stem(name), timeMs: (await stat(full)).mtimeMs });
      const isWanted = name.endsWith(".csv") && !name.includes("/") && bytes <= TABLE_BYTES_MAX;
      if (isWanted) tables.push(await readFile(full));
    }
  }
  const isTold = new Set(timed.map(({ timeMs }) => timeMs)).size > 1;
  const decoder = new TextDecoder("utf-8");
  return {
    tables: tables.map((data) => decoder.decode(data)),
    namesByTime: isTold ? timed.toSorted((a, b) => a.timeMs - b.timeMs).map(({ name }) => name) : [],
  };
}
