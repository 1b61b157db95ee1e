// Reads YAML a person wrote against a schema. Every complaint names file, line and column, the value, and what would be right.
import {
  type Document,
  type ErrorCode,
  isMap,
  isNode,
  isPair,
  isScalar,
  LineCounter,
  parseDocument,
  type YAMLError,
} from "yaml";
import type { z } from "zod";
import { errorText, UserError } from "../core/errors.ts";
import { faultsOf } from "./issueText.ts";
import { withoutCredentials } from "./shownValue.ts";

const COMPLAINTS_MAX = 10;
/** Nodes that aliases may repeat; a page of YAML has a few, a bomb has billions. */
const ALIASES_MAX = 100;

/**
 * Parses one YAML document and checks it. `label` is the file's name as the user knows it.
 * Throws a UserError with a line for each fault, at most ten of them; broken YAML has one, since the rest follows from it.
 */
export function parseYaml<T>(text: string, label: string, schema: z.ZodType<T>): T {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${label}:${line}:${col}`;
  };
  const [broken] = [...document.errors, ...document.warnings].toSorted((a, b) => a.pos[0] - b.pos[0]);
  if (broken !== undefined) throw complaint([`${place(broken.pos[0])}: ${brokenText(broken, text)}`]);
  const value = plainValue(document, label);
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw complaint(
    faultsOf(parsed.error.issues, schema, value).map(({ path, text: fault }) => {
      const known = path.filter((part) => typeof part !== "symbol");
      return `${place(offsetOf(document, known))}: ${fault}`;
    }),
  );
}

/** The document as plain values. Aliases are resolved, within a bound. */
function plainValue(document: Document, label: string): unknown {
  try {
    const value: unknown = document.toJS({ maxAliasCount: ALIASES_MAX });
    // An alias within its own anchor makes a value without end.
    JSON.stringify(value);
    return value;
  } catch (error) {
    const why = errorText(error);
    if (why.startsWith("Unresolved alias")) {
      const name = why.split(": ").at(-1) ?? "";
      throw new UserError(
        `${label}: the alias *${name} has no anchor &${name} before it; write the value out, or put text with * in quotes`,
        { cause: error },
      );
    }
    throw new UserError(
      `${label}: its aliases repeat too much (more than ${ALIASES_MAX} times, or themselves); write the values out`,
      { cause: error },
    );
  }
}

/** What is wrong with the YAML itself and what to do, in plainer words than a parser's for the slips that people make. */
function brokenText({ code, message, pos }: YAMLError, text: string): string {
  const around = /^[^\s:,{}[\]]{1,60}/.exec(text.slice(pos[0]))?.[0] ?? "";
  const plainer: Partial<Record<ErrorCode, string>> = {
    TAB_AS_INDENT: "a tab as indentation; YAML takes spaces only",
    DUPLICATE_KEY: `the key \`${around}\` stands twice in this mapping; keys must be unique, take one out`,
    MULTIPLE_DOCS: "a second document begins here (---); one file holds one, take the rest out",
    BLOCK_AS_IMPLICIT_KEY: "a second `: ` in one value; put the value in quotes",
    BAD_SCALAR_START: "a value cannot begin with this character; put it in quotes",
    TAG_RESOLVE_FAILED: "tags (!…) are not known here; take it out, or put the text in quotes",
  };
  return plainer[code] ?? `broken YAML: ${withoutCredentials(message)}; mend it here`;
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
