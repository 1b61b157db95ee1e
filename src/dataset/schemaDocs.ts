// The documentation of a table, made from its schema: what the docs folder and the card print.
import { DataType, type Field, type Schema } from "apache-arrow";
import { DOC, isJson, isVolatile } from "./columns.ts";

/** A Markdown table: column, type, whether it may be null, whether it is volatile, meaning. Members of structs indented. */
export function schemaDocs(schema: Schema): string {
  const rows = schema.fields.flatMap((field: Field<DataType>) => docRows(field, ""));
  return ["| column | type | null | volatile | meaning |", "|---|---|---|---|---|", ...rows].join("\n");
}

function docRows(field: Field<DataType>, prefix: string): string[] {
  const name = `${prefix}${field.name}`;
  const marks = `${field.nullable ? "yes" : "no"} | ${isVolatile(field) ? "yes" : ""}`;
  const own = `| ${name} | ${typeName(field)} | ${marks} | ${escaped(field.metadata.get(DOC) ?? "")} |`;
  return [own, ...membersOf(field).flatMap((member) => docRows(member, `${name}.`))];
}

function membersOf(field: Field<DataType>): readonly Field<DataType>[] {
  const element: Field<DataType> | undefined = DataType.isList(field.type) ? field.type.children[0] : field;
  return element !== undefined && DataType.isStruct(element.type) ? element.type.children : [];
}

function typeName(field: Field<DataType>): string {
  if (isJson(field)) return "json";
  if (DataType.isStruct(field.type)) return "struct";
  if (DataType.isTimestamp(field.type)) return "timestamp, ms, UTC";
  const element: Field<DataType> | undefined = DataType.isList(field.type)
    ? field.type.children[0]
    : undefined;
  return element === undefined ? field.type.toString().toLowerCase() : `list of ${typeName(element)}`;
}

function escaped(text: string): string {
  return text.replaceAll("|", "\\|");
}
