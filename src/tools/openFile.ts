// The editor's open file as it is now: what `scroll`, `edit` and `insert` begin with.
import type { ToolContext } from "../core/tool.ts";
import { readTextFile, type TextFile } from "./textFile.ts";

/** The open file, read again; a string says in words why there is none to work on. */
export async function readOpenFile({
  sandbox,
  state,
}: ToolContext): Promise<{ readonly path: string; readonly file: TextFile } | string> {
  if (state.openFile === null) return "No file is open. Use `open <path>` first.";
  const file = await readTextFile(sandbox, state.openFile);
  return typeof file === "string" ? file : { path: state.openFile, file };
}
