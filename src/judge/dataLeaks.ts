// Looks for hidden files in the data that agents see: by content, and by joining its tables with the hidden ones.
import { readFile } from "node:fs/promises";
import path from "node:path";
import { sha256 } from "../core/hash.ts";
import type { Task } from "../core/task.ts";
import { filesBelow } from "../tasks/data/treeHash.ts";
import { columnSeen, type Table, tableOf } from "./leaks.ts";

const HIDDEN = "hidden/";
/** Larger tables are compared by content only. */
const TABLE_BYTES_MAX = 16 * 1024 * 1024;

/** A sentence for each file that gives a hidden one away; none where no data is mounted. */
export async function dataLeaksOf({
  judgeFiles,
  mounts,
}: Pick<Task, "judgeFiles" | "mounts">): Promise<readonly string[]> {
  const hidden = judgeFiles.filter(({ path: name, data }) => name.startsWith(HIDDEN) && data.byteLength > 0);
  const sizes = new Set(hidden.map(({ data }) => data.byteLength));
  const digests = new Map(hidden.map(({ path: name, data }) => [sha256(data), name]));
  const tables = hidden.flatMap(({ path: name, data }) => {
    const table = data.byteLength <= TABLE_BYTES_MAX ? tableIn(name, data) : null;
    return table === null ? [] : [{ name, table }];
  });
  const leaks: string[] = [];
  for (const mount of mounts) {
    for (const { path: name, bytes } of await filesBelow(mount.hostPath)) {
      const isTable = name.endsWith(".csv") && bytes <= TABLE_BYTES_MAX && tables.length > 0;
      if (!isTable && !sizes.has(bytes)) continue;
      const data = await readFile(path.join(mount.hostPath, name));
      const shown = `${mount.path}/${name}`;
      const same = digests.get(sha256(data));
      if (same !== undefined) {
        leaks.push(`${shown} is ${same}, and every agent can read it; prepare.py must keep it hidden`);
        continue;
      }
      const seen = isTable ? tableIn(name, data) : null;
      for (const { name: secret, table } of tables) {
        const column = columnSeen(table, seen);
        if (column !== null)
          leaks.push(`${shown} has the values of \`${column}\` that ${secret} keeps hidden`);
      }
    }
  }
  return leaks;
}

function tableIn(name: string, data: Uint8Array): Table | null {
  return tableOf(name, new TextDecoder("utf-8").decode(data));
}
