// Writes one table as Parquet shards: rows in, files out, never more in memory than a row group. Everything here is
// synchronous work for a worker thread; it never runs on the event loop of the orchestrator.
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, rename, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { constants, zstdCompressSync } from "node:zlib";
import type { DataType, Field } from "apache-arrow";
import { fileWriter, ParquetWriter } from "hyparquet-writer";
import { z } from "zod";
import { type PlainRow, toParquet } from "./cells.ts";
import { huggingFaceMetadata } from "./huggingFaceFeatures.ts";
import { columnSettings, parquetSchema } from "./parquetSchema.ts";
import { rowCount } from "./readTable.ts";
import type { Table } from "./schema.ts";

export const tableLimitsSchema = z.strictObject({
  /** Rows of one row group, if it does not get too large before. */
  rowsPerGroup: z.int().positive(),
  /** Estimated bytes of one row group before compression. */
  bytesPerGroup: z.int().positive(),
  /** Bytes after which a shard is closed, at the next end of a row group. */
  bytesPerShard: z.int().positive(),
});
export type TableLimits = Readonly<z.infer<typeof tableLimitsSchema>>;

/** About 100 rollouts, or 64 MB, a row group; about 500 MB a shard. */
export const TABLE_LIMITS: TableLimits = {
  rowsPerGroup: 100,
  bytesPerGroup: 64_000_000,
  bytesPerShard: 500_000_000,
};

/** Ratio of size to time that was measured best for trajectories. */
const ZSTD_LEVEL = 3;

export interface WrittenFile {
  /** Relative to the folder that the writer was given, with forward slashes. */
  readonly path: string;
  readonly rows: number;
  readonly bytes: number;
  readonly sha256: string;
}

export interface TableWriterOptions {
  /** Folder that paths are relative to. */
  readonly root: string;
  /** Path of the shards within it, without number and ending: `data/steps/train`. */
  readonly prefix: string;
  readonly table: Table;
  /** Value of the footer key `nightshift`. */
  readonly note: string;
  readonly limits: TableLimits;
}

export interface TableWriter {
  /** Takes a row; writes a row group when one is full. Contract: awaited before the next call. */
  add(row: PlainRow): Promise<void>;
  /** Writes what is left and gives every shard its final name. A table without rows is one file without rows. */
  close(): Promise<readonly WrittenFile[]>;
}

interface OpenShard {
  readonly path: string;
  readonly parquet: ParquetWriter;
  readonly written: () => number;
  rows: number;
}

export async function openTableWriter(options: TableWriterOptions): Promise<TableWriter> {
  const { root, prefix, table, limits } = options;
  const fields: readonly Field<DataType>[] = table.schema.fields;
  const settings = columnSettings(table.schema);
  const shards: { readonly path: string; readonly rows: number }[] = [];
  let shard: OpenShard | null = null;
  let group: PlainRow[] = [];
  let groupBytes = 0;

  await mkdir(dirname(join(root, prefix)), { recursive: true });

  async function flushGroup(): Promise<void> {
    shard ??= openShard(join(root, `${prefix}-${shardNumber(shards.length)}.parquet.tmp`), options);
    const columnData = fields.map((field, index) => ({
      ...(settings[index] ?? { name: field.name }),
      data: group.map((row) => toParquet(field, row[field.name])),
    }));
    await shard.parquet.write({ columnData, rowGroupSize: Math.max(1, group.length) });
    shard.rows += group.length;
    group = [];
    groupBytes = 0;
    if (shard.written() >= limits.bytesPerShard) await closeShard(shard);
  }

  async function closeShard(open: OpenShard): Promise<void> {
    await open.parquet.finish();
    await makeDurable(open.path);
    const rows = await rowCount(open.path);
    if (rows !== open.rows) {
      throw new Error(`${open.path} was written with ${open.rows} rows and reads back with ${rows}`);
    }
    shards.push({ path: open.path, rows });
    shard = null;
  }

  return {
    add: async (row) => {
      group.push(row);
      groupBytes += estimatedBytes(row);
      if (group.length >= limits.rowsPerGroup || groupBytes >= limits.bytesPerGroup) await flushGroup();
    },
    close: async () => {
      if (group.length > 0 || (shard === null && shards.length === 0)) await flushGroup();
      if (shard !== null) await closeShard(shard);
      const files: WrittenFile[] = [];
      for (const [index, { path, rows }] of shards.entries()) {
        const final = `${prefix}-${shardNumber(index)}-of-${shardNumber(shards.length)}.parquet`;
        await rename(path, join(root, final));
        files.push({ path: final, rows, ...(await fingerprint(join(root, final))) });
      }
      return files;
    },
  };
}

/** Writes a whole table from an iterable of rows; see `openTableWriter`. */
export async function writeTable(
  options: TableWriterOptions,
  rows: AsyncIterable<PlainRow> | Iterable<PlainRow>,
): Promise<readonly WrittenFile[]> {
  const writer = await openTableWriter(options);
  for await (const row of rows) await writer.add(row);
  return writer.close();
}

/** SHA-256 and size of a file, read as a stream. */
export async function fingerprint(
  path: string,
): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return { bytes: (await stat(path)).size, sha256: hash.digest("hex") };
}

/** Resolves when the file's bytes are on the disk, not only with the kernel. */
export async function makeDurable(path: string): Promise<void> {
  const file = await open(path, "r");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

function openShard(path: string, options: TableWriterOptions): OpenShard {
  const writer = fileWriter(path);
  const parquet = new ParquetWriter({
    writer,
    schema: parquetSchema(options.table.schema),
    codec: "ZSTD",
    compressors: { ZSTD: zstd },
    createdBy: "nightshift",
    kvMetadata: [
      { key: "huggingface", value: huggingFaceMetadata(options.table.schema) },
      { key: "nightshift", value: options.note },
    ],
  });
  return { path, parquet, written: () => writer.offset, rows: 0 };
}

function zstd(input: Uint8Array): Uint8Array {
  return zstdCompressSync(input, { params: { [constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL } });
}

function shardNumber(index: number): string {
  return String(index).padStart(5, "0");
}

/** What a value takes in memory, roughly: enough to keep row groups near their size. */
function estimatedBytes(value: unknown): number {
  if (typeof value === "string") return value.length;
  if (typeof value !== "object" || value === null) return 8;
  return Object.values(value).reduce((sum: number, member) => sum + estimatedBytes(member), 0);
}
