// Text files that a person wrote, read whole: UTF-8 only, within a size, with a sentence for whatever else lies there.
import { readFile, stat } from "node:fs/promises";
import { errorText, UserError } from "../core/errors.ts";

/** Largest text file of a user: a page is a few thousand bytes, so this is a wrong file. */
export const TEXT_BYTES_MAX = 256 * 1024;

/** Reads a file by path; `what` names it in complaints ("the pipeline file"). Throws a UserError where it cannot be had as text. */
export async function readTextFile(
  path: string,
  what: string,
  bytesMax: number = TEXT_BYTES_MAX,
): Promise<string> {
  try {
    const info = await stat(path);
    if (info.isDirectory()) throw new UserError(`${path}: this is a folder; name ${what} itself`);
    if (!info.isFile()) throw new UserError(`${path}: not a regular file; name ${what} itself`);
    if (info.size > bytesMax) throw tooLarge(path, info.size, bytesMax);
    return decodeText(await readFile(path), path, bytesMax);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`cannot read ${what} ${path}: ${whyNot(error)}`, { cause: error });
  }
}

/** Text of a file's bytes; a byte order mark is taken off. Throws a UserError that names line and column of what is no UTF-8. */
export function decodeText(data: Uint8Array, label: string, bytesMax: number = TEXT_BYTES_MAX): string {
  if (data.byteLength > bytesMax) throw tooLarge(label, data.byteLength, bytesMax);
  const [first, second] = data;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff))
    throw new UserError(`${label}: this is UTF-16 text; save it as UTF-8`);
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(data);
    const nul = text.indexOf("\0");
    if (nul >= 0)
      throw new UserError(`${label}:${placeOf(text.slice(0, nul))}: a zero byte; this is no text file`);
    return text;
  } catch (error) {
    if (error instanceof UserError) throw error;
    const { place, byte } = firstBadByte(data);
    throw new UserError(
      `${label}:${place}: the byte 0x${byte.toString(16)} is not UTF-8 text (Latin-1?); save the file as UTF-8`,
      { cause: error },
    );
  }
}

function tooLarge(label: string, bytes: number, bytesMax: number): UserError {
  return new UserError(
    `${label}: ${bytes} bytes are larger than ${bytesMax} bytes; shorten it, or name another file`,
  );
}

function whyNot(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : null;
  switch (code) {
    case "ENOENT":
      return "there is no such file; check the path";
    case "ENOTDIR":
      return "a part of the path is a file, not a folder; check the path";
    case "EACCES":
    case "EPERM":
      return "you may not read it; change its permissions";
    default:
      return errorText(error);
  }
}

/** Where decoding fails: at the beginning of the character that no more bytes could complete. */
function firstBadByte(data: Uint8Array): { readonly place: string; readonly byte: number } {
  let good = 0;
  let bad = data.byteLength + 1;
  // The longest prefix that decodes as the beginning of a stream, by halving.
  while (good + 1 < bad) {
    const middle = Math.floor((good + bad) / 2);
    if (decodes(data.subarray(0, middle), true)) good = middle;
    else bad = middle;
  }
  // Less the character at its end that was only begun.
  while (good > 0 && !decodes(data.subarray(0, good), false)) good -= 1;
  return { place: placeOf(new TextDecoder().decode(data.subarray(0, good))), byte: data[good] ?? 0 };
}

function decodes(prefix: Uint8Array, isBeginning: boolean): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(prefix, { stream: isBeginning });
    return true;
  } catch {
    return false;
  }
}

function placeOf(before: string): string {
  const lines = before.split("\n");
  return `${lines.length}:${(lines.at(-1)?.length ?? 0) + 1}`;
}
