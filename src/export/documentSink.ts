// One file a rollout: `data/<recipe>/<split>/<first two signs of the id>/<id>.json`, so that no folder grows past what the Hub and
// file systems like. The row's `document` is the file; its other columns are only counted and hashed.
import { type FileHandle, mkdir, open } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import { sha256 } from "../core/hash.ts";
import type { ManifestFile } from "../dataset/manifest.ts";
import { syncFolder } from "../dataset/replaceFolder.ts";
import type { Table } from "../dataset/schema.ts";
import { sortingTableHasher } from "../dataset/tableHash.ts";
import type { Sink } from "./sink.ts";

/** Files whose bytes are under way to the disk at a time. */
const SYNCING_MAX = 16;
/** What a file name is made of; an id with other signs is hashed. */
const PLAIN_NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{2,120}$/;

const documentRowSchema = z.object({
  trajectory_id: z.string(),
  extension: z.string(),
  document: z.string(),
});

export function documentSink(root: string, table: Table): Sink {
  const hasher = sortingTableHasher(table);
  const files: ManifestFile[] = [];
  const folders = new Set<string>();
  let syncing: Promise<void>[] = [];

  async function write(path: string, text: string): Promise<void> {
    const file: FileHandle = await open(join(root, path), "w");
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
  }

  return {
    add: async (split, row) => {
      hasher.add(row);
      const { trajectory_id: id, extension, document } = documentRowSchema.parse(row);
      const name = PLAIN_NAME.test(id) ? id : sha256(id);
      const path = `data/${table.name}/${split}/${name.slice(0, 2)}/${name}.${extension}`;
      const folder = dirname(path);
      if (!folders.has(folder)) await mkdir(join(root, folder), { recursive: true });
      folders.add(folder);
      files.push({
        path,
        table: table.name,
        split,
        rows: 1,
        bytes: Buffer.byteLength(document),
        sha256: sha256(document),
      });
      syncing.push(write(path, document));
      if (syncing.length < SYNCING_MAX) return;
      await Promise.all(syncing);
      syncing = [];
    },
    close: async () => {
      await Promise.all(syncing);
      await mkdir(join(root, "data", table.name), { recursive: true });
      for (const folder of folders) await syncFolder(join(root, folder));
      return { files, rows: files.length, tableHash: hasher.digest() };
    },
  };
}
