// Folders of one orchestrator process under a shared root, each with the name of its owner, so that a later start can
// tell leftovers from what is in use.
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ownerLabel, ownerLives } from "./owner.ts";

const PREFIX = "ns-";
const OWNER_FILE = "owner";

/** A new folder under `root` that belongs to this process. Its path has the same length every time. */
export async function claimFolder(root: string): Promise<string> {
  await mkdir(root, { recursive: true });
  const folder = await mkdtemp(join(root, PREFIX));
  await chmod(folder, 0o711);
  await writeFile(join(folder, OWNER_FILE), await ownerLabel());
  return folder;
}

/** Removes the folders whose owner is gone; returns how many. */
export async function sweepFolders(root: string): Promise<number> {
  const names = await readdir(root).catch(() => []);
  let count = 0;
  for (const name of names) {
    if (!name.startsWith(PREFIX)) continue;
    const folder = join(root, name);
    const owner = await readFile(join(folder, OWNER_FILE), "utf8").catch(() => null);
    // Without an owner's name it is either being made at this moment or not ours.
    if (owner === null || (await ownerLives(owner))) continue;
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    count += 1;
  }
  return count;
}
