// A JSON Schema as Markdown: one table for each object, with type, default and meaning of every key.
import type { JsonSchema } from "./fileSchemas.ts";
import { tableCell } from "./tableCell.ts";

/** Defaults that stand elsewhere than in the schema: by the object's path, then by key. */
export type OtherDefaults = { readonly [path: string]: { readonly [key: string]: unknown } };

interface Section {
  readonly heading: string;
  readonly body: string;
}

/** The tables of a schema, its root first. Throws where a key has no description: the page would have a hole. */
export function keyTables(root: JsonSchema, rootHeading: string, otherDefaults: OtherDefaults = {}): string {
  const sections = objectSections("", rootHeading, "", root, otherDefaults);
  return sections.map(({ heading, body }) => `## ${heading}\n\n${body}`).join("\n\n");
}

function objectSections(
  path: string,
  heading: string,
  meaning: string,
  schema: JsonSchema,
  otherDefaults: OtherDefaults,
): Section[] {
  const required = new Set(schema.required ?? []);
  const rows: string[] = [];
  const below: Section[] = [];
  for (const [key, value] of Object.entries(schema.properties ?? {})) {
    if (typeof value === "boolean") continue;
    const own = path === "" ? key : `${path}.${key}`;
    if (value.description === undefined) throw new Error(`${heading}: \`${own}\` has no description`);
    const inner = objectsOf(own, value);
    for (const object of inner) {
      const text = inner.length > 1 ? variantMeaning(object.schema) : value.description;
      below.push(...objectSections(object.path, object.heading, text, object.schema, otherDefaults));
    }
    const name = inner.length === 1 && inner[0] ? linked(key, inner[0].heading) : `\`${key}\``;
    const type = inner.length > 1 ? variantsText(value, inner) : typeText(value);
    const fallback = otherDefaults[path]?.[key];
    const standard = defaultText(required.has(key), value, inner.length > 0, fallback);
    rows.push(`| ${[name, type, standard, value.description].map(tableCell).join(" | ")} |`);
  }
  const table = ["| key | type | default | meaning |", "|---|---|---|---|", ...rows].join("\n");
  return [{ heading, body: meaning === "" ? table : `${meaning}\n\n${table}` }, ...below];
}

interface Inner {
  readonly path: string;
  readonly heading: string;
  readonly schema: JsonSchema;
}

/** The objects with keys of their own that a value is, lists or chooses from. */
function objectsOf(path: string, schema: JsonSchema): Inner[] {
  if (schema.properties !== undefined) return [{ path, heading: path, schema }];
  if (schema.items !== undefined && isSchema(schema.items)) return objectsOf(`${path}[]`, schema.items);
  const variants = (schema.oneOf ?? schema.anyOf ?? [])
    .filter(isSchema)
    .flatMap((one) => objectsOf(path, one));
  if (variants.length < 2) return variants;
  return variants.map((one) => ({ ...one, heading: `${path} with ${tagText(one.schema)}` }));
}

/** By what one variant of a choice is known: its constants (`wire: openai`), else the keys it must have. */
function tagText({ properties = {}, required = [] }: JsonSchema): string {
  const constants = Object.entries(properties).flatMap(([key, value]) =>
    isSchema(value) && value.const !== undefined ? [`${key}: ${value.const}`] : [],
  );
  return (constants.length > 0 ? constants : required).join(", ");
}

function variantMeaning({ description, properties }: JsonSchema): string {
  const tag = Object.values(properties ?? {}).find((value) => isSchema(value) && value.const !== undefined);
  return description ?? (isSchema(tag) ? tag.description : undefined) ?? "";
}

function variantsText(schema: JsonSchema, variants: readonly Inner[]): string {
  const plain = (schema.oneOf ?? schema.anyOf ?? [])
    .filter(isSchema)
    .filter((one) => objectsOf("", one).length === 0)
    .map(typeText);
  const objects = variants.map((one) => linked(tagText(one.schema), one.heading));
  const choices = [...plain, ...objects].join(" or ");
  return schema.items === undefined ? choices : `list of ${choices}`;
}

function typeText(schema: JsonSchema): string {
  if (schema.const !== undefined) return `\`${schema.const}\``;
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${value}\``).join(" or ");
  const choices = (schema.oneOf ?? schema.anyOf ?? []).filter(isSchema);
  if (choices.length > 0) return choices.map(typeText).join(" or ");
  if (Array.isArray(schema.type)) {
    return schema.type.map((type) => typeText({ ...schema, type })).join(" or ");
  }
  switch (schema.type) {
    case "integer":
      return `whole number${boundsText(schema)}`;
    case "number":
      return `number${boundsText(schema)}`;
    case "string":
      if (schema.format === "uri") return "URL";
      return schema.pattern === undefined ? "text" : `text like \`${schema.pattern}\``;
    case "boolean":
      return "`true` or `false`";
    case "null":
      return "`null`";
    case "array":
      return `list${isSchema(schema.items) ? ` of ${typeText(schema.items)}` : ""}${countText(schema)}`;
    case "object":
      if (schema.properties !== undefined) return "object";
      return `any keys${isTyped(schema.additionalProperties) ? `, each a ${typeText(schema.additionalProperties)}` : ""}`;
    default:
      return "anything";
  }
}

function boundsText({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: JsonSchema): string {
  const bounds = [
    typeof exclusiveMinimum === "number" ? `> ${exclusiveMinimum}` : null,
    typeof minimum === "number" ? `≥ ${minimum}` : null,
    typeof exclusiveMaximum === "number" ? `< ${exclusiveMaximum}` : null,
    typeof maximum === "number" ? `≤ ${maximum}` : null,
  ].filter((bound) => bound !== null);
  return bounds.length === 0 ? "" : ` ${bounds.join(", ")}`;
}

function countText({ minItems, maxItems }: JsonSchema): string {
  if (minItems !== undefined && maxItems !== undefined) return `, ${minItems} to ${maxItems}`;
  if (minItems !== undefined) return `, at least ${minItems}`;
  return maxItems === undefined ? "" : `, at most ${maxItems}`;
}

function defaultText(isRequired: boolean, schema: JsonSchema, hasKeys: boolean, fallback: unknown): string {
  if (isRequired) return "required";
  if (fallback !== undefined) return `\`${JSON.stringify(fallback)}\``;
  if (schema.default === undefined) return "none";
  // The defaults of an object stand at its own keys.
  return hasKeys && schema.type === "object" ? "as below" : `\`${JSON.stringify(schema.default)}\``;
}

const isSchema = (value: unknown): value is JsonSchema => typeof value === "object" && !Array.isArray(value);
const isTyped = (value: unknown): value is JsonSchema => isSchema(value) && value.type !== undefined;

/** A link to a heading of the same page, by the anchor that Markdown hosts make of it. */
function linked(text: string, heading: string): string {
  const anchor = heading
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, "")
    .replaceAll(" ", "-");
  return `[\`${text}\`](#${anchor})`;
}
