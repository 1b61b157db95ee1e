// A lock between processes of one machine: a file with the holder's pid, which a holder that died leaves for the next to take.
import { readFile, rm, writeFile } from "node:fs/promises";
import { UserError } from "../../core/errors.ts";

const TRIES_MAX = 3;

/** Holds the lock until it is disposed. Throws a UserError at once where a living process holds it. */
export async function holdLock(file: string, what: string): Promise<AsyncDisposable> {
  for (let attempt = 1; ; attempt++) {
    const taken = await writeFile(file, `${process.pid}\n`, { flag: "wx" }).then(
      () => true,
      (error: unknown) => {
        if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
        throw error;
      },
    );
    if (taken) return { [Symbol.asyncDispose]: () => rm(file, { force: true }) };
    const holder = Number.parseInt(await readFile(file, "utf8").catch(() => ""), 10);
    if (attempt === TRIES_MAX || (holder > 0 && isAlive(holder))) {
      throw new UserError(
        `${what}: another process${holder > 0 ? ` (pid ${holder})` : ""} is at it; wait for it, or take ${file} away if there is none`,
      );
    }
    await rm(file, { force: true });
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
