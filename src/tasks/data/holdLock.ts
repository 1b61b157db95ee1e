// A lock between processes of one machine: a file with the holder's pid, which a holder that died leaves for the next to take.
import { randomUUID } from "node:crypto";
import { link, readFile, rename, rm, writeFile } from "node:fs/promises";
import { UserError } from "../../core/errors.ts";

const TRIES_MAX = 3;

/** Holds the lock until it is disposed. Throws a UserError at once where a living process holds it. */
export async function holdLock(file: string, what: string): Promise<AsyncDisposable> {
  for (let attempt = 1; ; attempt++) {
    const taken = await takeWhole(file);
    if (taken) return { [Symbol.asyncDispose]: () => rm(file, { force: true }) };
    const holder = Number.parseInt(await readFile(file, "utf8").catch(() => ""), 10);
    if (attempt === TRIES_MAX || (holder > 0 && isAlive(holder))) {
      throw new UserError(
        `${what}: another process${holder > 0 ? ` (pid ${holder})` : ""} is at it; wait for it, or take ${file} away if there is none`,
      );
    }
    await takeAway(file, holder);
  }
}

/** Takes a dead holder's lock away, and puts back what another process has taken meanwhile. */
async function takeAway(file: string, holder: number): Promise<void> {
  const away = `${file}.${randomUUID()}`;
  await rename(file, away).catch(() => {});
  const found = Number.parseInt(await readFile(away, "utf8").catch(() => ""), 10);
  if (found > 0 && found !== holder) await link(away, file).catch(() => {});
  await rm(away, { force: true });
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
