// Zip files, as npz files are: just enough to take one apart and to put a forged one together.
import { crc32, inflateRawSync } from "node:zlib";

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const LOCAL_BYTES = 30;
const CENTRAL_BYTES = 46;
const END_BYTES = 22;
const VERSION = 20;
const DEFLATED = 8;
const ENTRY_BYTES_MAX = 1 << 28;

export interface ZipEntry {
  readonly name: string;
  readonly data: Uint8Array;
  /** Deflated bytes to store as they are, and how many they claim to unpack to, in place of `data`. */
  readonly packed?: { readonly data: Uint8Array; readonly bytes: number };
}

/** The entries of a zip file of our own making (the starter's); none where it is not one. */
export function zipEntries(data: Uint8Array): readonly ZipEntry[] {
  const file = Buffer.from(data);
  const entries: ZipEntry[] = [];
  const end = file.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6]));
  if (end < 0) return entries;
  let at = file.readUInt32LE(end + 16);
  for (let left = file.readUInt16LE(end + 10); left > 0 && file.readUInt32LE(at) === CENTRAL; left--) {
    const isDeflated = file.readUInt16LE(at + 10) === DEFLATED;
    const packedBytes = file.readUInt32LE(at + 20);
    const nameBytes = file.readUInt16LE(at + 28);
    const local = file.readUInt32LE(at + 42);
    const start = local + LOCAL_BYTES + file.readUInt16LE(local + 26) + file.readUInt16LE(local + 28);
    const packed = file.subarray(start, start + packedBytes);
    entries.push({
      name: file.toString("utf8", at + CENTRAL_BYTES, at + CENTRAL_BYTES + nameBytes),
      data: isDeflated ? inflateRawSync(packed, { maxOutputLength: ENTRY_BYTES_MAX }) : packed,
    });
    at += CENTRAL_BYTES + nameBytes + file.readUInt16LE(at + 30) + file.readUInt16LE(at + 32);
  }
  return entries;
}

/** A zip file of these entries, in this order, repeated names and all. */
export function zipOf(entries: readonly ZipEntry[]): Uint8Array {
  const bodies: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const { name, data, packed } of entries) {
    const stored = packed?.data ?? data;
    const nameBytes = Buffer.from(name);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(VERSION, 0);
    common.writeUInt16LE(packed === undefined ? 0 : DEFLATED, 4);
    common.writeUInt32LE(crc32(data), 10);
    common.writeUInt32LE(stored.byteLength, 14);
    common.writeUInt32LE(packed?.bytes ?? data.byteLength, 18);
    common.writeUInt16LE(nameBytes.byteLength, 22);
    const local = Buffer.concat([uint32(LOCAL), common, nameBytes, stored]);
    const central = Buffer.alloc(CENTRAL_BYTES);
    central.writeUInt32LE(CENTRAL, 0);
    central.writeUInt16LE(VERSION, 4);
    common.copy(central, 6);
    central.writeUInt32LE(offset, 42);
    bodies.push(local);
    directory.push(central, nameBytes);
    offset += local.byteLength;
  }
  const list = Buffer.concat(directory);
  const end = Buffer.alloc(END_BYTES);
  end.writeUInt32LE(END, 0);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(list.byteLength, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...bodies, list, end]);
}

function uint32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
