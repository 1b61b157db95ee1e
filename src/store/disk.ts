// The few file operations that durability rests on, as an interface, so that a disk can be made to fail in tests.
import { constants, open } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout } from "node:timers/promises";

/** A file open for writing at explicit positions. */
export interface DiskFile {
  size(): Promise<number>;
  /** Writes at most the whole of `data`; returns how many bytes really went. */
  write(data: Uint8Array, position: number): Promise<number>;
  /** Resolves when content and size are on the device. */
  datasync(): Promise<void>;
  truncate(bytes: number): Promise<void>;
  close(): Promise<void>;
}

export interface Disk {
  /** Rests between two batches to one file, so that records gather; absent where writing costs nothing. */
  readonly rest?: () => Promise<void>;
  /** Opens a file, made where it is missing; its name is durable when this resolves. */
  open(path: string): Promise<DiskFile>;
}

const REST_MS = 4;

/** 0 on systems without it. */
const O_DSYNC = constants.O_DSYNC ?? 0;

/** The machine's own file system. */
export const realDisk: Disk = {
  rest: () => setTimeout(REST_MS),
  async open(path) {
    // One trip to the thread pool a batch: where O_DSYNC is, a write that has resolved is on the device, size and all.
    const file = await open(path, constants.O_RDWR | constants.O_CREAT | O_DSYNC, 0o644);
    try {
      await syncFolder(dirname(path));
    } catch (error) {
      await file.close();
      throw error;
    }
    return {
      size: async () => (await file.stat()).size,
      write: async (data, position) => (await file.write(data, 0, data.byteLength, position)).bytesWritten,
      datasync: async () => {
        if (O_DSYNC === 0) await file.datasync();
      },
      truncate: async (bytes) => {
        await file.truncate(bytes);
        await file.datasync();
      },
      close: () => file.close(),
    };
  },
};

/** Makes what was created, renamed or removed in a folder durable. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, constants.O_RDONLY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** The `code` of a file-system error, such as ENOENT; null for anything else. */
export function fileErrorCode(error: unknown): string | null {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : null;
}
