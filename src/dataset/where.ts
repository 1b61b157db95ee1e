// `--where`: which rollouts an export takes, by the columns of the trajectories table. A comparison with a null is false
// whichever way it goes; `is null` asks for it.
import { UserError } from "../core/errors.ts";
import { suggestion } from "../core/nearest.ts";
import type { PlainRow } from "./cells.ts";
import { type ColumnKind, columnKindAt } from "./columnKind.ts";
import { trajectoriesTable } from "./schema.ts";
import { type Literal, parseWhere, type WhereNode } from "./whereParser.ts";

export interface Where {
  readonly source: string;
  /** Columns of the table that it reads. */
  readonly columns: readonly string[];
  holds(row: PlainRow): boolean;
}

/** Reads an expression and checks it against the table. Throws a UserError for a column or a comparison that there is not. */
export function whereOf(source: string): Where {
  return conditionOf(parseWhere(source), source, "--where");
}

/** The same of a tree that was written otherwise; `label` is what complaints begin with. */
export function conditionOf(tree: WhereNode, source: string, label: string): Where {
  const columns = new Set<string>();
  check(tree, columns, label);
  return { source, columns: [...columns], holds: (row) => holds(tree, row) };
}

function check(node: WhereNode, columns: Set<string>, label: string): void {
  switch (node.kind) {
    case "and":
    case "or":
      check(node.left, columns, label);
      check(node.right, columns, label);
      return;
    case "not":
      check(node.inner, columns, label);
      return;
    default: {
      columns.add(node.column.split(".")[0] ?? node.column);
      checkCondition(node, kindOf(node.column, label), label);
    }
  }
}

function kindOf(path: string, label: string): ColumnKind {
  const { schema } = trajectoriesTable;
  const [name = "", ...members] = path.split(".");
  const known = schema.fields.map((field) => field.name);
  if (!known.includes(name)) {
    throw new UserError(
      `${label}: the trajectories have no column ${JSON.stringify(name)}; ${suggestion(name, known)}`,
    );
  }
  const kind = columnKindAt(schema, name, members);
  if (kind !== null) return kind;
  throw new UserError(
    `${label}: ${path} cannot be compared: name a column of numbers, texts or truth values, or a member of one of JSON`,
  );
}

type Condition = Exclude<WhereNode, { kind: "and" | "or" | "not" }>;

function checkCondition(node: Condition, kind: ColumnKind, label: string): void {
  const wrong = (what: string): never => {
    throw new UserError(`${label}: ${node.column} holds ${KIND_WORDS[kind]}, so ${what}`);
  };
  switch (node.kind) {
    case "null":
      return;
    case "has":
      if (kind !== "texts" && kind !== "json") wrong("`has` says nothing of it; use `=`");
      return;
    case "like":
      if (kind !== "text" && kind !== "json") wrong("`like` says nothing of it");
      return;
    case "in":
      for (const value of node.values) checkLiteral(value, kind, wrong);
      return;
    case "compare":
      checkLiteral(node.value, kind, wrong);
      if (kind === "bool" && node.operator !== "=" && node.operator !== "!=")
        wrong("only `=` and `!=` compare it");
      return;
    default:
      node satisfies never;
  }
}

function checkLiteral(value: Literal, kind: ColumnKind, wrong: (what: string) => never): void {
  if (kind === "json") return;
  if (kind === "texts") wrong("`=` says nothing of it; use `has`");
  const own = typeof value === "number" ? "number" : typeof value === "boolean" ? "bool" : "text";
  if (own !== kind) wrong(`${JSON.stringify(value)} cannot equal it`);
}

const KIND_WORDS: { readonly [kind in ColumnKind]: string } = {
  number: "numbers",
  text: "texts",
  bool: "true or false",
  texts: "lists of texts",
  json: "JSON",
};

function holds(node: WhereNode, row: PlainRow): boolean {
  switch (node.kind) {
    case "and":
      return holds(node.left, row) && holds(node.right, row);
    case "or":
      return holds(node.left, row) || holds(node.right, row);
    case "not":
      return !holds(node.inner, row);
    case "null":
      return cellAt(row, node.column) === null;
    case "has": {
      const cell = cellAt(row, node.column);
      return Array.isArray(cell) && cell.includes(node.value);
    }
    case "like": {
      const cell = cellAt(row, node.column);
      return typeof cell === "string" && matches(cell, node.pattern);
    }
    case "in": {
      const cell = cellAt(row, node.column);
      return node.values.some((value) => value === cell);
    }
    case "compare":
      return compares(cellAt(row, node.column), node.operator, node.value);
    default:
      return node satisfies never;
  }
}

function compares(cell: unknown, operator: string, value: Literal): boolean {
  if (typeof cell !== typeof value || cell === null) return false;
  if (operator === "=") return cell === value;
  if (operator === "!=") return cell !== value;
  const order =
    typeof cell === "number" && typeof value === "number"
      ? cell - value
      : textOrder(String(cell), String(value));
  return operator === "<"
    ? order < 0
    : operator === "<="
      ? order <= 0
      : operator === ">"
        ? order > 0
        : order >= 0;
}

function textOrder(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A member of a column; null where it is not there. A JSON document's own names may hold dots: the longest name that fits is taken. */
export function cellAt(row: PlainRow, path: string): unknown {
  const [name = "", ...members] = path.split(".");
  return memberAt(row[name], members);
}

function memberAt(cell: unknown, members: readonly string[]): unknown {
  if (members.length === 0) return cell ?? null;
  if (typeof cell !== "object" || cell === null) return null;
  for (let taken = members.length; taken > 0; taken--) {
    const name = members.slice(0, taken).join(".");
    const found = Object.entries(cell).find(([key]) => key === name);
    if (found !== undefined) return memberAt(found[1], members.slice(taken));
  }
  return null;
}

/** `*` stands for any text; everything else for itself. Linear in the text for each star. */
function matches(text: string, pattern: string): boolean {
  const parts = pattern.split("*");
  const [first = "", ...rest] = parts;
  const last = rest.pop();
  if (last === undefined) return text === first;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}
