// Slots of the process backend: a number, a folder and a spare pair of user ids for each living sandbox, never shared.
import { readFileSync } from "node:fs";

/** More than any machine can run at once; reaching it is an error, not a wait. */
export const SLOTS_MAX = 1024;

/** Spare ids start here: far above what systems, containers and directories hand out. */
const UID_FIRST = 2 ** 29;
/** Orchestrators alive at once on one machine get ranges of their own, by process id. */
const PROCESS_RANGES = 2 ** 20;
/** Where the wide range does not exist (inside a user namespace), one range below 65,536 is shared. */
const UID_NARROW_FIRST = 30_000;

export interface Slot {
  readonly index: number;
  /** The sandbox's user; its supervisor's own is the next one. Null where this process may not change users. */
  readonly uid: number | null;
}

export interface Slots {
  take(): Slot;
  free(slot: Slot): void;
}

/** Hands out slots; the lowest free one first, so that few folders and ids are in use. */
export function slots(firstUid: number | null): Slots {
  const taken = new Set<number>();
  return {
    take() {
      for (let index = 0; index < SLOTS_MAX; index += 1) {
        if (taken.has(index)) continue;
        taken.add(index);
        return { index, uid: firstUid === null ? null : firstUid + 2 * index };
      }
      throw new RangeError(`more than ${SLOTS_MAX} process sandboxes at once`);
    },
    free(slot) {
      taken.delete(slot.index);
    },
  };
}

/** The first spare uid of this process; null where it is not root or the kernel maps too few ids. */
export function firstSpareUid(): number | null {
  if (process.getuid?.() !== 0) return null;
  const first = UID_FIRST + (process.pid % PROCESS_RANGES) * SLOTS_MAX * 2;
  if (mapped(first + SLOTS_MAX * 2)) return first;
  return mapped(UID_NARROW_FIRST + SLOTS_MAX * 2) ? UID_NARROW_FIRST : null;
}

function mapped(uid: number): boolean {
  const ranges = readFileSync("/proc/self/uid_map", "utf8").trim().split("\n");
  return ranges.some((line) => {
    const [inside, , length] = line.trim().split(/\s+/).map(Number);
    return inside !== undefined && length !== undefined && uid >= inside && uid < inside + length;
  });
}
