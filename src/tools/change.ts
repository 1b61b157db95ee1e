// A change of the open file: lines taken out and put in at one place, written at once, and the result shown.
import type { ToolContext, ToolResult } from "../core/tool.ts";
import { refused, said } from "./result.ts";
import { EDITABLE_BYTES_MAX, type TextFile, writeTextFile } from "./textFile.ts";
import { counted, showWindow } from "./window.ts";

/** Unchanged lines shown on either side of a change. */
const CONTEXT_LINES = 8;

/**
 * Takes `removed` lines out after line `after` (0 is the top), puts `added` in their place, and shows the changed part.
 * The caller has checked that the lines exist. A file that would outgrow the editor is left as it was.
 */
export async function change(
  { sandbox, state }: ToolContext,
  { path, file }: { readonly path: string; readonly file: TextFile },
  { after, removed, added }: { after: number; removed: number; added: readonly string[] },
): Promise<ToolResult> {
  const lines = [...file.lines.slice(0, after), ...added, ...file.lines.slice(after + removed)];
  const bytes = lines.reduce((sum, line) => sum + Buffer.byteLength(line) + file.lineEnd.length, 0);
  if (bytes > EDITABLE_BYTES_MAX) {
    return refused(
      `\`${path}\` is unchanged: it would grow over the ${EDITABLE_BYTES_MAX} bytes that the editor takes.`,
      state,
    );
  }
  const problem = await writeTextFile(sandbox, path, { ...file, lines });
  if (problem !== null) return refused(problem, state);
  const firstLine = Math.max(1, Math.min(after + 1, lines.length) - CONTEXT_LINES);
  const lastLine = after + added.length + CONTEXT_LINES;
  return said(
    `${summary(path, after, removed, added.length)}\n${showWindow(path, lines, firstLine, lastLine)}`,
    {
      ...state,
      firstLine,
    },
  );
}

function summary(path: string, after: number, removed: number, added: number): string {
  const place = removed === 1 ? `Line ${after + 1}` : `Lines ${after + 1} to ${after + removed}`;
  if (added === 0) return `${place} of \`${path}\` removed.`;
  if (removed > 0) return `${place} of \`${path}\` replaced by ${counted(added)}. Check the result.`;
  const where = after === 0 ? "at the top" : `after line ${after}`;
  return `${counted(added)} added to \`${path}\` ${where}. Check the result.`;
}
