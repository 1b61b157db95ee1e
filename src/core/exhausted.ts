// This machine has run out of something that every rollout needs: room on a disk, open files. That is nobody's fault and no ending of a
// rollout: the run pauses, keeps what it has, and goes on once somebody has made room.

/** What the machine lacks, by the code of the error that says so, and what to do. */
const LACKS: Readonly<Record<string, string>> = {
  ENOSPC: "no room is left on a disk; free some",
  EDQUOT: "a disk quota is used up; free some room, or raise the quota",
  EFBIG: "a file has reached the size that this process may write (ulimit -f); raise it",
  EMFILE:
    "this process has as many files open as it may (ulimit -n); raise that, or lower concurrency.rollouts",
  ENFILE:
    "this machine has as many files open as it may (sysctl fs.file-max); raise that, or end what holds them",
};
/** Causes of an error that are looked at. */
const CAUSES_MAX = 8;

/** Something that the whole run needs has run out; `message` says what, and what to do. */
export class ExhaustedError extends Error {
  override readonly name = "ExhaustedError";
}

/** What the machine has run out of, where that is the reason of this error or of one behind it; null for any other. */
export function exhaustion(error: unknown): ExhaustedError | null {
  let at = error;
  for (let depth = 0; depth < CAUSES_MAX && at instanceof Error; depth++) {
    if (at instanceof ExhaustedError) return at;
    const lack = "code" in at && typeof at.code === "string" ? LACKS[at.code] : undefined;
    if (lack !== undefined) {
      const where = error instanceof Error && error !== at ? `${error.message} (${at.message})` : at.message;
      return new ExhaustedError(`${lack}: ${where.replaceAll(/\s+/g, " ").slice(0, 300)}`, { cause: error });
    }
    at = at.cause;
  }
  return null;
}
