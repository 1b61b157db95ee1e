// Small files and names that are on the disk when it says so.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ManifestFile } from "./manifest.ts";
import { syncFolder } from "./replaceFolder.ts";
import { fingerprint, makeDurable } from "./writeTable.ts";

/** Writes a text file into a folder that exists; resolves when it is durable, with its entry for a manifest. */
export async function writeDurably(folder: string, path: string, content: string): Promise<ManifestFile> {
  await writeFile(join(folder, path), content);
  await makeDurable(join(folder, path));
  return { path, table: null, split: null, rows: null, ...(await fingerprint(join(folder, path))) };
}

/** Makes the names of Parquet files durable: those in their folders, and the folders' own. */
export async function syncTree(folder: string, files: readonly ManifestFile[]): Promise<void> {
  for (const table of new Set(files.flatMap((file) => (file.table === null ? [] : [file.table])))) {
    await syncFolder(join(folder, "data", table));
  }
  await syncFolder(join(folder, "data"));
}
