// The words that tables are described in: each makes a zod type (what a row holds in memory) and notes beside it the
// Arrow type, the documentation and the marks of the column. A table is an object of these; schema.ts turns it into Arrow.
import {
  Bool,
  type DataType,
  Field,
  Float32,
  Float64,
  Int32,
  Int64,
  List,
  Schema,
  Struct,
  TimestampMillisecond,
  Utf8,
} from "apache-arrow";
import { z } from "zod";
import type { Json } from "../core/json.ts";

/** Metadata key, value `true`: the column differs between two runs that made the same dataset; not in the table hash. */
export const VOLATILE = "nightshift.volatile";
/** Metadata key, value `true`: the page index and statistics are worth their bytes on this column. */
export const INDEXED = "nightshift.indexed";
/** Metadata key, value `true`: the column came later than the first datasets; older files lack it, and a null in it is not hashed. */
export const LATE = "nightshift.late";
/** Metadata key: what the column means, in words. */
export const DOC = "nightshift.doc";
/** Arrow's own name for a text column that holds JSON documents. */
const EXTENSION_NAME = "ARROW:extension:name";
const JSON_EXTENSION = "arrow.json";

interface Marks {
  readonly volatile?: boolean;
  readonly indexed?: boolean;
  /** Added after datasets were written without it: always nullable, null where a file lacks it. */
  readonly late?: boolean;
}

interface ColumnNotes {
  readonly type: DataType;
  readonly nullable: boolean;
  readonly metadata: ReadonlyMap<string, string>;
}

/** What is noted beside each column. Only the functions below write it, each once for the column that it makes. */
const notes = new WeakMap<z.core.$ZodType, ColumnNotes>();

/** Text, written as UTF-8. */
export function text(doc: string, marks: Marks = {}) {
  return note(z.string(), noted(new Utf8(), doc, marks));
}

/** A whole number of 32 bits. */
export function int32(doc: string, marks: Marks = {}) {
  return note(z.int32(), noted(new Int32(), doc, marks));
}

/** A whole number that a double holds exactly, written with 64 bits. */
export function int64(doc: string, marks: Marks = {}) {
  return note(z.int(), noted(new Int64(), doc, marks));
}

/** A finite double. */
export function float64(doc: string, marks: Marks = {}) {
  return note(z.number(), noted(new Float64(), doc, marks));
}

/** A single-precision number; the row holds the double nearest to it (`Math.fround`). */
export function float32(doc: string, marks: Marks = {}) {
  const single = z
    .number()
    .refine((value) => Math.fround(value) === value, "is not a single-precision number");
  return note(single, noted(new Float32(), doc, marks));
}

export function bool(doc: string, marks: Marks = {}) {
  return note(z.boolean(), noted(new Bool(), doc, marks));
}

/** A moment in UTC; the row holds whole milliseconds since 1970. */
export function timestampMs(doc: string, marks: Marks = {}) {
  return note(z.int(), noted(new TimestampMillisecond("UTC"), doc, marks));
}

/** A free-form JSON value, written under Parquet's JSON logical type; the row holds the parsed value. */
export function json(doc: string, marks: Marks = {}) {
  const value = z.custom<Json>((cell) => cell !== undefined && cell !== null, "is not a JSON value");
  return note(value, noted(new Utf8(), doc, marks, [[EXTENSION_NAME, JSON_EXTENSION]]));
}

export function list<Item extends z.ZodType>(item: Item, doc: string, marks: Marks = {}) {
  return note(z.array(item), noted(new List(fieldOf("element", item)), doc, marks));
}

export function struct<Shape extends z.ZodRawShape>(shape: Shape, doc: string, marks: Marks = {}) {
  const fields = Object.entries(shape).map(([name, column]) => fieldOf(name, column));
  return note(z.strictObject(shape), noted(new Struct(fields), doc, marks));
}

/** The same column where a row may have nothing to say. */
export function orNull<Column extends z.ZodType>(column: Column) {
  return note(column.nullable(), { ...notesOf("orNull", column), nullable: true });
}

/** The Arrow schema of a table whose columns were made with the functions above. `metadata` describes the whole table. */
export function arrowSchema(row: z.ZodObject, metadata: Readonly<Record<string, string>>): Schema {
  const fields = Object.entries(row.shape).map(([name, column]) => fieldOf(name, column));
  return new Schema(fields, new Map(Object.entries(metadata)));
}

/** True for a column of JSON documents. */
export function isJson(field: Field): boolean {
  return field.metadata.get(EXTENSION_NAME) === JSON_EXTENSION;
}

export function isVolatile(field: Field): boolean {
  return field.metadata.get(VOLATILE) === "true";
}

export function isLate(field: Field): boolean {
  return field.metadata.get(LATE) === "true";
}

export function isIndexed(field: Field): boolean {
  return field.metadata.get(INDEXED) === "true";
}

function fieldOf(name: string, column: z.core.$ZodType): Field<DataType> {
  const { type, nullable, metadata } = notesOf(name, column);
  return new Field(name, type, nullable, new Map(metadata));
}

function note<Column extends z.core.$ZodType>(column: Column, what: ColumnNotes): Column {
  notes.set(column, what);
  return column;
}

function notesOf(name: string, column: z.core.$ZodType): ColumnNotes {
  const found = notes.get(column);
  if (found === undefined) throw new TypeError(`column ${name} was not made with a function of columns.ts`);
  return found;
}

function noted(
  type: DataType,
  doc: string,
  marks: Marks,
  more: readonly [string, string][] = [],
): ColumnNotes {
  const metadata = new Map<string, string>([[DOC, doc], ...more]);
  if (marks.volatile === true) metadata.set(VOLATILE, "true");
  if (marks.indexed === true) metadata.set(INDEXED, "true");
  if (marks.late === true) metadata.set(LATE, "true");
  return { type, nullable: false, metadata };
}
