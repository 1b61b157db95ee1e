// MLGym's editor on top of ours: its commands, its window, its endings; every change of a file goes through our tools. What it tells are facts.
import { type Act, printedOf, quoted } from "./act.ts";
import type { Fact } from "./facts.ts";
import { linesOf, putBack } from "./fileText.ts";
import { herePath } from "./paths.ts";
import { lintValue } from "./recordedFacts.ts";
import { constrained, MLGYM_OVERLAP, MLGYM_WINDOW, middleFor, windowAround } from "./window.ts";

const OPEN_WITH_LINE_BYTES_MAX = 20_000;

/** MLGym's editor in one episode. Contract: its methods are called one at a time. */
export interface MlgymEditor {
  /** Relative to the workspace; null: none. */
  readonly openFile: () => string | null;
  /** Files that were changed or made, relative to the workspace. */
  readonly changed: ReadonlySet<string>;
  open(words: readonly string[]): Promise<readonly Fact[]>;
  goto(words: readonly string[]): Promise<readonly Fact[]>;
  scroll(direction: "up" | "down"): Promise<readonly Fact[]>;
  create(words: readonly string[]): Promise<readonly Fact[]>;
  /** `recorded` is how it ended then: where it ends otherwise now, the file is set right, so that one difference is counted once. */
  edit(range: string, text: readonly string[], recorded: string): Promise<readonly Fact[]>;
  insert(after: string, text: readonly string[], recorded: string): Promise<readonly Fact[]>;
}

/** A change as MLGym makes it: lines taken out after line `after`, others put there. */
interface Change {
  readonly after: number;
  /** The last line taken out, as asked for: it may lie before `after` or beyond the end. */
  readonly until: number;
  readonly text: readonly string[];
  readonly isInsert: boolean;
}

/** The editor of an episode that has just begun: no file is open. */
export function mlgymEditor(act: Act): MlgymEditor {
  let openFile: string | null = null;
  let middle = 0;
  const changed = new Set<string>();

  const ended = (value: string): Fact => ({ class: "outcome", key: "outcome", value });

  const shown = async (outcome: string): Promise<readonly Fact[]> => {
    const lines = openFile === null ? null : await linesOf(act, openFile);
    if (openFile === null || lines === null) return [ended("missing")];
    middle = constrained(middle, lines.length);
    return [ended(outcome), ...windowFactsOf(openFile, lines, { window: 0, middle, size: MLGYM_WINDOW })];
  };

  const kindOf = async (path: string): Promise<string> => {
    const word = quoted(path);
    const command = `if [ -d ${word} ]; then echo directory; elif [ -f ${word} ]; then echo file $(wc -c < ${word}) "$(realpath ${word})"; else echo missing; fi`;
    return printedOf(await act("shell", { command })).trim();
  };

  const open = async (words: readonly string[], outcome = "shown"): Promise<readonly Fact[]> => {
    const [written, line] = words;
    if (written === undefined || written === "") return [ended("usage")];
    const [kind = "missing", bytes = "0", ...place] = (await kindOf(written)).split(" ");
    if (kind !== "file") return [ended(kind)];
    const path = herePath(place.join(" "));
    if (line === undefined) middle = MLGYM_WINDOW / 2;
    else {
      if (!/^\d+$/.test(line)) return [ended("usage")];
      if (Number(bytes) > OPEN_WITH_LINE_BYTES_MAX) return [ended("tooLarge")];
      const total = (await linesOf(act, path))?.length ?? 0;
      middle = Number(line) > total ? total : Number(line) < 1 ? 1 : middleFor(Number(line));
    }
    openFile = path;
    return shown(outcome);
  };

  const change = async (wanted: Change, recorded: string): Promise<readonly Fact[]> => {
    const path = openFile;
    if (path === null) return [ended("noFile")];
    const before = (await linesOf(act, path)) ?? [];
    const writable = await act("shell", { command: `[ -w ${quoted(path)} ]` });
    if (writable.exitCode !== 0) return [ended("readOnly")];
    const after = changedLines(before, wanted);
    const answer = await apply(act, before, after, wanted);
    const lint = answer.ok ? [] : lintOf(answer.text);
    const outcome = answer.ok ? "applied" : lint.length > 0 ? "lint" : "refused";
    // From here on the file is as it was then, whatever our editor did; the outcome alone tells of the difference.
    const isApplied = recorded === "applied" || (recorded !== "lint" && outcome === "applied");
    if (isApplied !== (outcome === "applied")) await putBack(act, path, isApplied ? after : before);
    if (!isApplied) {
      const { added, original } = refusedWindows(wanted);
      return [
        ended(outcome),
        ...[...new Set(lint)].map((key): Fact => ({ class: "lint", key, value: "told" })),
        ...windowFactsOf(path, after, { window: 0, ...added }),
        ...windowFactsOf(path, before, { window: 1, ...original }),
      ];
    }
    changed.add(path);
    middle = wanted.isInsert ? wanted.after + 1 : wanted.after;
    return shown(outcome);
  };

  return {
    openFile: () => openFile,
    changed,
    open: (words) => open(words),
    async goto([line, ...others]) {
      if (openFile === null) return [ended("noFile")];
      if (line === undefined || others.length > 0 || !/^\d+$/.test(line)) return [ended("usage")];
      const total = (await linesOf(act, openFile))?.length ?? 0;
      if (Number(line) > total) return [ended("refused")];
      middle = middleFor(Number(line));
      return shown("shown");
    },
    scroll(direction) {
      middle += (MLGYM_WINDOW - MLGYM_OVERLAP) * (direction === "down" ? 1 : -1);
      return openFile === null ? Promise.resolve([ended("noFile")]) : shown("shown");
    },
    async create(words) {
      const [path] = words;
      if (path === undefined || path === "") return [ended("usage")];
      if ((await kindOf(path)) !== "missing") return open([path], "exists");
      const made = await act("create", { path });
      // A new file of MLGym's has one line, which is empty.
      if (made.ok) await act("insert", { after: 0, text: "\n" });
      changed.add(path);
      return open([path]);
    },
    edit(range, text, recorded) {
      if (openFile === null) return Promise.resolve([ended("noFile")]);
      const [first, last] = (range.split(/\s+/)[0] ?? "").split(":");
      if (!isNumber(first) || !isNumber(last)) return Promise.resolve([ended("usage")]);
      const wanted = { after: Math.max(0, Number(first) - 1), until: Number(last), text, isInsert: false };
      return change(wanted, recorded);
    },
    insert(after, text, recorded) {
      if (openFile === null) return Promise.resolve([ended("noFile")]);
      const [line] = after.split(/\s+/);
      if (!isNumber(line)) return Promise.resolve([ended("usage")]);
      return change({ after: Number(line), until: Number(line), text, isInsert: true }, recorded);
    },
  };
}

