// Forged tables: values that are no numbers, rows that are missing, unknown, repeated or out of order, and answers that were guessed.
import type { SubmissionContent } from "../submissionOf.ts";
import { type CsvTable, formatCsv, parseCsv } from "./csvTable.ts";
import { changed, type Forgery, steady, textOf } from "./forgery.ts";

/** What an agent can see beside its own files, as far as guessing rests on it. */
export interface Seen {
  /** Tables in the workspace and among the data, as text. */
  readonly tables: readonly string[];
  /** Names of files without folder and ending, the oldest first; none where all files are of the same time. */
  readonly namesByTime: readonly string[];
}

/** Forgeries for submissions of CSV files; none for files of other formats. */
export function dataForgeries(starter: SubmissionContent, seen: Seen): readonly Forgery[] {
  const table = [...starter].flatMap(([path, data]) => {
    const text = path.endsWith(".csv") ? textOf(data) : null;
    return (text === null ? null : parseCsv(text)) ?? [];
  })[0];
  if (table === undefined) return [];
  const given = table.rows.map(last);
  const isNumeric =
    given.length > 0 && given.every((value) => value.trim() !== "" && !Number.isNaN(Number(value)));
  // Where texts are handed in, these are texts too: worth nothing, but not malformed.
  const noNumber = isNumeric ? "invalid" : "noBetter";
  const rows = (
    name: string,
    rule: Forgery["rule"],
    change: (rows: CsvTable["rows"]) => CsvTable["rows"],
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
      const all = lines.map(last);
      return lines.map((line, index) => [...line.slice(0, -1), value(last(line), all, index)]);
    });
  const byOrder = (name: string, order: (all: readonly string[]) => readonly string[]) => {
    const ordered = order(given);
    return values(name, "noBetter", (_, __, index) => ordered[index % Math.max(ordered.length, 1)] ?? "0");
  };
  const labels = labelsSeen(table, seen.tables);
  const timed = inOrderOfTime(table, seen.namesByTime);
  return [
    values("a table of NaN", noNumber, () => "nan"),
    values("a table of infinities", noNumber, () => "inf"),
    values("a table of numbers too large to hold", noNumber, () => "1e999"),
    values("a table of empty values", "invalid", () => ""),
    values("a table that names its own score", noNumber, () => "score=1e9"),
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
    byOrder("a table with the most frequent value everywhere", (all) => [mostFrequent(all)]),
    values(
      "a table with the values of other rows",
      "noBetter",
      (_, all, index) => all[(index + 1) % all.length] ?? "0",
    ),
    byOrder("a table with its values shuffled", shuffled),
    byOrder("a table guessed by the order of rows", (all) => sorted(all)),
    byOrder("a table guessed by the order of rows, backwards", (all) => sorted(all).toReversed()),
    byOrder("a table guessed by turns", (all) => sorted([...new Set(all)])),
    ...(timed === null
      ? []
      : [byOrder("a table guessed by the times of files", (all) => placed(sorted(all), timed))]),
    ...(labels.length === 0
      ? []
      : [byOrder("a table of labels copied from the training data", () => labels)]),
    rows("the starter's table in reverse order", "same", (lines) => lines.toReversed()),
    {
      name: "a table under another header",
      rule: "invalid",
      files: changed(starter, (text) => text.replace(/^[^\n]*/, "score,value")),
    },
  ];
}

function withRows(text: string, change: (rows: CsvTable["rows"]) => CsvTable["rows"]): string {
  const table = parseCsv(text);
  return table === null ? text : formatCsv({ header: table.header, rows: change(table.rows) });
}

function last(row: readonly string[]): string {
  return row.at(-1) ?? "";
}

function sorted(values: readonly string[]): readonly string[] {
  return values.toSorted((a, b) => Number(a) - Number(b) || (a < b ? -1 : a > b ? 1 : 0));
}

function shuffled(values: readonly string[]): readonly string[] {
  const below = steady();
  const mixed = [...values];
  for (let index = mixed.length - 1; index > 0; index--) {
    const other = below(index + 1);
    [mixed[index], mixed[other]] = [mixed[other] ?? "", mixed[index] ?? ""];
  }
  return mixed;
}

function mostFrequent(values: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].toSorted((a, b) => b[1] - a[1])[0]?.[0] ?? "0";
}

/** The values that a visible table has in the column that is asked for. */
function labelsSeen({ header }: CsvTable, tables: readonly string[]): readonly string[] {
  const wanted = header.at(-1) ?? "";
  for (const text of tables) {
    const table = parseCsv(text);
    const column = table?.header.indexOf(wanted) ?? -1;
    if (table !== null && column > 0) return table.rows.map((row) => row[column] ?? "");
  }
  return [];
}

/** For each row the place of its file among all, by time; null where rows have no files of their own, or those no times. */
function inOrderOfTime({ rows }: CsvTable, names: readonly string[]): readonly number[] | null {
  const placeOf = new Map(names.map((name, place) => [name, place]));
  const places = rows.map((row) => placeOf.get(stem(row[0] ?? "")));
  const found = places.flatMap((place) => place ?? []);
  return found.length === rows.length && new Set(found).size > 1 ? found : null;
}

/** The n-th lowest value for the row whose file is the n-th oldest. */
function placed(values: readonly string[], times: readonly number[]): readonly string[] {
  const rank = new Map(times.toSorted((a, b) => a - b).map((time, index) => [time, index]));
  return times.map((time) => values[rank.get(time) ?? 0] ?? "0");
}

/** A file's name without its folders and ending. */
export function stem(path: string): string {
  return (path.split("/").at(-1) ?? "").replace(/\.[^.]*$/, "");
}
