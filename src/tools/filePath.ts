// How a path that the agent wrote becomes one that the sandbox understands. It looks at no disk.
import { posix } from "node:path";
import type { EditorState } from "../core/tool.ts";

/**
 * A path as the agent wrote it, from the shell's directory, as a clean path relative to the workspace or absolute.
 * Null when it climbs out of the workspace by `..`, where only an absolute path says what is meant.
 */
export function resolvePath(state: Pick<EditorState, "cwd">, written: string): string | null {
  const path = posix.normalize(posix.isAbsolute(written) ? written : posix.join(state.cwd, written));
  return path === ".." || path.startsWith("../") ? null : path.replace(/(?<=.)\/$/, "");
}

/** What to say when `resolvePath` has no answer. */
export function outsideText(written: string): string {
  return `\`${written}\` lies above the working folder. Give an absolute path if you mean a file outside it.`;
}
