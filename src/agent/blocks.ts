// Finds the fenced blocks of a text (CommonMark 0.31, 4.5: the closing fence is at least as long as the opening one and stands alone), so
// that a longer fence can hold shorter ones. One pass over the lines.

export interface Blocks {
  /** The content of each block, in order, without its fences. */
  readonly blocks: readonly string[];
  readonly outside: string;
  /** The last fence was opened and never closed. */
  readonly open: boolean;
}

/** Fences of three or more backquotes, indented by at most three blanks. */
export function scanBlocks(text: string): Blocks {
  const blocks: string[] = [];
  const outside: string[] = [];
  let fence: string | null = null;
  let block: string[] = [];
  for (const line of text.replaceAll("\r\n", "\n").split("\n")) {
    if (fence === null) {
      fence = /^ {0,3}(`{3,})[^`]*$/.exec(line)?.[1] ?? null;
      if (fence === null) outside.push(line);
    } else if (closes(line, fence)) {
      blocks.push(block.join("\n"));
      block = [];
      fence = null;
    } else {
      block.push(line);
    }
  }
  return { blocks, outside: outside.join("\n"), open: fence !== null };
}

function closes(line: string, fence: string): boolean {
  const run = /^ {0,3}(`{3,})[ \t]*$/.exec(line)?.[1];
  return run !== undefined && run.length >= fence.length;
}

/** A text between fences that are longer than any run of backquotes in it. */
export function fencedText(text: string): string {
  let longest = 2;
  for (const [run] of text.matchAll(/`{3,}/g)) longest = Math.max(longest, run.length);
  const fence = "`".repeat(longest + 1);
  return `${fence}\n${text}\n${fence}`;
}
