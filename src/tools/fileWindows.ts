// Finds the windows of files in an observation: the reader to what window.ts writes. It knows no files.

/** A window as it stands among the lines of a text. */
export interface FileWindow {
  readonly path: string;
  /** Position of its first numbered line among the text's lines. */
  readonly firstIndex: number;
  /** Numbered lines; none where the file is empty. */
  readonly lineCount: number;
}

const HEADER = /^\[([^\n]{1,4096}): \d+ lines?\]$/;
const ABOVE = /^\(\d+ more lines? above\)$/;
const NUMBERED = /^\d+:(?: |$)/;

/** All windows of a text, in order. Linear in it. */
export function fileWindows(text: string): readonly FileWindow[] {
  const lines = text.split("\n");
  const windows: FileWindow[] = [];
  for (let at = 0; at < lines.length; at++) {
    const path = HEADER.exec(lines[at] ?? "")?.[1];
    if (path === undefined) continue;
    const firstIndex = ABOVE.test(lines[at + 1] ?? "") ? at + 2 : at + 1;
    let end = firstIndex;
    while (NUMBERED.test(lines[end] ?? "")) end += 1;
    windows.push({ path, firstIndex, lineCount: end - firstIndex });
    at = Math.max(at, end - 1);
  }
  return windows;
}
