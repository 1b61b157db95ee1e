// Runs one command of the host to its end: bounded in time and output, and ended with its children by an abort.
import { spawn } from "node:child_process";
import { UserError } from "../../core/errors.ts";

/** A script's exit code that says: what I printed is a sentence about my input (sysexits.h). */
const EX_DATAERR = 65;
const SAID_BYTES_MAX = 4_096;

export interface ToolOptions {
  readonly cwd: string;
  /** Its whole environment; `inherited`, for programs of ours alone, is this process's own, keys included. */
  readonly env: Readonly<Record<string, string>> | "inherited";
  readonly timeoutMs: number;
  /** What to do where that was too little time; absent: try again. */
  readonly late?: string;
  /** What to do where the program is not there. */
  readonly absent: string;
  /** What went wrong, for the sentence that names it. */
  readonly what: string;
}

/** Throws a UserError with the end of what it printed, and the signal's reason on abort. */
export async function runTool(
  argv: readonly [string, ...string[]],
  { cwd, env, timeoutMs, late: remedy = "try again", absent, what }: ToolOptions,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  const [program, ...rest] = argv;
  // A session of its own, so that its children end with it.
  const child = spawn(program, rest, {
    cwd,
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
    ...(env === "inherited" ? {} : { env: { ...env } }),
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8");
    stream.on("data", (text: string) => {
      said = (said + text).slice(-SAID_BYTES_MAX);
    });
  }
  const end = () => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    } catch {
      // It has ended already.
    }
  };
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    end();
  }, timeoutMs);
  signal.addEventListener("abort", end, { once: true });
  try {
    const code = await new Promise<number | string>((resolve, reject) => {
      child.on("error", (error) => {
        const missing = "code" in error && error.code === "ENOENT";
        reject(missing ? new UserError(`${what}: there is no ${program} here; ${absent}`) : error);
      });
      child.on("close", (exitCode, name) => resolve(exitCode ?? name ?? "unknown"));
    });
    signal.throwIfAborted();
    if (late) throw new UserError(`${what}: ${program} takes more than ${timeoutMs / 1000} s; ${remedy}`);
    if (code === EX_DATAERR) throw new UserError(lastWords(said));
    if (code !== 0) {
      throw new UserError(`${what}: ${program} ended with ${code}: ${lastWords(said)}`);
    }
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", end);
  }
}

function lastWords(said: string): string {
  const lines = said
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  return lines.slice(-3).join(" | ").slice(-400) || "it said nothing";
}
