// Runs the command line as a user does: the binary, in a folder, with its exit code and what it printed.
import { execFile } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url));
const RUN_MS_MAX = 120_000;

export interface Printed {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** One command, to its end. `env` is laid over the test's own environment; `uid` runs it as another user. */
export function nightshift(
  args: readonly string[],
  options: { cwd: string; env?: Readonly<Record<string, string>>; uid?: number },
): Promise<Printed> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [path.join(REPOSITORY, "bin/nightshift.js"), ...args],
      {
        cwd: options.cwd,
        env: { ...process.env, ...options.env },
        ...(options.uid === undefined ? {} : { uid: options.uid }),
        timeout: RUN_MS_MAX,
        maxBuffer: 64 * 1024 * 1024,
      },
      (error, stdout, stderr) => {
        const exitCode = error === null ? 0 : typeof error.code === "number" ? error.code : -1;
        resolve({ exitCode, stdout, stderr });
      },
    );
  });
}
