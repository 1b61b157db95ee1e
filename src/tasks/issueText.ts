// What is wrong with a value, in words for the person who wrote it: the key, what would be right, what stands there instead.
// It does not say where; whoever knows the file or the setting does.
import type { z } from "zod";
import { nearestName, suggestion } from "../core/nearest.ts";
import { knownKeysAt, valueAt } from "./knownKeys.ts";
import { shownValue } from "./shownValue.ts";

const KINDS: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a mapping of keys",
  record: "a mapping of keys",
  null: "null",
};

/** One fault: the path of what is wrong, and the sentence on it. */
export interface Fault {
  readonly path: readonly PropertyKey[];
  readonly text: string;
  readonly isMissing?: true;
  /** Of an unknown key: the known one it was probably meant to be. That this one is missing then needs no second sentence. */
  readonly meantPath?: readonly PropertyKey[];
}

/** The faults of a value that failed its schema, in the schema's order; one for each key, since a second would only follow from the first. */
export function faultsOf(
  issues: readonly z.core.$ZodIssue[],
  schema: z.core.$ZodType,
  value: unknown,
): readonly Fault[] {
  const faults = new Map<string, Fault>();
  for (const issue of issues) {
    for (const fault of faultsOfIssue(issue, schema, value)) {
      const name = fault.path.map(String).join("\0");
      if (!faults.has(name)) faults.set(name, fault);
    }
  }
  const all = [...faults.values()];
  const meant = new Set(all.flatMap(({ meantPath }) => (meantPath === undefined ? [] : [dotted(meantPath)])));
  return all.filter(({ path, isMissing }) => isMissing !== true || !meant.has(dotted(path)));
}

function faultsOfIssue(issue: z.core.$ZodIssue, schema: z.core.$ZodType, value: unknown): readonly Fault[] {
  if (issue.code === "unrecognized_keys") {
    const known = knownKeysAt(schema, value, issue.path);
    return issue.keys.map((key) => {
      const path = [...issue.path, key];
      const text = `unknown key \`${dotted(path)}\`; ${suggestion(key, known)}`;
      const near = nearestName(key, known);
      return near === null ? { path, text } : { path, text, meantPath: [...issue.path, near] };
    });
  }
  if (issue.code === "invalid_union" && issue.errors.length > 0) {
    const branch = nearestBranch(issue.errors).map((inner) => ({
      ...inner,
      path: [...issue.path, ...inner.path],
    }));
    return branch.flatMap((inner) => faultsOfIssue(inner, schema, value));
  }
  const found = valueAt(value, issue.path);
  const name = issue.path.length === 0 ? "the file" : dotted(issue.path);
  const right = whatIsRight(issue, found);
  if (found === undefined && issue.path.length > 0)
    return [{ path: issue.path, text: `${name}: missing; it ${right}`, isMissing: true }];
  const instead =
    found === null && issue.path.length === 0 ? "it is empty" : `not ${shownValue(found, issue.path)}`;
  return [{ path: issue.path, text: `${name}: ${right}, ${instead}${nearChoice(issue, found)}` }];
}

/** Of the ways in which a value fails a union, the one it is least far from: complaints deep inside, and few of them. */
function nearestBranch(branches: readonly (readonly z.core.$ZodIssue[])[]): readonly z.core.$ZodIssue[] {
  const depth = (issues: readonly z.core.$ZodIssue[]) => Math.min(...issues.map(({ path }) => path.length));
  const sorted = branches.toSorted((a, b) => depth(b) - depth(a) || a.length - b.length);
  return sorted[0] ?? [];
}

/** `must be …`, in the words of the schema where it has its own. */
function whatIsRight(issue: z.core.$ZodIssue, found: unknown): string {
  switch (issue.code) {
    case "invalid_type":
      return `must be ${KINDS[issue.expected] ?? issue.expected}`;
    case "invalid_value":
    case "invalid_union": {
      const choices = choicesOf(issue);
      return choices.length === 0 ? decapitalised(issue.message) : `must be ${choiceText(choices)}`;
    }
    case "too_small":
      return sizeText(issue.origin, "at least", "more than", issue.minimum, issue.inclusive ?? true);
    case "too_big":
      return sizeText(issue.origin, "at most", "less than", issue.maximum, issue.inclusive ?? true);
    case "invalid_format":
      return issue.format === "url" && issue.message.startsWith("Invalid")
        ? "must be an address"
        : issue.message;
    case "custom":
      return issue.message;
    default:
      return found === undefined ? "is needed" : decapitalised(issue.message);
  }
}

function sizeText(
  origin: string,
  atLeast: string,
  moreThan: string,
  bound: number | bigint,
  inclusive: boolean,
): string {
  const many = (what: string) => `must have ${inclusive ? atLeast : moreThan} ${bound} ${what}`;
  if (origin === "string")
    return bound === 1 && atLeast === "at least" ? "must not be empty" : many("characters");
  if (origin === "array" || origin === "set") return many(bound === 1 ? "entry" : "entries");
  return `must be ${inclusive ? atLeast : moreThan} ${bound}`;
}

/** The closed list that a value must come from; empty where the issue is of another kind. */
function choicesOf(issue: z.core.$ZodIssue): readonly string[] {
  if (issue.code === "invalid_value") return issue.values.map(String);
  if (issue.code === "invalid_union" && "options" in issue && Array.isArray(issue.options))
    return issue.options.map(String);
  return [];
}

function choiceText(choices: readonly string[]): string {
  const quoted = choices.map((choice) => JSON.stringify(choice));
  const last = quoted.at(-1) ?? "";
  return quoted.length < 2 ? last : `${quoted.slice(0, -1).join(", ")} or ${last}`;
}

function nearChoice(issue: z.core.$ZodIssue, found: unknown): string {
  const near = typeof found === "string" ? nearestName(found, choicesOf(issue)) : null;
  return near === null ? "" : `; did you mean \`${near}\`?`;
}

function dotted(path: readonly PropertyKey[]): string {
  return path.map(String).join(".");
}

function decapitalised(text: string): string {
  return `${text.charAt(0).toLowerCase()}${text.slice(1)}`;
}
