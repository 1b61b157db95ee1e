// Reads YAML a person wrote against a schema. Every complaint names file, line and column, the value, and what would be right.
import { type Document, isMap, isNode, isPair, isScalar, LineCounter, parseDocument } from "yaml";
import type { z } from "zod";
import { UserError } from "../core/errors.ts";

const COMPLAINTS_MAX = 10;
const VALUE_CHARS_MAX = 60;

/**
 * Parses one YAML document and checks it. `label` is the file's name as the user knows it.
 * Throws a UserError with a line for each fault, at most ten of them.
 */
export function parseYaml<T>(text: string, label: string, schema: z.ZodType<T>): T {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${label}:${line}:${col}`;
  };
  const broken = [...document.errors, ...document.warnings];
  if (broken.length > 0) throw complaint(broken.map((error) => `${place(error.pos[0])}: ${error.message}`));
  const parsed = schema.safeParse(document.toJS());
  if (parsed.success) return parsed.data;
  throw complaint(
    parsed.error.issues.flatMap((issue) => {
      const path = issue.path.filter((part) => typeof part !== "symbol");
      if (issue.code !== "unrecognized_keys") {
        const at = place(offsetOf(document, path));
        return [`${at}: ${path.join(".") || "the file"}: ${issue.message}${shownValue(document, path)}`];
      }
      return issue.keys.map((key) => {
        const at = place(offsetOf(document, [...path, key]));
        return `${at}: unknown key \`${[...path, key].join(".")}\`; check its spelling or take it out`;
      });
    }),
  );
}

function complaint(found: readonly string[]): UserError {
  const rest = found.length - COMPLAINTS_MAX;
  const more = rest > 0 ? [`… and ${rest} more`] : [];
  return new UserError([...found.slice(0, COMPLAINTS_MAX), ...more].join("\n"));
}

/** Where the key at `path` starts, or the nearest thing around it that is there. */
function offsetOf(document: Document, path: readonly (string | number)[]): number {
  for (let length = path.length; length > 0; length--) {
    const parent = document.getIn(path.slice(0, length - 1), true) ?? document.contents;
    const key = path[length - 1];
    if (isMap(parent)) {
      const pair = parent.items.find((item) => isPair(item) && isScalar(item.key) && item.key.value === key);
      if (pair && isNode(pair.key) && pair.key.range) return pair.key.range[0];
    }
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return document.contents?.range?.[0] ?? 0;
}

function shownValue(document: Document, path: readonly (string | number)[]): string {
  const node = document.getIn(path, true);
  if (!isScalar(node)) return "";
  const text = JSON.stringify(node.value) ?? "null";
  return `, not ${text.length > VALUE_CHARS_MAX ? `${text.slice(0, VALUE_CHARS_MAX)}…` : text}`;
}
