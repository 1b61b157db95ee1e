// Checked JSON lines, `<json>\t<crc32 of the json>\n`: greppable, and a torn tail is told from damage in the middle.
import { createReadStream } from "node:fs";
import { crc32 } from "node:zlib";
import type { z } from "zod";
import { errorText, StoreError } from "../core/errors.ts";
import { fileErrorCode } from "./disk.ts";

const TAB = 9;
const NEWLINE = 10;
/** Tab, eight hex digits, newline. */
const SUFFIX_BYTES = 10;
const CHUNK_BYTES = 1_048_576;
/** Longest line that a reader holds in memory; a writer's records are shorter. */
const LINE_BYTES_MAX = 512 * 1_048_576;
/** Bytes that were never written read as zeros, and JSON text holds none: so many in a row are no flipped bit. */
const UNWRITTEN = Buffer.alloc(16);

/** One value as a checked line. */
export function encodeLine(value: unknown): Uint8Array {
  const json = JSON.stringify(value);
  const length = Buffer.byteLength(json);
  const line = Buffer.allocUnsafe(length + SUFFIX_BYTES);
  line.write(json, 0, "utf8");
  line.write(`\t${checksum(line.subarray(0, length))}\n`, length, "latin1");
  return line;
}

/** The JSON text of a checked line without its newline; null when it is not whole. */
export function decodeLine(line: Buffer): string | null {
  const length = line.length - SUFFIX_BYTES + 1;
  if (length < 1 || line[length] !== TAB) return null;
  const json = line.subarray(0, length);
  return line.toString("latin1", length + 1) === checksum(json) ? json.toString("utf8") : null;
}

/** Parses a line's text by its schema. Throws StoreError when a whole line is not what this version writes. */
export function parseLine<T>(path: string, offset: number, text: string, schema: z.ZodType<T>): T {
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    throw new StoreError(
      `${path}: the record at byte ${offset} is whole but of a form that this version does not know ` +
        `(${errorText(error).slice(0, 200)}): it was written by another version of nightshift`,
      { cause: error },
    );
  }
}

export interface LineScan {
  /** Leading bytes that hold whole lines only: the place to go on writing. */
  readonly goodBytes: number;
  /** Bytes of a torn last record behind them; 0 when there is none. Whatever it recorded is owed again. */
  readonly tornBytes: number;
  readonly lineCount: number;
}

/** A whole line: its JSON text, where it starts, and its length in bytes with the newline. */
export type LineVisitor = (text: string, offset: number, bytes: number) => void;

/**
 * Streams a file of checked lines, oldest first; a missing file has none. A record cut off at the end of the file, at any
 * byte, is tolerated and counted as torn. Throws StoreError when a line before the end is damaged, or the last one is
 * and is not merely cut off: it names file, line and byte, and what is still usable.
 */
export async function scanLines(path: string, visit: LineVisitor): Promise<LineScan> {
  let offset = 0;
  let lineCount = 0;
  let goodAfterDamage = 0;
  let damage: { line: number; offset: number; unwritten: boolean } | null = null;

  const takeLine = (line: Buffer) => {
    const text = decodeLine(line);
    if (text === null) {
      const unwritten = line.includes(UNWRITTEN);
      if (damage === null) damage = { line: lineCount + 1, offset, unwritten };
      else if (goodAfterDamage === 0) damage.unwritten ||= unwritten;
    } else if (damage === null) {
      visit(text, offset, line.length + 1);
      lineCount += 1;
    } else {
      goodAfterDamage += 1;
    }
    offset += line.length + 1;
  };

  const rest = await forEachLine(path, takeLine, () => lineCount);
  return endOfScan(path, { offset, lineCount, goodAfterDamage, damage, rest });
}

/** A line that is not whole, where it starts, and its first characters as they stand there. */
export interface DamagedLine {
  readonly line: number;
  readonly offset: number;
  readonly bytes: number;
  readonly start: string;
}

/** Characters of a damaged line that are kept: enough for the kind of record and its key. */
const START_CHARACTERS_MAX = 400;

