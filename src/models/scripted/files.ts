// What the agent believes its files hold: its own commands and what it read, applied one after the other. It runs nothing.
import type { Turn } from "./conversation.ts";

export type BelievedFiles = ReadonlyMap<string, string>;

const MARK_LEFT_OUT = /\[… \d+ bytes left out …\]/;
const FAILED =
  /\[exit code \d+\]|^There is no|does not exist|No file is open|runs backwards|exists already|is unchanged|^Nothing was changed/m;

/** The number of lines of a text whose numbers are certain: all, or those before a cut. */
export function certainLines(text: string): readonly string[] {
  const lines = text.split("\n");
  const cut = lines.findIndex((line) => MARK_LEFT_OUT.test(line));
  return cut < 0 ? lines : lines.slice(0, Math.max(0, cut - 1));
}

/** The files after a turn. Commands of other forms leave them as they are. */
export function afterTurn(files: BelievedFiles, turn: Turn, openBefore: string | null): BelievedFiles {
  const { command, observation } = turn;
  if (command === null) return files;
  const read = reading(command, observation);
  if (read !== null) {
    const partial = MARK_LEFT_OUT.test(read.text) && files.has(read.path);
    return partial ? files : new Map(files).set(read.path, read.text);
  }
  const written = writing(command);
  if (written !== null) return new Map(files).set(written.path, written.text);
  if (FAILED.test(observation)) return files;
  const copied = /^cp (\S+) (\S+)$/.exec(command);
  if (copied !== null) {
    const text = files.get(copied[1] ?? "");
    return text === undefined ? files : new Map(files).set(copied[2] ?? "", text);
  }
  const created = /^create (\S+)$/.exec(command);
  if (created !== null) return new Map(files).set(created[1] ?? "", "");
  const substituted = substitutions(files, command);
  if (substituted !== null) return substituted;
  if (openBefore === null) return files;
  const edited = editing(files.get(openBefore) ?? "", command);
  return edited === null ? files : new Map(files).set(openBefore, edited);
}

interface Content {
  readonly path: string;
  readonly text: string;
}

/** `cat <one file>`, or `open` where the window shows the whole file. */
function reading(command: string, observation: string): Content | null {
  const cat = /^cat ([\w./-]+)$/.exec(command)?.[1];
  if (cat !== undefined) return FAILED.test(observation) ? null : { path: cat, text: `${observation}\n` };
  const open = /^open ([\w./-]+)$/.exec(command)?.[1];
  if (open === undefined || !observation.startsWith(`[${open}: `)) return null;
  if (/^\(\d+ more lines? (?:above|below)\)$/m.test(observation)) return null;
  const lines = [...observation.matchAll(/^\d+:(?: (.*))?$/gm)].map((match) => match[1] ?? "");
  return { path: open, text: lines.map((line) => `${line}\n`).join("") };
}

/** `cat > <file> <<'EOF'`, also where more commands follow it. */
function writing(command: string): Content | null {
  const found = /^cat > (\S+) <<'EOF'\n([\s\S]*?)^EOF$/m.exec(command);
  return found === null ? null : { path: found[1] ?? "", text: found[2] ?? "" };
}

/** The files after one `sed` command a line; null where a line is something else. */
function substitutions(files: BelievedFiles, command: string): BelievedFiles | null {
  let after = files;
  for (const line of command.split("\n")) {
    const next = substitution(after, line);
    if (next === null) return null;
    after = new Map(after).set(next.path, next.text);
  }
  return after;
}

/** `sed -i 's/^NAME = .*\/NAME = value/' <file>` and `sed -i '<line>s/old/new/' <file>`. */
function substitution(files: BelievedFiles, command: string): Content | null {
  const found = /^sed -i '(\d*)s\/(\^?)((?:[^/\\]|\\.)*)\/([^/]*)\/' (\S+)$/.exec(command);
  if (found === null) return null;
  const [, line = "", anchor, old = "", replacement = "", path = ""] = found;
  const text = files.get(path);
  if (text === undefined) return null;
  const name = old.replace(/ = \.\*$/, "");
  const change = (row: string, index: number) => {
    if (line !== "" && Number(line) !== index + 1) return row;
    if (anchor === "^") return row.startsWith(`${name} = `) ? replacement : row;
    return row.replace(old.replaceAll("\\", ""), () => replacement);
  };
  return { path, text: text.split("\n").map(change).join("\n") };
}

/** `edit` and `insert` on the text of the open file. */
function editing(text: string, command: string): string | null {
  const lines = text.split("\n").slice(0, -1);
  const edit = /^edit (\d+):(\d+)\n([\s\S]*?)^end_of_edit$/m.exec(command);
  const insert = /^insert (\d+)\n([\s\S]*?)^end_of_insert$/m.exec(command);
  if (edit === null && insert === null) return null;
  const after = edit === null ? Number(insert?.[1]) : Number(edit[1]) - 1;
  const next = edit === null ? after : Number(edit[2]);
  const added = (edit?.[3] ?? insert?.[2] ?? "").split("\n").slice(0, -1);
  return [...lines.slice(0, after), ...added, ...lines.slice(next)].map((line) => `${line}\n`).join("");
}
