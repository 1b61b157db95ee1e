// The disk of one simulated process: what is written waits in memory until it is synced, and a crash at a chosen operation leaves of the rest
// what a kill or a power cut may leave.
import { closeSync, constants, fstatSync, ftruncateSync, mkdirSync, openSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import type { Prng } from "../../src/core/prng.ts";
import type { Clock } from "../../src/core/runtime.ts";
import type { Disk } from "../../src/store/disk.ts";
import { type Life, never } from "./timeline.ts";

export interface CuttableDisk extends Disk {
  /** Writes, syncs and truncations so far. */
  readonly operations: number;
  /** Leaves every file as a dead process leaves it, and lets go of them. `power`: what was not synced may be gone, or zeros. */
  cut(kind: "kill" | "power"): void;
}

interface OpenFile {
  readonly descriptor: number;
  unsynced: { readonly data: Uint8Array; readonly position: number }[];
  size: number;
}

const SYNC_MS_MAX = 6;
/** As the real disk rests. */
const REST_MS = 4;

/** `reached` hears of every operation before it is done; where it leaves the process dead, the operation is cut in the middle. */
export function cuttableDisk(of: {
  readonly clock: Clock;
  readonly life: Life;
  readonly draw: Prng;
  readonly reached: (operation: number) => void;
}): CuttableDisk {
  const { clock, life, draw, reached } = of;
  const files = new Set<OpenFile>();
  let operations = 0;

  const flush = (file: OpenFile) => {
    for (const { data, position } of file.unsynced)
      writeSync(file.descriptor, data, 0, data.length, position);
    file.unsynced = [];
  };
  const isCut = () => {
    if (!life.dead) reached(operations++);
    return life.dead;
  };

  return {
    get operations() {
      return operations;
    },
    cut(kind) {
      for (const file of files) {
        const durable = fstatSync(file.descriptor).size;
        const isWhole = kind === "kill";
        if (isWhole) flush(file);
        else {
          const bytes = Buffer.concat(file.unsynced.map(({ data }) => data));
          const kept = draw.below(bytes.length + 1);
          if (kept > 0) writeSync(file.descriptor, bytes, 0, kept, durable);
          if (draw.chance(0.3)) ftruncateSync(file.descriptor, durable + bytes.length);
        }
        closeSync(file.descriptor);
      }
      files.clear();
    },
    rest: () => clock.sleep(REST_MS),
    async open(path) {
      if (life.dead) return never();
      mkdirSync(dirname(path), { recursive: true });
      const descriptor = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o644);
      const file: OpenFile = { descriptor, unsynced: [], size: fstatSync(descriptor).size };
      files.add(file);
      return {
        size: async () => file.size,
        async write(data, position) {
          if (life.dead) return never();
          // Some of it may be gone to the file before the process is.
          file.unsynced.push({
            data: Buffer.from(data.subarray(0, draw.below(data.byteLength + 1))),
            position,
          });
          if (isCut()) return never();
          file.unsynced.pop();
          file.unsynced.push({ data: Buffer.from(data), position });
          file.size = Math.max(file.size, position + data.byteLength);
          return data.byteLength;
        },
        async datasync() {
          if (isCut()) return never();
          await clock.sleep(draw.next() * SYNC_MS_MAX);
          if (life.dead) return never();
          flush(file);
        },
        async truncate(bytes) {
          if (isCut()) return never();
          file.unsynced = [];
          file.size = bytes;
          ftruncateSync(descriptor, bytes);
        },
        async close() {
          if (life.dead || !files.delete(file)) return;
          flush(file);
          closeSync(descriptor);
        },
      };
    },
  };
}
