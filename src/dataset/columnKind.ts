// What a column, or a member of one, holds, as far as it can be compared with a value.
import { DataType, type Field, type Schema } from "apache-arrow";
import { isJson } from "./columns.ts";

export type ColumnKind = "number" | "text" | "bool" | "texts" | "json";

/** The kind at a path into a column; null where nothing there can be compared: a struct, a list of structs, an unknown member. */
export function columnKindAt(schema: Schema, column: string, members: readonly string[]): ColumnKind | null {
  const field: Field<DataType> | undefined = schema.fields.find(({ name }) => name === column);
  return field === undefined ? null : kindAt(field, members);
}

function kindAt(field: Field<DataType>, members: readonly string[]): ColumnKind | null {
  if (isJson(field)) return "json";
  const { type } = field;
  const [member, ...rest] = members;
  if (member !== undefined) {
    if (!DataType.isStruct(type)) return null;
    const children: readonly Field<DataType>[] = type.children;
    const child = children.find(({ name }) => name === member);
    return child === undefined ? null : kindAt(child, rest);
  }
  if (DataType.isUtf8(type)) return "text";
  if (DataType.isBool(type)) return "bool";
  if (DataType.isInt(type) || DataType.isFloat(type) || DataType.isTimestamp(type)) return "number";
  if (!DataType.isList(type)) return null;
  const element: Field<DataType> | undefined = type.children[0];
  return element !== undefined && DataType.isUtf8(element.type) ? "texts" : null;
}
