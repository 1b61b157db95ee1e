// Reads Parquet files a row group at a time: our own, checked against their table, and foreign ones as plain data.
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from "node:zlib";
import {
  asyncBufferFromFile,
  type FileMetaData,
  parquetMetadataAsync,
  parquetReadObjects,
  parquetSchema,
} from "hyparquet";
import type { z } from "zod";
import { StoreError } from "../core/errors.ts";
import { fromParquet, type PlainRow, withLateColumns } from "./cells.ts";
import { legacyListMender } from "./legacyLists.ts";
import type { Table } from "./schema.ts";

/** What a footer says. */
export interface ParquetFooter {
  readonly rows: number;
  readonly metadata: FileMetaData;
  /** The footer's own key-value pairs. */
  readonly notes: ReadonlyMap<string, string>;
}

/** Reads the footer only. Throws a StoreError on what is not a Parquet file. */
export async function readFooter(path: string): Promise<ParquetFooter> {
  return guarded(path, async () => {
    const metadata = await parquetMetadataAsync(await asyncBufferFromFile(path));
    const notes = (metadata.key_value_metadata ?? []).map(({ key, value }): [string, string] => [
      key,
      value ?? "",
    ]);
    return { rows: Number(metadata.num_rows), metadata, notes: new Map(notes) };
  });
}

/** Rows of a file, by its footer. */
export async function rowCount(path: string): Promise<number> {
  return (await readFooter(path)).rows;
}

/**
 * The rows of any Parquet file as plain data (see `fromParquet`), a row group in memory at a time.
 * Reads snappy, zstd, gzip and brotli. Legacy lists (repeated fields without a list around them) come as arrays.
 * With `columns` only those are read, as far as the file has them.
 */
export async function* readRows(path: string, columns?: readonly string[]): AsyncGenerator<PlainRow> {
  const { metadata } = await readFooter(path);
  const file = await asyncBufferFromFile(path);
  const mend = legacyListMender(metadata);
  const there = new Set(parquetSchema(metadata).children.map(({ element }) => element.name));
  const chosen =
    columns === undefined ? {} : { columns: [...new Set(columns)].filter((column) => there.has(column)) };
  let start = 0;
  for (const group of metadata.row_groups) {
    const end = start + Number(group.num_rows);
    const rows = await guarded(path, () =>
      parquetReadObjects({
        file,
        metadata,
        rowStart: start,
        rowEnd: end,
        compressors: DECOMPRESSORS,
        ...chosen,
      }),
    );
    for (const row of rows) {
      const plain = Object.fromEntries(
        Object.entries(row).map(([name, value]) => [name, fromParquet(value)]),
      );
      yield mend === null ? plain : mend(plain);
    }
    start = end;
  }
}

/** The rows of one of our tables, of this version or an older one. Throws a StoreError that names file, row and column where a row is not of the table. */
export async function* readTable<Row extends z.ZodObject>(
  path: string,
  table: Table<Row>,
): AsyncGenerator<z.infer<Row>> {
  let index = 0;
  for await (const row of readRows(path)) {
    const parsed = table.row.safeParse(withLateColumns(table.schema, row));
    if (!parsed.success) {
      const issue = parsed.error.issues[0];
      const place = issue === undefined ? "" : `${issue.path.join(".")}: ${issue.message}`;
      throw new StoreError(`${path}, row ${index}: not a row of ${table.name} (${place})`);
    }
    yield parsed.data;
    index++;
  }
}

/** Each stops at the size that the page header states, so that a small file cannot fill the memory. */
const DECOMPRESSORS = {
  ZSTD: (input: Uint8Array, outputLength: number) => zstdDecompressSync(input, atMost(outputLength)),
  GZIP: (input: Uint8Array, outputLength: number) => gunzipSync(input, atMost(outputLength)),
  BROTLI: (input: Uint8Array, outputLength: number) => brotliDecompressSync(input, atMost(outputLength)),
};

function atMost(outputLength: number) {
  return { maxOutputLength: Math.max(1, outputLength) };
}

async function guarded<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    throw new StoreError(`${path} cannot be read as Parquet: ${what}`, { cause: error });
  }
}
