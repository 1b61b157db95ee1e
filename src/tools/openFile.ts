// The editor's open file as it is now: what `goto`, `scroll`, `edit` and `insert` begin with.
import type { EditorState, ToolContext } from "../core/tool.ts";
import { readTextFile, type TextFile } from "./textFile.ts";
import { showWindow } from "./window.ts";

export interface OpenFile {
  readonly path: string;
  readonly file: TextFile;
}

/** Why nothing can be done with the open file, and the editor's memory after saying so. */
export interface Obstacle {
  readonly text: string;
  readonly state: EditorState;
}

/** The open file, read again. */
export async function readOpenFile({ sandbox, state }: ToolContext): Promise<OpenFile | Obstacle> {
  if (state.openFile === null) return { text: "No file is open. Use `open <path>` first.", state };
  const file = await readTextFile(sandbox, state.openFile);
  return "code" in file ? { text: file.text, state } : { path: state.openFile, file };
}

/** The same for a change near line `line`, whose number means something only while the file is as the agent saw it last. */
export async function readForChange(context: ToolContext, line: number): Promise<OpenFile | Obstacle> {
  const open = await readOpenFile(context);
  const { state } = context;
  if (!("file" in open) || state.shown === undefined || state.shown === open.file.fingerprint) return open;
  const { path, file } = open;
  const firstLine = Math.max(1, Math.min(line, file.lines.length) - LINES_AROUND);
  const now = showWindow(path, file.lines, firstLine, firstLine + 2 * LINES_AROUND);
  return {
    text: `Nothing was changed: \`${path}\` is not as you saw it last, so line numbers may have moved. This is how it is now; look, then edit.\n${now}`,
    state: { ...state, firstLine, shown: file.fingerprint },
  };
}

const LINES_AROUND = 20;
