// Old writers (parquetjs among them) write a list as a repeated field without a list around it. Such a list cannot be
// null, but the reader shows an empty one as null; this puts the empty list back.
import { type FileMetaData, parquetSchema, type SchemaTree } from "hyparquet";
import type { PlainRow } from "./cells.ts";

/** A function that mends the rows of a file, or null where the file has no such lists. */
export function legacyListMender(metadata: FileMetaData): ((row: PlainRow) => PlainRow) | null {
  const tree = parquetSchema(metadata);
  if (!hasLegacyList(tree)) return null;
  const columns = new Map(tree.children.map((child) => [child.element.name, child]));
  return (row) =>
    Object.fromEntries(
      Object.entries(row).map(([name, value]) => {
        const column = columns.get(name);
        return [name, column === undefined ? value : mend(column, value)];
      }),
    );
}

function hasLegacyList(tree: SchemaTree): boolean {
  return tree.children.some(
    (child) => (child.element.repetition_type === "REPEATED" && !isCollection(tree)) || hasLegacyList(child),
  );
}

function isCollection({ element }: SchemaTree): boolean {
  return element.converted_type === "LIST" || element.converted_type === "MAP";
}

function mend(node: SchemaTree, value: unknown): unknown {
  if (node.element.repetition_type === "REPEATED") {
    if (value === null) return [];
    return Array.isArray(value) ? value.map((item) => mendMembers(node, item)) : value;
  }
  return mendMembers(node, value);
}

function mendMembers(node: SchemaTree, value: unknown): unknown {
  if (typeof value !== "object" || value === null || node.children.length === 0) return value;
  if (Array.isArray(value)) {
    // A list in its proper form: the items are of the element below the repeated level.
    const repeated = node.children[0];
    const element = repeated?.children.length === 1 ? repeated.children[0] : repeated;
    return element === undefined ? value : value.map((item) => mendMembers(element, item));
  }
  if (isCollection(node)) return value;
  const members = new Map(node.children.map((child) => [child.element.name, child]));
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => {
      const child = members.get(name);
      return [name, child === undefined ? member : mend(child, member)];
    }),
  );
}
