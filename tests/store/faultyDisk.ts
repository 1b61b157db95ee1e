// A disk over the real one that fails where a test says so: short writes, errors, and power cuts that lose whatever was not
// synced. It keeps account of what is durable, so that a test can ask at any moment.
import { truncate } from "node:fs/promises";
import type { Prng } from "../../src/core/prng.ts";
import { type Disk, realDisk } from "../../src/store/disk.ts";

export interface FaultyDisk extends Disk {
  /** Bytes of a file that would survive a power cut now. */
  durableBytes(path: string): number;
  /** Operations so far. */
  readonly operationCount: number;
  readonly syncCount: number;
  /**
   * Leaves every file as a power cut may: the durable bytes, and of the rest a random prefix, sometimes followed by
   * zeros up to the size it had.
   */
  cutPower(random: Prng): Promise<void>;
}

export interface Faults {
  /** Called before each operation, counted from 0 over all files: throw to make it fail. */
  readonly before?: (operation: "write" | "datasync" | "truncate", count: number) => void | Promise<void>;
  /** At most this many bytes go with one write. */
  readonly writeBytesMax?: number;
  /** The write that fails still leaves this share of its bytes behind. */
  readonly tornShare?: number;
}

export function faultyDisk(faults: Faults = {}): FaultyDisk {
  const files = new Map<string, { size: number; durable: number }>();
  let operationCount = 0;
  let syncCount = 0;
  return {
    get operationCount() {
      return operationCount;
    },
    get syncCount() {
      return syncCount;
    },
    durableBytes: (path) => files.get(path)?.durable ?? 0,
    async open(path) {
      const file = await realDisk.open(path);
      const size = await file.size();
      const state = { size, durable: size };
      files.set(path, state);
      return {
        size: () => file.size(),
        async write(data, position) {
          try {
            await faults.before?.("write", operationCount++);
          } catch (error) {
            const torn = Math.floor(data.byteLength * (faults.tornShare ?? 0));
            if (torn > 0) await file.write(data.subarray(0, torn), position);
            state.size = Math.max(state.size, position + torn);
            throw error;
          }
          const written = await file.write(
            data.subarray(0, faults.writeBytesMax ?? data.byteLength),
            position,
          );
          state.size = Math.max(state.size, position + written);
          return written;
        },
        async datasync() {
          const { size: written } = state;
          await faults.before?.("datasync", operationCount++);
          await file.datasync();
          syncCount += 1;
          state.durable = written;
        },
        async truncate(bytes) {
          await faults.before?.("truncate", operationCount++);
          await file.truncate(bytes);
          state.size = bytes;
        },
        close: () => file.close(),
      };
    },
    async cutPower(random) {
      for (const [path, { size, durable }] of files) {
        const kept = durable + random.below(size - durable + 1);
        await truncate(path, kept);
        if (random.chance(0.3)) await truncate(path, size);
      }
    },
  };
}

/** An error as the file system raises it. */
export function diskError(code: "ENOSPC" | "EIO"): Error {
  return Object.assign(new Error(`${code}: made by the test`), { code });
}
