// Looks for what agents must not see in what they do see: hidden files and solutions, by content, by secret words, and by joining tables.
import { sha256 } from "../core/hash.ts";
import type { Task, TaskFile } from "../core/task.ts";
import type { Solution } from "../tasks/readSolutions.ts";

/** Long runs of hexadecimal digits or base64 are secrets or canaries: they stand nowhere by chance. */
const SECRET = /\b(?:[0-9a-f]{24,}|[0-9A-F]{24,}|[A-Za-z0-9+/]{40,}={0,2})/g;
const HIDDEN = "hidden/";
/** A whole line of this length does not stand in two files by chance. */
const LINE_CHARS_MIN = 12;
/** Of the rows of a hidden table that a visible one has too, so many with the same value are a leak. */
const EQUAL_SHARE_MAX = 0.95;
const ROWS_MIN = 5;
const SHOWN_CHARS = 12;

/** A sentence for each leak, at most one for each pair of files. */
export function leaksOf(task: Task, solutions: readonly Solution[]): readonly string[] {
  const shown = new Set(task.definition.shown ?? []);
  const hidden = task.judgeFiles
    .filter(({ path }) => path.startsWith(HIDDEN))
    .map((file) => ({ ...file, path: file.path.slice(HIDDEN.length) }));
  const secret = hidden.filter(({ path }) => !shown.has(path));
  return [
    ...shownWrongly(task, hidden, shown),
    ...secret.flatMap((file) => whereSeen(task, file)),
    ...solutions.flatMap((solution) => solutionSeen(task, solution)),
  ];
}

function shownWrongly(
  task: Task,
  hidden: readonly TaskFile[],
  shown: ReadonlySet<string>,
): readonly string[] {
  return [...shown].flatMap((path) => {
    const own = hidden.find((file) => file.path === path);
    const copy = task.workspace.find((file) => file.path === path);
    if (own === undefined) return [`task.yaml shows ${path}, but there is no hidden/${path}`];
    if (copy === undefined) {
      // An imported judge may have it in another place.
      const isElsewhere = task.workspace.some(({ data }) => sha256(data) === sha256(own.data));
      return isElsewhere ? [] : [`task.yaml shows ${path}, but there is no workspace/${path}`];
    }
    return sha256(own.data) === sha256(copy.data)
      ? []
      : [`workspace/${path} is not the copy of hidden/${path} that task.yaml says it is`];
  });
}

function whereSeen(task: Task, file: TaskFile): readonly string[] {
  if (file.data.byteLength === 0) return [];
  const name = `hidden/${file.path}`;
  const digest = sha256(file.data);
  const same = task.workspace.find(({ data }) => sha256(data) === digest);
  if (same !== undefined) {
    return [
      `workspace/${same.path} is ${name}; take it out, or list it under \`shown\` if agents may see it`,
    ];
  }
  const text = textOf(file);
  if (text === null) return [];
  const places = [
    { path: "description.md", text: task.description },
    ...task.workspace.flatMap((seen) => {
      const content = textOf(seen);
      return content === null ? [] : [{ path: `workspace/${seen.path}`, text: content }];
    }),
  ];
  const secrets = [...new Set(text.match(SECRET) ?? [])];
  const lines = file.path.endsWith(".py") ? [] : longLines(text);
  const table = tableOf(file.path, text);
  return places.flatMap((place) => {
    const found = secrets.find((word) => place.text.includes(word));
    if (found !== undefined)
      return [`${place.path} holds the secret ${found.slice(0, SHOWN_CHARS)}… of ${name}`];
    const seen = new Set(place.text.split(/\r?\n/).map((line) => line.trim()));
    const line = lines.find((candidate) => seen.has(candidate));
    if (line !== undefined) return [`${place.path} holds the line ${JSON.stringify(line)} of ${name}`];
    const column = table === null ? null : columnSeen(table, tableOf(place.path, place.text));
    return column === null ? [] : [`${place.path} has the values of \`${column}\` that ${name} keeps hidden`];
  });
}

function solutionSeen(task: Task, { name, files }: Solution): readonly string[] {
  const workspace = new Map(task.workspace.map(({ path, data }) => [path, sha256(data)]));
  const digests = files.map(({ path, data }) => ({ path, sha256: sha256(data), bytes: data.byteLength }));
  if (files.length > 0 && digests.every((file) => workspace.get(file.path) === file.sha256)) {
    return [`solution/${name} is the starter itself: all its files are those of the workspace`];
  }
  return digests.flatMap((file) => {
    const copy = [...workspace].find(([path, digest]) => digest === file.sha256 && path !== file.path);
    return file.bytes === 0 || copy === undefined
      ? []
      : [`workspace/${copy[0]} is solution/${name}/${file.path}; agents must not see it`];
  });
}

/** Lines that hold something of their own: with digits or letters beyond a header's. */
function longLines(text: string): readonly string[] {
  const [header = "", ...rest] = text.split(/\r?\n/).map((line) => line.trim());
  return rest.filter((line) => line.length >= LINE_CHARS_MIN && line !== header && /\d/.test(line));
}

export interface Table {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** A plain table of a CSV file; null for any other. Quoted fields are read as they stand, which is enough to compare. */
export function tableOf(path: string, text: string): Table | null {
  if (!path.endsWith(".csv")) return null;
  const [header, ...rows] = text
    .split(/\r?\n/)
    .filter((line) => line !== "")
    .map((line) => line.split(","));
  return header === undefined || header.length < 2 ? null : { header, rows };
}

/** The hidden column whose values a visible table has in rows of the same first column; null where none is given away. */
export function columnSeen(hidden: Table, seen: Table | null): string | null {
  if (seen === null) return null;
  const rowOf = new Map(seen.rows.map((row) => [row[0], row]));
  const pairs = hidden.rows.flatMap((row) => {
    const other = rowOf.get(row[0]);
    return other === undefined ? [] : [{ row, other }];
  });
  if (pairs.length < ROWS_MIN) return null;
  for (let column = 1; column < hidden.header.length; column++) {
    const values = new Set(pairs.map(({ row }) => row[column]));
    if (values.size < 2) continue;
    for (let other = 1; other < seen.header.length; other++) {
      const equal = pairs.filter((pair) => pair.row[column] === pair.other[other]).length;
      if (equal > EQUAL_SHARE_MAX * pairs.length) return hidden.header[column] ?? String(column);
    }
  }
  return null;
}

function textOf({ data }: TaskFile): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(data);
  } catch {
    return null;
  }
}
