// The two plain endings of a tool that ran no command: it said something, or it refused and says why.
import type { EditorState, ToolResult } from "../core/tool.ts";

type TextResult = Extract<ToolResult, { kind: "text" }>;

/** The tool did what was asked; `state` is the editor's memory from here on. */
export function said(text: string, state: EditorState): TextResult {
  return { kind: "text", text, state, ok: true, exitCode: null, timedOut: false, oomKilled: false, cpuMs: 0 };
}

/** The tool did nothing: `text` tells the agent why and what to do instead. */
export function refused(text: string, state: EditorState): TextResult {
  return { ...said(text, state), ok: false };
}
