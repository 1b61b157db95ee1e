// The Hugging Face view of an Arrow schema: the `features` object that is pinned in each Parquet footer, and its short
// form for a card's front matter.
import { DataType, type Field, type Schema } from "apache-arrow";
import type { Json } from "../core/json.ts";
import { isJson } from "./columns.ts";

type JsonObject = { readonly [key: string]: Json };

/** The value of the footer key `huggingface`: `datasets` takes the column types from it instead of guessing. */
export function huggingFaceMetadata(schema: Schema): string {
  return JSON.stringify({ info: { features: featuresOf(schema.fields) } });
}

/** Features by column, in the long form with `_type`. */
export function huggingFaceFeatures(schema: Schema): JsonObject {
  return featuresOf(schema.fields);
}

/** Features as `dataset_info.features` of a card lists them. */
export function huggingFaceCardFeatures(schema: Schema): Json[] {
  return schema.fields.map((field: Field<DataType>) => cardFeature(field));
}

function featuresOf(fields: readonly Field<DataType>[]): JsonObject {
  return Object.fromEntries(fields.map((field) => [field.name, feature(field)]));
}

function feature(field: Field<DataType>): Json {
  const { type } = field;
  if (isJson(field)) return { _type: "Json" };
  if (DataType.isList(type)) return { feature: feature(elementOf(field)), _type: "List" };
  if (DataType.isStruct(type)) return featuresOf(type.children);
  return { dtype: valueType(field), _type: "Value" };
}

function cardFeature(field: Field<DataType>): Json {
  const { name, type } = field;
  if (isJson(field)) return { name, dtype: "json" };
  if (DataType.isStruct(type)) return { name, struct: cardMembers(type.children) };
  if (!DataType.isList(type)) return { name, dtype: valueType(field) };
  const element = elementOf(field);
  if (isJson(element)) return { name, list: "json" };
  if (DataType.isStruct(element.type)) return { name, list: cardMembers(element.type.children) };
  return { name, list: valueType(element) };
}

function cardMembers(fields: readonly Field<DataType>[]): Json[] {
  return fields.map(cardFeature);
}

function elementOf(field: Field<DataType>): Field<DataType> {
  const element: Field<DataType> | undefined = field.type.children[0];
  if (element === undefined) throw new TypeError(`list column ${field.name} has no element`);
  return element;
}

function valueType(field: Field<DataType>): string {
  const { type } = field;
  if (DataType.isUtf8(type)) return "string";
  if (DataType.isBool(type)) return "bool";
  if (DataType.isInt(type)) return `int${type.bitWidth}`;
  if (DataType.isFloat(type)) return type.precision === 1 ? "float32" : "float64";
  if (DataType.isTimestamp(type)) return "timestamp[ms, tz=UTC]";
  throw new TypeError(`column ${field.name} has a type without a Hugging Face name: ${type.toString()}`);
}
