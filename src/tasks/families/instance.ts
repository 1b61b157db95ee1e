// Instances of a family in the cache: generated once for each seed, kept as ordinary task folders, and made anew where they were changed.
import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { type GenerateOptions, generateInstance, instanceHash } from "./generateInstance.ts";
import type { Family } from "./loadFamily.ts";

/** Two processes may take turns in finding and replacing a changed instance; this many times, then the last one's error stands. */
const TRIES_MAX = 3;

/** Where the instances of one family's present generator lie: a tasks root for loadTask, under the id `family/seed`. */
export function instancesRoot(family: Family, cacheRoot: string): string {
  return path.join(cacheOf(family, cacheRoot), "instances");
}

/**
 * The instance's folder in the cache, generated where it is not there or no longer as it was generated. Throws a UserError where
 * generate.py fails, takes too long or writes something that is not an instance of its family.
 */
export async function ensureInstance(
  family: Family,
  seed: number,
  options: GenerateOptions,
  signal: AbortSignal,
): Promise<string> {
  const id = `${family.id}/${seed}`;
  const folder = path.join(instancesRoot(family, options.cacheRoot), id);
  const note = `${folder}.sha256`;
  for (let tries = 1; ; tries++) {
    const noted = await readFile(note, "utf8").catch(() => null);
    if (noted !== null && noted === (await hashOrNull(folder, id))) return folder;
    await withScratch(family, options.cacheRoot, async (scratch) => {
      const hash = await generateInstance(family, seed, scratch, options, signal);
      await mkdir(path.dirname(folder), { recursive: true, mode: 0o700 });
      // The note first: a folder that is there has one, and every process writes the same.
      await writeFile(path.join(scratch, "note"), hash);
      await rename(path.join(scratch, "note"), note);
      if ((await hashOrNull(folder, id)) === hash) return;
      await rename(folder, path.join(scratch, "changed")).catch(() => {});
      // Another process may have been quicker with the same bytes.
      await rename(path.join(scratch, id), folder).catch((error: unknown) => {
        if (tries >= TRIES_MAX) throw error;
      });
    });
    if (tries >= TRIES_MAX) return folder;
  }
}

/** Generates an instance again, apart from the cache, and says whether its bytes are those of the first time. */
export async function isRepeatable(
  family: Family,
  seed: number,
  options: GenerateOptions,
  signal: AbortSignal,
): Promise<boolean> {
  const id = `${family.id}/${seed}`;
  const first = await instanceHash(await ensureInstance(family, seed, options, signal), id);
  return withScratch(
    family,
    options.cacheRoot,
    async (scratch) => first === (await generateInstance(family, seed, scratch, options, signal)),
  );
}

/** A folder of this call's own, beside the instances, so that what is finished can be renamed into place. */
async function withScratch<T>(
  family: Family,
  cacheRoot: string,
  work: (scratch: string) => Promise<T>,
): Promise<T> {
  const scratch = path.join(cacheOf(family, cacheRoot), `.${randomUUID()}`, "instances");
  await mkdir(cacheRoot, { recursive: true });
  // Answers lie in here: no other user of this machine, and no sandbox that runs as one, gets in.
  await mkdir(scratch, { recursive: true, mode: 0o700 });
  try {
    return await work(scratch);
  } finally {
    await rm(path.dirname(scratch), { recursive: true, force: true });
  }
}

function cacheOf(family: Family, cacheRoot: string): string {
  return path.join(cacheRoot, "families", family.hash.slice(0, 32));
}

/** Null where the folder cannot be an instance: links, too much of it. */
async function hashOrNull(folder: string, label: string): Promise<string | null> {
  return instanceHash(folder, label).catch(() => null);
}
