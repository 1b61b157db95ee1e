// A copy of a table that old readers can read (parquetjs-lite and its kind): plain encoding, snappy, footer version 1, and
// moments as plain milliseconds. It is larger than our own form, and only made for who must read it with such a reader.
import { readFile, rename, writeFile } from "node:fs/promises";
import type { DataType, Field } from "apache-arrow";
import type { SchemaElement } from "hyparquet";
import { ByteWriter, ParquetWriter } from "hyparquet-writer";
import { type PlainRow, toParquet } from "../src/dataset/cells.ts";
import { columnSettings, parquetSchema } from "../src/dataset/parquetSchema.ts";
import { readRows } from "../src/dataset/readTable.ts";
import type { Table } from "../src/dataset/schema.ts";
import { makeDurable, TABLE_LIMITS } from "../src/dataset/writeTable.ts";

/**
 * Copies one shard of a table. The copy is made in memory, so its size bounds what a shard may be: some 500 MB. Resolves with
 * the number of rows.
 */
export async function writeCompatibleCopy(table: Table, source: string, target: string): Promise<number> {
  const writer = new ByteWriter();
  const parquet = new ParquetWriter({
    writer,
    schema: parquetSchema(table.schema).map(withoutTimestamp),
    codec: "SNAPPY",
    createdBy: "nightshift",
  });
  const fields: readonly Field<DataType>[] = table.schema.fields;
  const settings = columnSettings(table.schema);
  let group: PlainRow[] = [];
  let rows = 0;
  const flush = async () => {
    const columnData = fields.map((field, index) => ({
      ...(settings[index] ?? { name: field.name }),
      encoding: "PLAIN" as const,
      columnIndex: false,
      offsetIndex: false,
      data: group.map((row) => toParquet(field, row[field.name])),
    }));
    await parquet.write({ columnData, rowGroupSize: Math.max(1, group.length) });
    rows += group.length;
    group = [];
  };
  for await (const row of readRows(source)) {
    group.push(row);
    if (group.length >= TABLE_LIMITS.rowsPerGroup) await flush();
  }
  if (group.length > 0) await flush();
  await parquet.finish();
  await writeFile(`${target}.tmp`, asVersion1(writer.getBytes()));
  await makeDurable(`${target}.tmp`);
  await rename(`${target}.tmp`, target);
  return rows;
}

/** parquetjs-lite 0.8.7 fails on every timestamp (it makes a Date of a BigInt); the bare integer it can read. */
function withoutTimestamp(element: SchemaElement): SchemaElement {
  if (element.converted_type !== "TIMESTAMP_MILLIS") return element;
  const { name, type, repetition_type } = element;
  return { name, ...(type && { type }), ...(repetition_type && { repetition_type }) };
}

/** The footer version of a Parquet file. Throws on a file whose footer does not begin with it. */
export async function footerVersion(path: string): Promise<number> {
  const bytes = await readFile(path);
  return (bytes[versionOffset(bytes)] ?? 0) / 2;
}

/**
 * The writer always states version 2, and old readers refuse it although nothing else in such a file is new. The version is
 * the footer's first field: in Thrift's compact protocol a byte 0x15 (field 1, i32), then the number, zigzag-coded.
 */
function asVersion1(file: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(file);
  copy[versionOffset(copy)] = 2;
  return copy;
}

function versionOffset(file: Uint8Array): number {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const footerStart = file.byteLength - 8 - view.getUint32(file.byteLength - 8, true);
  if (file[footerStart] !== 0x15) throw new TypeError("the Parquet footer does not begin with its version");
  return footerStart + 1;
}