/**
 * Streams all whole lines of a file that is damaged, oldest first, and tells of those between them that are not. What stands behind the last
 * line end is left out: a torn record.
 */
export async function salvageLines(
  path: string,
  visit: LineVisitor,
  damaged: (line: DamagedLine) => void,
): Promise<void> {
  let offset = 0;
  let line = 0;
  await forEachLine(
    path,
    (bytes) => {
      line += 1;
      const text = decodeLine(bytes);
      if (text === null)
        damaged({
          line,
          offset,
          bytes: bytes.length + 1,
          start: bytes.toString("latin1", 0, START_CHARACTERS_MAX),
        });
      else visit(text, offset, bytes.length + 1);
      offset += bytes.length + 1;
    },
    () => line,
  );
}

/** Hands over each line without its end, and returns what stands behind the last one. */
async function forEachLine(
  path: string,
  takeLine: (line: Buffer) => void,
  lineCount: () => number,
): Promise<Buffer> {
  let carried: Buffer[] = [];
  let carriedBytes = 0;
  let offset = 0;
  for await (const chunk of chunksOf(path)) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      const piece = chunk.subarray(start, end);
      const line = carried.length === 0 ? piece : Buffer.concat([...carried, piece]);
      takeLine(line);
      offset += line.length + 1;
      carried = [];
      carriedBytes = 0;
      start = end + 1;
    }
    if (start < chunk.length) {
      carried.push(chunk.subarray(start));
      carriedBytes += chunk.length - start;
      if (carriedBytes > LINE_BYTES_MAX) {
        throw new StoreError(
          `${path}: more than ${LINE_BYTES_MAX} bytes without a line end from byte ${offset} on: not a file of ours, or ` +
            `damaged; the ${lineCount()} records before are whole`,
        );
      }
    }
  }

  return Buffer.concat(carried);
}

function endOfScan(
  path: string,
  seen: {
    readonly offset: number;
    readonly lineCount: number;
    readonly goodAfterDamage: number;
    readonly damage: { line: number; offset: number; unwritten: boolean } | null;
    readonly rest: Buffer;
  },
): LineScan {
  const { offset, lineCount, goodAfterDamage, damage, rest } = seen;
  const size = offset + rest.length;
  if (damage !== null) {
    const neverWritten = damage.unwritten || rest.includes(UNWRITTEN);
    if (goodAfterDamage > 0 || !neverWritten) throw damaged(path, damage, lineCount, goodAfterDamage);
    return { goodBytes: damage.offset, tornBytes: size - damage.offset, lineCount };
  }
  // A record that was cut off never has more than eight digits behind its tab: one that has lost its line end otherwise. Where the last of
  // its bytes were never written they are zeros, however few: a file's size can outlive its last page.
  const tab = rest.indexOf(TAB);
  const isUnwritten = rest.at(-1) === 0 || rest.includes(UNWRITTEN);
  if (tab !== -1 && rest.length > tab + SUFFIX_BYTES - 1 && !isUnwritten) {
    throw damaged(path, { line: lineCount + 1, offset }, lineCount, 0);
  }
  return { goodBytes: offset, tornBytes: rest.length, lineCount };
}

function damaged(
  path: string,
  at: { readonly line: number; readonly offset: number },
  before: number,
  after: number,
): StoreError {
  return new StoreError(
    `${path}: line ${at.line} (byte ${at.offset}) is damaged. The ${before} records before it are whole, and so are ` +
      `${after} after it. Restore the file from a copy, or let \`nightshift verify\` say what it touches and \`verify --mend\` go on without it; ` +
      `to keep only what stands before: truncate -s ${at.offset} '${path}' (what the rest recorded is then done again)`,
  );
}

async function* chunksOf(path: string): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES })) {
      if (Buffer.isBuffer(chunk)) yield chunk;
    }
  } catch (error) {
    if (fileErrorCode(error) !== "ENOENT") throw error;
  }
}

function checksum(data: Uint8Array): string {
  return crc32(data).toString(16).padStart(8, "0");
}
