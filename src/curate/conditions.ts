// `where` of the rules: conditions on columns, each with its own answer for a value that is not there.
import { UserError } from "../core/errors.ts";
import type { PlainRow } from "../dataset/cells.ts";
import { cellAt, conditionOf } from "../dataset/where.ts";
import type { WhereNode } from "../dataset/whereParser.ts";
import type { Condition } from "./rules.ts";

export interface CheckedCondition {
  /** As it is counted and shown. */
  readonly text: string;
  holds(row: PlainRow): boolean;
}

/** Checks a condition against the table. Throws a UserError that names the nearest column, or what the operator wants. */
export function checkedCondition(condition: Condition, index: number): CheckedCondition {
  const { path, op, value, missing } = condition;
  const text = `${path} ${op} ${JSON.stringify(value)}`;
  const { holds } = conditionOf(nodeOf(condition, index), text, `where[${index}]`);
  return {
    text,
    holds: (row) => (cellAt(row, path) === null ? missing === "keep" : holds(row)),
  };
}

function nodeOf({ path: column, op, value }: Condition, index: number): WhereNode {
  if (op === "in") return { kind: "in", column, values: Array.isArray(value) ? value : [value] };
  if (Array.isArray(value)) {
    throw new UserError(`where[${index}]: \`${op}\` compares with one value; write \`op: in\` for a list`);
  }
  if (op === "has") return { kind: "has", column, value };
  if (op === "like") return { kind: "like", column, pattern: String(value) };
  return { kind: "compare", column, operator: op, value };
}
