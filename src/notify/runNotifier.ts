// A notice by command: a program of the user's own, without a shell, that reads it on its standard input.
import { spawn } from "node:child_process";

const STDERR_BYTES_MAX = 2_000;

/** Resolves when the program has ended with 0. Rejects with its last words otherwise, and kills it after `msMax`. */
export function runNotifier(
  command: readonly string[],
  body: string,
  env: Readonly<Record<string, string>>,
  msMax: number,
): Promise<void> {
  const [program, ...args] = command;
  if (program === undefined) return Promise.reject(new Error("the command is empty"));
  return new Promise((resolve, reject) => {
    // A group of its own, so that the program's children end with it.
    const child = spawn(program, args, {
      env: { ...env },
      stdio: ["pipe", "ignore", "pipe"],
      detached: true,
    });
    let said = "";
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      try {
        if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
      } catch {
        child.kill("SIGKILL");
      }
    }, msMax);
    child.stderr.on("data", (chunk: Buffer) => {
      said = (said + chunk.toString("utf8")).slice(-STDERR_BYTES_MAX);
    });
    // A program that does not read ends the pipe; how it ends says whether it took the notice.
    child.stdin.on("error", () => {});
    child.stdin.end(`${body}\n`);
    child.on("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.on("exit", (code, signal) => {
      clearTimeout(timer);
      child.stderr.destroy();
      if (timedOut) reject(new Error(`${program} took longer than ${msMax} ms and was killed`));
      else if (code === 0) resolve();
      else
        reject(
          new Error(`${program} ended with ${code ?? signal}${said.trim() === "" ? "" : `: ${said.trim()}`}`),
        );
    });
  });
}
