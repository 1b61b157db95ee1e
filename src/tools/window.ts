// The numbered window through which a file is shown: a header with the total, the lines, and what lies above and below.

/** Lines shown at once. */
export const WINDOW_LINES = 100;
/** Lines that two windows share when scrolling. */
export const OVERLAP_LINES = 2;
/** Where a line that was asked for stands in the window. */
const LINES_ABOVE = Math.floor(WINDOW_LINES / 6);
const LINE_CHARACTERS_MAX = 1_000;

/** The first line of a window that begins as near to `firstLine` as the file allows. */
export function clampFirstLine(firstLine: number, lineCount: number): number {
  return Math.max(1, Math.min(firstLine, lineCount - WINDOW_LINES + 1));
}

/** The first line of a window that shows line `line` a few lines below its top. */
export function firstLineFor(line: number, lineCount: number): number {
  return clampFirstLine(line - LINES_ABOVE, lineCount);
}

/** Lines `firstLine` to `lastLine` of a file (1-based, cut to what exists), at most a window of them. */
export function showWindow(
  path: string,
  lines: readonly string[],
  firstLine: number,
  lastLine = firstLine + WINDOW_LINES - 1,
): string {
  if (lines.length === 0) return `[${path}: 0 lines]\n(the file is empty)`;
  const first = Math.max(1, firstLine);
  const last = Math.min(lastLine, first + WINDOW_LINES - 1, lines.length);
  const shown = lines.slice(first - 1, last).map((line, index) => numberedLine(first + index, line));
  return [
    `[${path}: ${counted(lines.length)}]`,
    ...(first > 1 ? [`(${more(first - 1)} above)`] : []),
    ...shown,
    ...(last < lines.length ? [`(${more(lines.length - last)} below)`] : []),
  ].join("\n");
}

/** A number of lines in words. */
export function counted(count: number): string {
  return `${count} ${count === 1 ? "line" : "lines"}`;
}

function more(count: number): string {
  return `${count} more ${count === 1 ? "line" : "lines"}`;
}

/** A line after its number and a colon, cut where it is long. */
export function numberedLine(number: number, line: string): string {
  return `${number}:${showLine(line)}`;
}

function showLine(raw: string): string {
  const line = raw.replace(/\r$/, "");
  if (line === "") return "";
  if (line.length <= LINE_CHARACTERS_MAX) return ` ${line}`;
  // A character beyond the basic plane takes two units: half of one is not shown.
  const shown = line.slice(0, LINE_CHARACTERS_MAX).replace(/[\ud800-\udbff]$/, "");
  return ` ${shown}… (${line.length - shown.length} more characters)`;
}
