// Framed records: magic, payload length, payload crc32, payload. A reader finds its way again after a damaged one.
import { type FileHandle, open } from "node:fs/promises";
import { crc32 } from "node:zlib";
import { fileErrorCode } from "./disk.ts";

const MAGIC = Buffer.from("NSf1", "latin1");
export const FRAME_HEADER_BYTES = 12;
const SEARCH_BYTES = 1_048_576;

/** What stands in a file of frames: a whole frame, a range that is none, or a last frame that was cut off. */
export type FrameScan =
  | { readonly kind: "frame"; readonly offset: number; readonly length: number; readonly payload: Buffer }
  | { readonly kind: "damaged"; readonly offset: number; readonly length: number }
  | { readonly kind: "torn"; readonly offset: number; readonly length: number };

/** The frame around a payload. */
export function encodeFrame(payload: Uint8Array): Buffer {
  const header = Buffer.alloc(FRAME_HEADER_BYTES);
  MAGIC.copy(header);
  header.writeUInt32LE(payload.byteLength, 4);
  header.writeUInt32LE(crc32(payload), 8);
  return Buffer.concat([header, payload]);
}

/** The payload of the frame that fills `frame` exactly; null when it is not whole. */
export function decodeFrame(frame: Buffer): Buffer | null {
  if (frame.length < FRAME_HEADER_BYTES || !frame.subarray(0, 4).equals(MAGIC)) return null;
  const payload = frame.subarray(FRAME_HEADER_BYTES);
  return frame.readUInt32LE(4) === payload.length && frame.readUInt32LE(8) === crc32(payload)
    ? payload
    : null;
}

/** All that stands in a file from a byte on, in order, as far as it reached when the scan began. A missing file is empty. */
export async function* scanFrames(path: string, from: number): AsyncGenerator<FrameScan> {
  let file: FileHandle;
  try {
    file = await open(path);
  } catch (error) {
    if (fileErrorCode(error) === "ENOENT") return;
    throw error;
  }
  try {
    const { size } = await file.stat();
    let offset = from;
    while (offset < size) {
      const payload = await payloadAt(file, offset, size);
      if (payload !== null) {
        const length = FRAME_HEADER_BYTES + payload.length;
        yield { kind: "frame", offset, length, payload };
        offset += length;
        continue;
      }
      const next = await findFrame(file, offset + 1, size);
      const length = (next ?? size) - offset;
      const cutOff = next === null && (await isCutOff(file, offset, size));
      yield { kind: cutOff ? "torn" : "damaged", offset, length };
      offset += length;
    }
  } finally {
    await file.close();
  }
}

async function readAt(file: FileHandle, offset: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(buffer, filled, length - filled, offset + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

async function payloadAt(file: FileHandle, offset: number, size: number): Promise<Buffer | null> {
  const header = await readAt(file, offset, Math.min(FRAME_HEADER_BYTES, size - offset));
  if (header.length < FRAME_HEADER_BYTES || !header.subarray(0, 4).equals(MAGIC)) return null;
  const length = header.readUInt32LE(4);
  if (offset + FRAME_HEADER_BYTES + length > size) return null;
  const payload = await readAt(file, offset + FRAME_HEADER_BYTES, length);
  return payload.length === length && crc32(payload) === header.readUInt32LE(8) ? payload : null;
}

/** Offset of the next whole frame at or after a byte; null when there is none. */
async function findFrame(file: FileHandle, from: number, size: number): Promise<number | null> {
  for (let start = from; start < size; start += SEARCH_BYTES) {
    // Three bytes more, for a magic that lies across the seam.
    const window = await readAt(file, start, Math.min(SEARCH_BYTES + MAGIC.length - 1, size - start));
    for (let at = window.indexOf(MAGIC); at !== -1; at = window.indexOf(MAGIC, at + 1)) {
      if ((await payloadAt(file, start + at, size)) !== null) return start + at;
    }
  }
  return null;
}

/** Whether the bytes up to the end are the beginning of a frame, or were never written (zeros). */
async function isCutOff(file: FileHandle, offset: number, size: number): Promise<boolean> {
  const header = await readAt(file, offset, Math.min(FRAME_HEADER_BYTES, size - offset));
  const magic = header.subarray(0, MAGIC.length);
  if (magic.equals(MAGIC.subarray(0, magic.length))) {
    if (header.length < FRAME_HEADER_BYTES) return true;
    if (offset + FRAME_HEADER_BYTES + header.readUInt32LE(4) > size) return true;
  }
  for (let start = offset; start < size; start += SEARCH_BYTES) {
    const window = await readAt(file, start, Math.min(SEARCH_BYTES, size - start));
    if (window.some((byte) => byte !== 0)) return false;
  }
  return true;
}
