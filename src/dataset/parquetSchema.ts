// Turns an Arrow schema into what hyparquet-writer takes: schema elements and per-column settings. Every column, list
// element and struct member is OPTIONAL, since `datasets` ignores the pinned features where one is REQUIRED.
import { DataType, type Field, type Schema, TimeUnit } from "apache-arrow";
import type { SchemaElement } from "hyparquet";
import { isIndexed, isJson } from "./columns.ts";

const OPTIONAL = { repetition_type: "OPTIONAL" } as const;

/** Settings of one top-level column. */
export interface ColumnSettings {
  readonly name: string;
  /** Minimum, maximum and null count per column chunk: only where a scan can use them. */
  readonly statistics: boolean;
  readonly columnIndex: boolean;
  readonly offsetIndex: boolean;
}

/** The schema tree in depth-first order, as a Parquet footer holds it. Throws on an Arrow type that no table uses. */
export function parquetSchema(schema: Schema): SchemaElement[] {
  const fields: readonly Field<DataType>[] = schema.fields;
  return [{ name: "schema", num_children: fields.length }, ...fields.flatMap(elementsOf)];
}

/** How each column is written. */
export function columnSettings(schema: Schema): ColumnSettings[] {
  return schema.fields.map((field: Field<DataType>) => ({
    name: field.name,
    statistics: isIndexed(field),
    columnIndex: isIndexed(field),
    offsetIndex: true,
  }));
}

function elementsOf(field: Field<DataType>): SchemaElement[] {
  const { name, type } = field;
  if (DataType.isList(type)) {
    const element: Field<DataType> | undefined = type.children[0];
    if (element === undefined) throw new TypeError(`list column ${name} has no element`);
    return [
      { name, ...OPTIONAL, converted_type: "LIST", logical_type: { type: "LIST" }, num_children: 1 },
      { name: "list", repetition_type: "REPEATED", num_children: 1 },
      ...elementsOf(element),
    ];
  }
  if (DataType.isStruct(type)) {
    const members: readonly Field<DataType>[] = type.children;
    return [{ name, ...OPTIONAL, num_children: members.length }, ...members.flatMap(elementsOf)];
  }
  return [{ name, ...OPTIONAL, ...leafOf(field) }];
}

function leafOf(field: Field<DataType>): Partial<SchemaElement> {
  const { name, type } = field;
  if (DataType.isUtf8(type)) {
    return isJson(field)
      ? { type: "BYTE_ARRAY", converted_type: "JSON", logical_type: { type: "JSON" } }
      : { type: "BYTE_ARRAY", converted_type: "UTF8", logical_type: { type: "STRING" } };
  }
  if (DataType.isBool(type)) return { type: "BOOLEAN" };
  if (DataType.isInt(type)) return { type: type.bitWidth === 64 ? "INT64" : "INT32" };
  if (DataType.isFloat(type)) return { type: type.precision === 1 ? "FLOAT" : "DOUBLE" };
  if (DataType.isTimestamp(type) && type.unit === TimeUnit.MILLISECOND) {
    const logical_type = { type: "TIMESTAMP", isAdjustedToUTC: true, unit: "MILLIS" } as const;
    return { type: "INT64", converted_type: "TIMESTAMP_MILLIS", logical_type };
  }
  throw new TypeError(
    `column ${name} has the type ${type.toString()}, which no table here can be written with`,
  );
}
