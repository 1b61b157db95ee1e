// The values of rows on their way into and out of Parquet. In memory a row is plain JSON-like data: whole numbers and
// moments are numbers, JSON columns are parsed values; 64-bit integers and dates exist only at the file's border.
import { DataType, type Field, type Schema } from "apache-arrow";
import { isJson, isLate, isVolatile } from "./columns.ts";

/** A row as a table holds it: column name to plain value. */
export type PlainRow = { readonly [column: string]: unknown };

/** A cell as hyparquet-writer wants it for a column of this type. */
export function toParquet(field: Field<DataType>, value: unknown): unknown {
  if (value === null || value === undefined) return null;
  const { type } = field;
  if (isJson(field)) return value;
  if (DataType.isList(type)) {
    const element: Field<DataType> | undefined = type.children[0];
    if (element === undefined || !Array.isArray(value)) throw new TypeError(`${field.name} must be a list`);
    return value.map((item) => toParquet(element, item));
  }
  if (DataType.isStruct(type)) {
    const members: readonly Field<DataType>[] = type.children;
    const cell = record(field.name, value);
    return Object.fromEntries(members.map((member) => [member.name, toParquet(member, cell[member.name])]));
  }
  if (DataType.isTimestamp(type) || (DataType.isInt(type) && type.bitWidth === 64)) {
    if (typeof value !== "number") throw new TypeError(`${field.name} must be a whole number`);
    return BigInt(value);
  }
  return value;
}

/**
 * Turns what hyparquet gives into plain data: 64-bit integers become numbers where a double holds them exactly (and stay
 * bigints where not), dates become milliseconds, absent values null. Works for any Parquet file, ours or foreign.
 */
export function fromParquet(value: unknown): unknown {
  if (value === null || value === undefined) return null;
  if (typeof value === "bigint") {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }
  if (value instanceof Date) return value.getTime();
  if (value instanceof Uint8Array) return value;
  if (ArrayBuffer.isView(value)) return fromParquet(Array.from(numbersOf(value)));
  if (Array.isArray(value)) return value.map(fromParquet);
  if (typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, fromParquet(member)]));
  }
  return value;
}

/** A row of an older file with null in each column that it lacks, at any depth. */
export function withLateColumns(schema: Schema, row: PlainRow): PlainRow {
  return filled(schema.fields, row);
}

function filled(fields: readonly Field<DataType>[], row: PlainRow): PlainRow {
  const cells = fields.flatMap((field): [string, unknown][] => {
    const cell = row[field.name];
    if (cell === undefined) return isLate(field) ? [[field.name, null]] : [];
    return hasLate(field) ? [[field.name, filledCell(field, cell)]] : [];
  });
  return cells.length === 0 ? row : { ...row, ...Object.fromEntries(cells) };
}

function filledCell(field: Field<DataType>, cell: unknown): unknown {
  if (cell === null) return null;
  const { type } = field;
  if (DataType.isList(type) && Array.isArray(cell)) {
    const element: Field<DataType> | undefined = type.children[0];
    return element === undefined ? cell : cell.map((item) => filledCell(element, item));
  }
  return DataType.isStruct(type) ? filled(type.children, record(field.name, cell)) : cell;
}

function hasLate({ type }: Field<DataType>): boolean {
  if (!DataType.isList(type) && !DataType.isStruct(type)) return false;
  const children: readonly Field<DataType>[] = type.children;
  return children.some((child) => isLate(child) || hasLate(child));
}

/**
 * The row without its volatile columns, at any depth, and without nulls in late ones: what the table hash is taken over, so that
 * a table has the same hash whether or not its columns had been thought of.
 */
export function withoutVolatile(schema: Schema, row: PlainRow): PlainRow {
  return keepStable(schema.fields, row);
}

function keepStable(fields: readonly Field<DataType>[], row: PlainRow): PlainRow {
  const stable = fields.filter((field) => !isVolatile(field));
  return Object.fromEntries(
    stable.flatMap((field) => {
      const cell = stableCell(field, row[field.name]);
      return cell === null && isLate(field) ? [] : [[field.name, cell]];
    }),
  );
}

function stableCell(field: Field<DataType>, value: unknown): unknown {
  if (value === null || value === undefined) return null;
  const { type } = field;
  if (DataType.isList(type) && Array.isArray(value)) {
    const element: Field<DataType> | undefined = type.children[0];
    return element === undefined ? value : value.map((item) => stableCell(element, item));
  }
  return DataType.isStruct(type) ? keepStable(type.children, record(field.name, value)) : value;
}

function record(name: string, value: unknown): PlainRow {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new TypeError(`${name} must be a struct`);
  }
  return Object.fromEntries(Object.entries(value));
}

function numbersOf(view: ArrayBufferView): Iterable<number | bigint> {
  if (view instanceof Int32Array || view instanceof Float32Array || view instanceof Float64Array) return view;
  if (view instanceof BigInt64Array || view instanceof BigUint64Array || view instanceof Uint32Array)
    return view;
  throw new TypeError("a column came as an array of a kind that Parquet does not have");
}
