// Folders of one orchestrator process under a shared root, each with the name of its owner, so that a later start can
// tell leftovers from what is in use.
import { chmod, mkdir, mkdtemp, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { SweepOptions } from "../core/sandbox.ts";
import { removeCgroups } from "./cgroupFiles.ts";
import { ownerLabel, ownerLives } from "./owner.ts";
import { removeTree } from "./removeTree.ts";

const PREFIX = "ns-";
const OWNER_FILE = "owner";
/** Cgroups of this owner, one path a line: they are no files of ours, and outlive their maker. */
const CGROUPS_FILE = "cgroups";

/** A new folder under `root` that belongs to this process. Its path has the same length every time. */
export async function claimFolder(root: string): Promise<string> {
  await mkdir(root, { recursive: true });
  const folder = await mkdtemp(join(root, PREFIX));
  await chmod(folder, 0o711);
  await writeFile(join(folder, OWNER_FILE), await ownerLabel());
  return folder;
}

/** Notes cgroups in the owner's folder, before they are made, so that they can be found again. */
export async function noteCgroups(folder: string, paths: readonly string[]): Promise<void> {
  await writeFile(join(folder, CGROUPS_FILE), paths.map((path) => `${path}\n`).join(""));
}

/** Removes a folder of this process with everything in it. */
export async function releaseFolder(folder: string): Promise<void> {
  await removeTree(folder);
}

/** Removes the folders whose owner is gone, and its cgroups; returns how many folders. */
export async function sweepFolders(
  root: string,
  options: Pick<SweepOptions, "dryRun" | "found"> = {},
): Promise<number> {
  const names = await readdir(root).catch(() => []);
  let count = 0;
  for (const name of names) {
    if (!name.startsWith(PREFIX)) continue;
    const folder = join(root, name);
    // Another user's folder is not ours to act upon, whatever it says.
    const info = await stat(folder).catch(() => null);
    if (info === null || info.uid !== process.getuid?.()) continue;
    const owner = await readFile(join(folder, OWNER_FILE), "utf8").catch(() => null);
    // Without an owner's name it is either being made at this moment or not ours.
    if (owner === null || (await ownerLives(owner))) continue;
    options.found?.(`scratch folder ${folder}`);
    count += 1;
    if (options.dryRun) continue;
    const noted = await readFile(join(folder, CGROUPS_FILE), "utf8").catch(() => "");
    await removeCgroups(noted.split("\n").filter((path) => path !== ""));
    await releaseFolder(folder);
  }
  return count;
}
