// Text files of the sandbox, read and written whole on our side, so that an edit depends on nothing installed there.
import { sha256 } from "../core/hash.ts";
import { FileAccessError, type Sandbox } from "../core/sandbox.ts";

/** Files above this are for the shell (head, tail, sed), not for the editor. */
export const EDITABLE_BYTES_MAX = 2_000_000;
const FINGERPRINT_DIGITS = 16;

export interface TextFile {
  /** Without their line ends. A carriage return stays where only some lines end in one. */
  readonly lines: readonly string[];
  readonly lineEnd: "\n" | "\r\n";
  /** The beginning of the SHA-256 of its bytes. */
  readonly fingerprint: string;
}

/** Why a file cannot be had: what the sandbox said, and the same in words. */
export interface Problem {
  readonly code: FileAccessError["code"] | "notText";
  readonly text: string;
}

/** Reads a file for the editor. */
export async function readTextFile(sandbox: Sandbox, path: string): Promise<TextFile | Problem> {
  try {
    return parseTextFile(path, await sandbox.read(path, EDITABLE_BYTES_MAX));
  } catch (error) {
    if (error instanceof FileAccessError) return problemOf(error, path);
    throw error;
  }
}

/** Writes a file whole, every line ended; returns its new fingerprint. */
export async function writeTextFile(
  sandbox: Sandbox,
  path: string,
  { lines, lineEnd }: Pick<TextFile, "lines" | "lineEnd">,
): Promise<{ readonly fingerprint: string } | Problem> {
  try {
    const data = new TextEncoder().encode(lines.map((line) => line + lineEnd).join(""));
    await sandbox.write(path, data);
    return { fingerprint: fingerprintOf(data) };
  } catch (error) {
    if (error instanceof FileAccessError) return problemOf(error, path);
    throw error;
  }
}

/** The lines of a text that an agent gave as an argument; a last line end adds no line. */
export function argumentLines(text: string): readonly string[] {
  return text === "" ? [] : text.replace(/\n$/, "").split("\n");
}

function parseTextFile(path: string, data: Uint8Array): TextFile | Problem {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data);
  } catch {
    return notText(path, "is not UTF-8 text");
  }
  if (text.includes("\0")) return notText(path, "is a binary file");
  const fingerprint = fingerprintOf(data);
  const lines = argumentLines(text);
  const allReturn = lines.length > 0 && lines.every((line) => line.endsWith("\r"));
  return allReturn
    ? { lines: lines.map((line) => line.slice(0, -1)), lineEnd: "\r\n", fingerprint }
    : { lines, lineEnd: "\n", fingerprint };
}

function fingerprintOf(data: Uint8Array): string {
  return sha256(data).slice(0, FINGERPRINT_DIGITS);
}

function notText(path: string, what: string): Problem {
  const text = `\`${path}\` ${what}, so the editor cannot show or change it. Use a command of the shell.`;
  return { code: "notText", text };
}

function problemOf({ code }: FileAccessError, path: string): Problem {
  switch (code) {
    case "missing":
      return { code, text: `There is no file \`${path}\`.` };
    case "notAFile":
      return { code, text: `\`${path}\` is not a regular file. Use \`ls\` to look into a folder.` };
    case "tooLarge": {
      const large = `\`${path}\` is larger than the ${EDITABLE_BYTES_MAX} bytes that the editor takes.`;
      return { code, text: `${large} Look at parts of it with \`head\`, \`tail\` or \`sed -n\`.` };
    }
    case "denied":
      return { code, text: `\`${path}\` may not be accessed: it is read-only or not yours.` };
    case "full":
      return { code, text: `\`${path}\` was not written: the disk is full. Remove what you no longer need.` };
    default:
      return code satisfies never;
  }
}
