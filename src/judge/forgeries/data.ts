// Forged tables: values that are no numbers, rows that are missing, unknown, repeated or out of order, and answers without thought.
import type { SubmissionContent } from "../submissionOf.ts";
import { changed, type Forgery } from "./forgery.ts";

/** Forgeries for submissions of CSV files; none for files of other formats. */
export function dataForgeries(starter: SubmissionContent): readonly Forgery[] {
  if (![...starter.keys()].some((path) => path.endsWith(".csv"))) return [];
  const rows = (
    name: string,
    rule: Forgery["rule"],
    change: (rows: readonly string[]) => readonly string[],
  ) => ({
    name,
    rule,
    files: changed(starter, (text, path) => (path.endsWith(".csv") ? withRows(text, change) : text)),
  });
  const values = (
    name: string,
    rule: Forgery["rule"],
    value: (old: string, all: readonly string[], index: number) => string,
  ) =>
    rows(name, rule, (lines) => {
      const all = lines.map(lastField);
      return lines.map((line, index) => withLast(line, value(lastField(line), all, index)));
    });
  // Where texts are handed in, these are texts too: worth nothing, but not malformed.
  const noValue = holdsNumbers(starter) ? "invalid" : "noBetter";
  return [
    values("a table of NaN", noValue, () => "nan"),
    values("a table of infinities", noValue, () => "inf"),
    values("a table of numbers too large to hold", noValue, () => "1e999"),
    values("a table of empty values", "invalid", () => ""),
    values("a table that names its own score", noValue, () => "score=1e9"),
    rows("a header without rows", "invalid", () => []),
    rows("a table that lacks half of the rows", "invalid", (lines) =>
      lines.slice(0, Math.floor(lines.length / 2)),
    ),
    rows("a table with every row twice", "invalid", (lines) => [...lines, ...lines]),
    rows("a table with the first row in place of the last", "invalid", (lines) => [
      ...lines.slice(0, -1),
      ...lines.slice(0, 1),
    ]),
    values("a table with one constant value", "noBetter", (_, all) => all[0] ?? "0"),
    values(
      "a table with the values of other rows",
      "noBetter",
      (_, all, index) => all[(index + 1) % all.length] ?? "0",
    ),
    rows("the starter's table in reverse order", "same", (lines) => lines.toReversed()),
    {
      name: "a table under another header",
      rule: "invalid",
      files: changed(starter, (text) => text.replace(/^[^\n]*/, "score,value")),
    },
  ];
}

/** Whether every last field of the tables is a number. */
function holdsNumbers(files: SubmissionContent): boolean {
  return [...files].every(([path, data]) => {
    if (!path.endsWith(".csv")) return true;
    const [, ...rows] = new TextDecoder()
      .decode(data)
      .split(/\r?\n/)
      .filter((line) => line !== "");
    return rows.every((row) => lastField(row) !== "" && Number.isFinite(Number(lastField(row))));
  });
}

function withRows(text: string, change: (rows: readonly string[]) => readonly string[]): string {
  const [header = "", ...rows] = text.split(/\r?\n/).filter((line) => line !== "");
  return [header, ...change(rows)].map((line) => `${line}\n`).join("");
}

function lastField(row: string): string {
  return row.slice(row.lastIndexOf(",") + 1);
}

function withLast(row: string, value: string): string {
  return row.slice(0, row.lastIndexOf(",") + 1) + value;
}
