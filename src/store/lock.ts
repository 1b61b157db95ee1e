// One writer for each run directory. Locks are numbered files in a folder and the highest counts: a lock is never removed
// to be taken, so that two who find its owner dead at the same moment cannot both succeed.
import { mkdir, readdir, readFile, rename, unlink } from "node:fs/promises";
import { join } from "node:path";
import { StoreError, UserError } from "../core/errors.ts";
import { fileErrorCode } from "./disk.ts";
import { isAlive, ownIdentity, type ProcessIdentity, processIdentitySchema } from "./processIdentity.ts";
import { createJson } from "./writeJson.ts";

/** Tries to take the lock before giving up: each lost one means that another process made progress. */
const TRIES_MAX = 20;

/** `000007.json` names its owner; renamed to `000007.released.json` it is free, which needs no room on a full disk. */
const NAME = /^(\d{6,12})(\.released)?\.json$/;

interface LockFile {
  readonly name: string;
  readonly number: number;
  readonly released: boolean;
}

export interface Lock {
  /** Gives the lock back. A process that dies without it has given it back too. */
  release(): Promise<void>;
}

/**
 * Takes the lock kept in `folder`. Throws UserError naming process and host while its owner lives. An owner that was
 * killed, or whose machine has started again since, has lost it.
 */
export async function takeLock(folder: string): Promise<Lock> {
  await mkdir(folder, { recursive: true });
  const own = await ownIdentity();
  for (let attempt = 0; attempt < TRIES_MAX; attempt++) {
    const files = await lockFiles(folder);
    const owner = await ownerOf(folder, files);
    // Gone between the two looks: a higher one has taken its place.
    if (owner === "gone") continue;
    if (owner !== null) {
      throw new UserError(
        `the run is in use by process ${owner.pid} on ${owner.host}. Wait for it or stop it; ` +
          `if that process is gone for good, delete ${folder}`,
      );
    }
    const number = (files.at(-1)?.number ?? 0) + 1;
    const name = `${String(number).padStart(6, "0")}.json`;
    try {
      await createJson(join(folder, name), own);
    } catch (error) {
      if (fileErrorCode(error) === "EEXIST") continue;
      throw error;
    }
    const others = (await lockFiles(folder)).filter((file) => file.name !== name);
    if (others.some((file) => file.number >= number)) {
      // Made from an old look at the folder, below a lock that was taken, and perhaps released, since.
      await unlink(join(folder, name)).catch(() => undefined);
      continue;
    }
    for (const old of others) await unlink(join(folder, old.name)).catch(() => undefined);
    return {
      release: () => rename(join(folder, name), join(folder, name.replace(/\.json$/, ".released.json"))),
    };
  }
  throw new UserError(`${folder}: other processes keep taking the run's lock; try again`);
}

/** The living process that holds the lock; null when nobody does. Never writes. */
export async function lockOwner(folder: string): Promise<ProcessIdentity | null> {
  for (let attempt = 0; attempt < TRIES_MAX; attempt++) {
    const owner = await ownerOf(folder, await lockFiles(folder));
    if (owner !== "gone") return owner;
  }
  return null;
}

/** Lock files by rising number; of two with one number the released one first. */
async function lockFiles(folder: string): Promise<readonly LockFile[]> {
  let names: readonly string[] = [];
  try {
    names = await readdir(folder);
  } catch (error) {
    if (fileErrorCode(error) !== "ENOENT") throw error;
  }
  return names
    .flatMap((name) => {
      const [, digits, released] = NAME.exec(name) ?? [];
      return digits === undefined ? [] : [{ name, number: Number(digits), released: released !== undefined }];
    })
    .sort((a, b) => a.number - b.number || Number(b.released) - Number(a.released));
}

async function ownerOf(folder: string, files: readonly LockFile[]): Promise<ProcessIdentity | null | "gone"> {
  const last = files.at(-1);
  if (last === undefined || last.released) return null;
  const path = join(folder, last.name);
  try {
    const owner = processIdentitySchema.parse(JSON.parse(await readFile(path, "utf8")));
    return (await isAlive(owner)) ? owner : null;
  } catch (error) {
    if (fileErrorCode(error) === "ENOENT") return "gone";
    throw new StoreError(`${path} is no lock of ours. If no process uses the run, delete ${folder}`, {
      cause: error,
    });
  }
}
