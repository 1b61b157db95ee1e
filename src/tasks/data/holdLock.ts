// A lock between processes of one machine: a file with the holder's pid, which a holder that died leaves for the next to take.
import { randomUUID } from "node:crypto";
import { link, readFile, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import { UserError } from "../../core/errors.ts";

const TRIES_MAX = 100;
const PAUSE_MS = 10;
/** A guard is held for moments: an older one was left by a process that died with it. */
const GUARD_AGE_MS_MAX = 10_000;

/** Holds the lock until it is disposed. Throws a UserError at once where a living process holds it. */
export async function holdLock(file: string, what: string): Promise<AsyncDisposable> {
  for (let attempt = 1; ; attempt++) {
    const taken = await takeWhole(file);
    if (taken) return { [Symbol.asyncDispose]: () => rm(file, { force: true }) };
    const holder = await holderOf(file);
    if (attempt === TRIES_MAX || (holder > 0 && isAlive(holder))) {
      throw new UserError(
        `${what}: another process${holder > 0 ? ` (pid ${holder})` : ""} is at it; wait for it, or take ${file} away if there is none`,
      );
    }
    if (!(await takeAway(file))) await setTimeout(PAUSE_MS);
  }
}

/**
 * Takes a dead holder's lock away. Under a guard, so that nobody takes away what another has just taken: a dead lock changes for whoever
 * holds the guard alone. False where another process holds it.
 */
async function takeAway(file: string): Promise<boolean> {
  const guard = `${file}.guard`;
  if (!(await takeWhole(guard))) {
    const { mtimeMs } = await stat(guard).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }));
    const { mtimeMs: nowMs } = await stat(path.dirname(file));
    if (nowMs - mtimeMs > GUARD_AGE_MS_MAX) await rm(guard, { force: true });
    return false;
  }
  try {
    const holder = await holderOf(file);
    if (!(holder > 0 && isAlive(holder))) await rm(file, { force: true });
    return true;
  } finally {
    await rm(guard, { force: true });
  }
}

/** The pid that the lock names; NaN where there is none. */
async function holderOf(file: string): Promise<number> {
  return Number.parseInt(await readFile(file, "utf8").catch(() => ""), 10);
}

/** The lock is there with its pid or not at all: one without a pid would be taken for what a dead process left. */
async function takeWhole(file: string): Promise<boolean> {
  const own = `${file}.${randomUUID()}`;
  await writeFile(own, `${process.pid}\n`);
  try {
    await link(own, file);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  } finally {
    await rm(own, { force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
