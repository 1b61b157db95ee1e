// The history `closedWindows`: of every file the newest window is shown, and the numbered lines of older ones, which may be out of date, are
// left out. What else stood in those messages stays.
import type { PooledMessage } from "../../core/message.ts";
import { type FileWindow, fileWindows } from "../../tools/fileWindows.ts";
import { messagesAt, originOf, type Part } from "./pool.ts";

/** Windows of a file give way to a note as soon as a later message shows that file again. */
export function closeWindows(pool: readonly PooledMessage[], base: readonly number[]): readonly Part[] {
  const shown = new Set<string>();
  const closed = new Map<number, string>();
  for (const { index, kind, message } of messagesAt(pool, base).toReversed()) {
    if (kind !== "observation" && kind !== "elided") continue;
    const windows = fileWindows(message.content);
    const old = windows.filter(({ path, lineCount }) => lineCount > 0 && shown.has(path));
    // Two windows of one file in one message belong together: what an edit would have made, and what is there.
    for (const { path } of windows) shown.add(path);
    if (old.length > 0) closed.set(index, withoutLines(message.content, old));
  }
  return base.map((index): Part => {
    const pooled = pool[index];
    const content = closed.get(index);
    if (pooled === undefined || content === undefined) return index;
    return { kind: "elided", derivedFrom: originOf(pooled), message: { ...pooled.message, content } };
  });
}

function withoutLines(content: string, windows: readonly FileWindow[]): string {
  const lines: (string | null)[] = content.split("\n");
  for (const { firstIndex, lineCount } of windows) {
    lines.fill(null, firstIndex, firstIndex + lineCount);
    lines[firstIndex] = `[${lineCount} ${lineCount === 1 ? "line" : "lines"} of an older window left out]`;
  }
  return lines.filter((line) => line !== null).join("\n");
}