function isNumber(word: string | undefined): word is string {
  return word !== undefined && /^\d+$/.test(word);
}

function changedLines(before: readonly string[], { after, until, text }: Change): readonly string[] {
  return [...before.slice(0, after), ...text, ...before.slice(until)];
}

/** The change by our editor: as asked for where it takes that, else of the whole file. */
function apply(act: Act, before: readonly string[], after: readonly string[], wanted: Change) {
  const total = before.length;
  const text = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join("");
  const { after: line, until } = wanted;
  if (total === 0 || line >= total || until === line) {
    return wanted.text.length === 0
      ? act("shell", { command: "true" })
      : act("insert", { after: Math.min(line, total), text: text(wanted.text) });
  }
  if (until > line) {
    return act("edit", { first: line + 1, last: Math.min(until, total), text: text(wanted.text) });
  }
  // A range that runs backwards doubles the lines between its ends, as MLGym has it [bug].
  return act("edit", { first: 1, last: total, text: text(after) });
}

/** The two windows below a refusal: the change as it would have been, and what stands there. */
function refusedWindows({ after, until, text, isInsert }: Change) {
  const half = Math.floor(text.length / 2);
  return {
    added: { middle: after + half, size: text.length + 10 },
    original: isInsert
      ? { middle: after, size: 10 }
      : { middle: Math.trunc((until - after + 1) / 2) + after, size: until - after + 10 },
  };
}

function windowFactsOf(
  path: string,
  lines: readonly string[],
  at: { readonly window: number; readonly middle: number; readonly size: number },
): readonly Fact[] {
  const total = lines.length;
  const { first, last, above, below } = windowAround(constrained(at.middle, total, at.size), total, at.size);
  const key = `window ${at.window}`;
  const range = (side: string, count: number): readonly Fact[] =>
    count > 0 ? [{ class: "range", key: `${key}, ${side}`, value: String(count) }] : [];
  return [
    { class: "header", key, value: `${path}, ${total}` },
    ...range("above", above),
    ...lines
      .slice(first - 1, last)
      .map((value, index): Fact => ({ class: "line", key: `${key}, line ${first + index}`, value })),
    ...range("below", below),
  ];
}

/** What our editor refused an edit for, by flake8's codes. */
function lintOf(text: string): readonly string[] {
  return [...text.matchAll(/^- line \d+: (.*)$/gm)].map(([, message = ""]) => {
    const name = /^the name '([^']+)'/.exec(message)?.[1];
    return name === undefined ? "E999" : lintValue("F821", `'${name}'`);
  });
}
