// How many rollouts this process can hold open at once: each keeps a few descriptors (its sandbox's streams, a connection to its model), and
// where they run out everything fails at the same time. So the rest waits.
import { readFile } from "node:fs/promises";

/** Of the process itself: journals, workers, its terminal, files that are open for a moment. */
const FILES_BASE = 64;
/** Of one rollout: its supervisor's streams, while one of another is on its way out, and a connection to a model. */
const FILES_PER_ROLLOUT = 6;
/** Of one evaluation: two rooms and the streams between them. */
const FILES_PER_EVALUATION = 12;

/** A limit of this process by its name in /proc; no limit where there is none, or no /proc. */
export async function processLimit(name: string): Promise<number> {
  const text = await readFile("/proc/self/limits", "utf8").catch(() => "");
  const value = new RegExp(`^${name}\\s+(\\S+)`, "m").exec(text)?.[1];
  return value === undefined || value === "unlimited" ? Number.POSITIVE_INFINITY : Number(value);
}

/** Rollouts at a time for which so many open files are enough; at least one. */
export function rolloutsWithin(filesMax: number, evaluations: number): number {
  const left = filesMax - FILES_BASE - evaluations * FILES_PER_EVALUATION;
  return Math.max(1, Math.floor(left / FILES_PER_ROLLOUT));
}
