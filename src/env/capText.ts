// Makes what a sandbox printed fit for a model: no terminal codes, no control characters, bounded head and tail.

/** Bytes set aside for the line that says how much was left out. */
const MARK_BYTES = 64;

/**
 * Text without terminal sequences and control characters. A line that was overwritten by carriage returns (a progress
 * bar) keeps its last state; other control characters are written out as \xNN, so that none is lost unseen.
 */
export function plainText(text: string): string {
  return withoutSequences(text)
    .replaceAll("\r\n", "\n")
    .split("\n")
    .map(lastState)
    .join("\n")
    .replaceAll(/\p{Cc}/gu, writtenOut);
}

/**
 * At most `bytesMax` bytes of UTF-8 (at least 128 are needed): the text itself, or half of it from the head and half
 * from the tail, cut between characters, with a line between them that says how many bytes were left out.
 */
export function capText(text: string, bytesMax: number): string {
  const bytes = Buffer.from(text, "utf8");
  if (bytes.length <= bytesMax) return text;
  const half = Math.floor((bytesMax - MARK_BYTES) / 2);
  const headEnd = characterStart(bytes, half, -1);
  const tailStart = characterStart(bytes, bytes.length - half, 1);
  const mark = `\n[... ${tailStart - headEnd} bytes left out ...]\n`;
  return bytes.toString("utf8", 0, headEnd) + mark + bytes.toString("utf8", tailStart);
}

/** Without the sequences that an escape character opens (ECMA-48): colours, cursor moves, titles, character sets. */
function withoutSequences(text: string): string {
  const [first = "", ...pieces] = text.split("\u001b");
  return first + pieces.map((piece, index) => afterSequence(piece, pieces[index + 1])).join("");
}

/** What follows the sequence at the start of a piece; the next piece may hold the end of it. */
function afterSequence(piece: string, next: string | undefined): string {
  if (!piece.startsWith("]"))
    return piece.replace(/^(?:\[[0-?]{0,64}[ -/]{0,8}[@-~]|[()][0-9A-Z]|[0-?@-Z\\^_=>])/, "");
  const bell = piece.indexOf("\u0007");
  if (bell >= 0) return piece.slice(bell + 1);
  return next?.startsWith("\\") ? "" : piece;
}

function writtenOut(char: string): string {
  return char === "\n" || char === "\t" ? char : `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`;
}

function lastState(line: string): string {
  if (!line.includes("\r")) return line;
  return line.split("\r").findLast((part) => part !== "") ?? "";
}

/** The nearest start of a character from `at`, going by `by`. */
function characterStart(bytes: Buffer, at: number, by: 1 | -1): number {
  let index = at;
  while (index > 0 && index < bytes.length && ((bytes[index] ?? 0) & 0xc0) === 0x80) index += by;
  return index;
}
