// Answers of the web kept on disk, by what was asked: rollouts of one group ask the same, and a service should hear it once.
// A cache that cannot be read or written is an empty one: nothing fails for it.
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { hashOf } from "../core/hash.ts";
import type { Clock } from "../core/runtime.ts";

export interface DiskCache {
  /** What was kept under the key and is not too old; null where there is nothing. */
  get(key: unknown): Promise<unknown>;
  put(key: unknown, value: unknown): Promise<void>;
}

export interface DiskCacheOptions {
  readonly folder: string;
  readonly ageMsMax: number;
  readonly entriesMax: number;
  /** Larger values are not kept. */
  readonly entryBytesMax: number;
  readonly clock: Pick<Clock, "now">;
}

const entrySchema = z.strictObject({ savedAtMs: z.number(), value: z.unknown() });

/** A cache in a folder that is made with its first entry; beyond `entriesMax` the oldest ones go. */
export function diskCache(options: DiskCacheOptions): DiskCache {
  const { folder, ageMsMax, entriesMax, entryBytesMax, clock } = options;
  let written = 0;
  const fileOf = (key: unknown) => path.join(folder, `${hashOf("web", key)}.json`);
  return {
    async get(key) {
      if (ageMsMax <= 0) return null;
      try {
        const entry = entrySchema.parse(JSON.parse(await readFile(fileOf(key), "utf8")));
        const ageMs = clock.now() - entry.savedAtMs;
        return ageMs >= 0 && ageMs <= ageMsMax ? entry.value : null;
      } catch {
        return null;
      }
    },
    async put(key, value) {
      const text = JSON.stringify({ savedAtMs: clock.now(), value });
      if (ageMsMax <= 0 || Buffer.byteLength(text) > entryBytesMax) return;
      const file = fileOf(key);
      const draft = `${file}.${process.pid}-${written++}.draft`;
      try {
        await mkdir(folder, { recursive: true });
        await writeFile(draft, text);
        await rename(draft, file);
        await removeOldest(folder, entriesMax);
      } catch {
        await rm(draft, { force: true }).catch(() => {});
      }
    },
  };
}

async function removeOldest(folder: string, entriesMax: number): Promise<void> {
  const names = await readdir(folder);
  if (names.length <= entriesMax) return;
  const timed = await Promise.all(
    names.map(async (name) => {
      const file = path.join(folder, name);
      // One that another process has just removed counts as the oldest.
      return { file, ms: (await stat(file).catch(() => null))?.mtimeMs ?? 0 };
    }),
  );
  timed.sort((a, b) => a.ms - b.ms);
  for (const { file } of timed.slice(0, names.length - entriesMax)) await rm(file, { force: true });
}
