// Text files of the sandbox, read and written whole on our side, so that an edit depends on nothing installed there.
import { FileAccessError, type Sandbox } from "../core/sandbox.ts";

/** Files above this are for the shell (head, tail, sed), not for the editor. */
export const EDITABLE_BYTES_MAX = 2_000_000;

export interface TextFile {
  /** Without their line ends. A carriage return stays where only some lines end in one. */
  readonly lines: readonly string[];
  readonly lineEnd: "\n" | "\r\n";
}

/** Reads a file for the editor; a string says in words why it cannot be had. */
export async function readTextFile(sandbox: Sandbox, path: string): Promise<TextFile | string> {
  try {
    return parseTextFile(path, await sandbox.read(path, EDITABLE_BYTES_MAX));
  } catch (error) {
    if (error instanceof FileAccessError) return accessText(error, path);
    throw error;
  }
}

/** Writes a file whole, every line ended; a string says in words why it could not be written. */
export async function writeTextFile(sandbox: Sandbox, path: string, file: TextFile): Promise<string | null> {
  try {
    const text = file.lines.map((line) => line + file.lineEnd).join("");
    await sandbox.write(path, new TextEncoder().encode(text));
    return null;
  } catch (error) {
    if (error instanceof FileAccessError) return accessText(error, path);
    throw error;
  }
}

/** The lines of a text that an agent gave as an argument; a last line end adds no line. */
export function argumentLines(text: string): readonly string[] {
  return text === "" ? [] : text.replace(/\n$/, "").split("\n");
}

function parseTextFile(path: string, data: Uint8Array): TextFile | string {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data);
  } catch {
    return `\`${path}\` is not UTF-8 text, so the editor cannot show or change it. Use a command of the shell.`;
  }
  if (text.includes("\0")) {
    return `\`${path}\` is a binary file, so the editor cannot show or change it. Use a command of the shell.`;
  }
  const lines = argumentLines(text);
  const allReturn = lines.length > 0 && lines.every((line) => line.endsWith("\r"));
  return allReturn
    ? { lines: lines.map((line) => line.slice(0, -1)), lineEnd: "\r\n" }
    : { lines, lineEnd: "\n" };
}

function accessText(error: FileAccessError, path: string): string {
  switch (error.code) {
    case "missing":
      return `There is no file \`${path}\`.`;
    case "notAFile":
      return `\`${path}\` is not a regular file. Use \`ls\` to look into a folder.`;
    case "tooLarge":
      return (
        `\`${path}\` is larger than the ${EDITABLE_BYTES_MAX} bytes that the editor takes. ` +
        "Look at parts of it with `head`, `tail` or `sed -n`."
      );
    case "denied":
      return `\`${path}\` may not be accessed: it is read-only or not yours.`;
    case "full":
      return `\`${path}\` was not written: the disk is full. Remove what you no longer need.`;
    default:
      return error.code satisfies never;
  }
}
