// Builds a folder under a temporary name and puts it in place of the old one as a whole. After a crash at any moment the
// old or the new folder is there complete, never a mixture; `recoverFolder` finishes what a crash left open.
import { mkdir, open, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** The names a folder goes by while it is replaced, all beside it. */
export interface FolderNames {
  /** Being built: worthless after a crash. */
  readonly building: string;
  /** Complete, waiting to take the place. */
  readonly complete: string;
  /** The old one, on its way out. */
  readonly old: string;
}

export function folderNames(dir: string): FolderNames {
  const name = (state: string) => join(dirname(dir), `.${basename(dir)}.${state}`);
  return { building: name("building"), complete: name("complete"), old: name("old") };
}

/**
 * Calls `build` with an empty folder and, when it resolves, puts that folder in the place of `dir`.
 * Contract: one writer of a folder at a time; everything in the folder is on the disk when `build` resolves.
 */
export async function replaceFolder<T>(dir: string, build: (folder: string) => Promise<T>): Promise<T> {
  const names = folderNames(dir);
  await settleFolder(dir, names);
  await mkdir(names.building, { recursive: true });
  let result: T;
  try {
    result = await build(names.building);
  } catch (error) {
    await rm(names.building, { recursive: true, force: true });
    throw error;
  }
  await rename(names.building, names.complete);
  await syncFolder(dirname(dir));
  await takePlace(dir, names);
  return result;
}

/**
 * For readers: a crash between two renames leaves the place empty with a complete folder beside it; this puts that one
 * there. Does nothing where a folder is in its place.
 */
export async function recoverFolder(dir: string): Promise<void> {
  if (await exists(dir)) return;
  const names = folderNames(dir);
  for (const candidate of [names.complete, names.old]) {
    if (await exists(candidate)) return renameUnlessDone(candidate, dir);
  }
}

/** For the writer: finishes what a crash left open and removes what it left unfinished. */
async function settleFolder(dir: string, names: FolderNames): Promise<void> {
  if (await exists(names.complete)) await takePlace(dir, names);
  await recoverFolder(dir);
  await rm(names.old, { recursive: true, force: true });
  await rm(names.building, { recursive: true, force: true });
}

/** Makes the names in a folder durable. */
export async function syncFolder(dir: string): Promise<void> {
  const folder = await open(dir, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function takePlace(dir: string, names: FolderNames): Promise<void> {
  if (await exists(dir)) {
    await rm(names.old, { recursive: true, force: true });
    await rename(dir, names.old);
  }
  await renameUnlessDone(names.complete, dir);
  await syncFolder(dirname(dir));
  await rm(names.old, { recursive: true, force: true });
}

/** A reader that found the place empty may have been faster. */
async function renameUnlessDone(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if ((await exists(from)) || !(await exists(to))) throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch {
    return false;
  }
}
