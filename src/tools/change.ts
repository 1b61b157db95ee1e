// A change of the open file: lines taken out and put in at one place, written at once, and the result shown; refused where it would
// bring in errors, with both versions shown.
import type { ToolContext, ToolResult } from "../core/tool.ts";
import { type CodeError, newErrors } from "./newErrors.ts";
import type { OpenFile } from "./openFile.ts";
import { refused, said } from "./result.ts";
import { EDITABLE_BYTES_MAX, writeTextFile } from "./textFile.ts";
import { counted, showWindow } from "./window.ts";

/** Unchanged lines shown on either side of a change. */
const CONTEXT_LINES = 8;
/** The same beside a change that is refused, where two versions are shown; and the most lines of each. */
const REFUSED_CONTEXT_LINES = 5;
const REFUSED_LINES_MAX = 60;
const ERRORS_SHOWN_MAX = 10;

export interface Change {
  /** The line after which it begins; 0 is the top. */
  readonly after: number;
  readonly removed: number;
  readonly added: readonly string[];
}

/**
 * Takes `removed` lines out after line `after`, puts `added` in their place, and shows the changed part. The caller has checked that the
 * lines exist. A file that would outgrow the editor, or get new errors, is left as it was.
 */
export async function change(
  context: ToolContext,
  { path, file }: OpenFile,
  wanted: Change,
): Promise<ToolResult> {
  const { sandbox, state } = context;
  const { after, removed } = wanted;
  // Line ends are the file's: an agent that writes them itself must not double them.
  const added = file.lineEnd === "\n" ? wanted.added : wanted.added.map((line) => line.replace(/\r$/, ""));
  const lines = [...file.lines.slice(0, after), ...added, ...file.lines.slice(after + removed)];
  const bytes = lines.reduce((sum, line) => sum + Buffer.byteLength(line) + file.lineEnd.length, 0);
  if (bytes > EDITABLE_BYTES_MAX) {
    return refused(
      `\`${path}\` is unchanged: it would grow over the ${EDITABLE_BYTES_MAX} bytes that the editor takes.`,
      state,
    );
  }
  const errors = await newErrors(context, path, file.lines, lines, { first: after + 1, count: added.length });
  if (errors !== null && errors.length > 0) {
    return refused(refusalText({ path, file }, { after, removed, added }, lines, errors), state);
  }
  const written = await writeTextFile(sandbox, path, { lines, lineEnd: file.lineEnd });
  if ("code" in written) return refused(written.text, state);
  const firstLine = Math.max(1, Math.min(after + 1, lines.length) - CONTEXT_LINES);
  const lastLine = after + added.length + CONTEXT_LINES;
  const unchecked = errors === null ? ["(whether it is free of errors could not be checked)"] : [];
  return said(
    [
      summary(path, after, removed, added.length),
      ...unchecked,
      showWindow(path, lines, firstLine, lastLine),
    ].join("\n"),
    { ...state, firstLine, shown: written.fingerprint },
  );
}

function refusalText(
  { path, file }: OpenFile,
  { after, removed, added }: Change,
  lines: readonly string[],
  errors: readonly CodeError[],
): string {
  const errorLine = errors[0]?.line ?? after + 1;
  const more = errors.length - ERRORS_SHOWN_MAX;
  return [
    `\`${path}\` is unchanged: this would bring ${errors.length === 1 ? "an error" : "errors"} into it.`,
    ...errors.slice(0, ERRORS_SHOWN_MAX).map(({ line, message }) => `- line ${line}: ${message}`),
    ...(more > 0 ? [`(${more} more)`] : []),
    "With your change it would have read:",
    partShown(path, lines, after, added.length, errorLine),
    "It still reads:",
    partShown(path, file.lines, after, removed, after + 1),
    "Write the change again without the error: the same one would be refused again.",
  ].join("\n");
}

/** The `count` lines after `after` with their surroundings; of a long part, the surroundings of line `focus`. */
function partShown(
  path: string,
  lines: readonly string[],
  after: number,
  count: number,
  focus: number,
): string {
  const [first, last] = [after + 1 - REFUSED_CONTEXT_LINES, after + count + REFUSED_CONTEXT_LINES];
  if (last - first < REFUSED_LINES_MAX && focus >= first && focus <= last)
    return showWindow(path, lines, first, last);
  const half = Math.floor(REFUSED_LINES_MAX / 2);
  return showWindow(path, lines, focus - half, focus + half - 1);
}

function summary(path: string, after: number, removed: number, added: number): string {
  const place = removed === 1 ? `Line ${after + 1}` : `Lines ${after + 1} to ${after + removed}`;
  if (added === 0) return `${place} of \`${path}\` removed.`;
  if (removed > 0) return `${place} of \`${path}\` replaced by ${counted(added)}. Check the result.`;
  const where = after === 0 ? "at the top" : `after line ${after}`;
  return `${counted(added)} added to \`${path}\` ${where}. Check the result.`;
}
