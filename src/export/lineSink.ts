// Lines of JSON, in shards by split: `data/<recipe>/train-00000-of-00001.jsonl`. Members stand in the order of the table's
// columns, and those that are null are left out, so that equal rows are equal bytes and no template meets a null.
import { type FileHandle, mkdir, open, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { PlainRow } from "../dataset/cells.ts";
import type { ManifestFile } from "../dataset/manifest.ts";
import type { Table } from "../dataset/schema.ts";
import { SPLITS, type Split } from "../dataset/splitOf.ts";
import { sortingTableHasher } from "../dataset/tableHash.ts";
import { fingerprint } from "../dataset/writeTable.ts";
import type { Sink } from "./sink.ts";

/** Bytes that are gathered before they are written, and bytes after which a shard is closed. */
const CHUNK_BYTES = 1_000_000;
const SHARD_BYTES_MAX = 500_000_000;

export function lineSink(root: string, table: Table): Sink {
  const hasher = sortingTableHasher(table);
  const writers = new Map<Split, LineWriter>();
  let rows = 0;

  function writerOf(split: Split): LineWriter {
    const known = writers.get(split);
    if (known !== undefined) return known;
    const opened = lineWriter(root, `data/${table.name}/${split}`);
    writers.set(split, opened);
    return opened;
  }

  return {
    add: async (split, row) => {
      hasher.add(row);
      rows++;
      await writerOf(split).add(lineOf(table, row));
    },
    close: async () => {
      if (writers.size === 0) writerOf("train");
      const files: ManifestFile[] = [];
      for (const split of SPLITS) {
        for (const file of (await writers.get(split)?.close()) ?? []) {
          files.push({ ...file, table: table.name, split });
        }
      }
      return { files, rows, tableHash: hasher.digest() };
    },
  };
}

/** A row as one line. */
export function lineOf(table: Table, row: PlainRow): string {
  const members = table.schema.fields.flatMap(({ name }) => {
    const cell = row[name];
    return cell === null || cell === undefined ? [] : [`${JSON.stringify(name)}:${JSON.stringify(cell)}`];
  });
  return `{${members.join(",")}}\n`;
}

interface LineWriter {
  add(line: string): Promise<void>;
  close(): Promise<readonly { path: string; rows: number; bytes: number; sha256: string }[]>;
}

function lineWriter(root: string, prefix: string): LineWriter {
  const shards: { readonly path: string; readonly rows: number }[] = [];
  let current: { readonly file: FileHandle; readonly path: string; rows: number; bytes: number } | null =
    null;
  let chunk: string[] = [];
  let chunkBytes = 0;

  async function flush(): Promise<void> {
    if (current === null) {
      await mkdir(dirname(join(root, prefix)), { recursive: true });
      const path = `${join(root, prefix)}-${numbered(shards.length)}.jsonl.tmp`;
      current = { file: await open(path, "w"), path, rows: 0, bytes: 0 };
    }
    const bytes = Buffer.from(chunk.join(""));
    await current.file.writeFile(bytes);
    current.rows += chunk.length;
    current.bytes += bytes.length;
    chunk = [];
    chunkBytes = 0;
    if (current.bytes >= SHARD_BYTES_MAX) await closeShard();
  }

  async function closeShard(): Promise<void> {
    if (current === null) return;
    await current.file.sync();
    await current.file.close();
    shards.push({ path: current.path, rows: current.rows });
    current = null;
  }

  return {
    add: async (line) => {
      chunk.push(line);
      chunkBytes += line.length;
      if (chunkBytes >= CHUNK_BYTES) await flush();
    },
    close: async () => {
      if (chunk.length > 0 || shards.length === 0) await flush();
      await closeShard();
      const files: { path: string; rows: number; bytes: number; sha256: string }[] = [];
      for (const [index, shard] of shards.entries()) {
        const path = `${prefix}-${numbered(index)}-of-${numbered(shards.length)}.jsonl`;
        await rename(shard.path, join(root, path));
        files.push({ path, rows: shard.rows, ...(await fingerprint(join(root, path))) });
      }
      return files;
    },
  };
}

function numbered(index: number): string {
  return String(index).padStart(5, "0");
}
