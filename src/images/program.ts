// Runs one program of the host to its end, line by line: bounded in time and in what is kept of its output, ended by an abort.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { stripVTControlCharacters } from "node:util";
import { UserError } from "../core/errors.ts";

const KEPT_CHARS_MAX = 1_048_576;
const SHOWN_LINES = 3;
const SHOWN_CHARS_MAX = 600;
/** What a program has for unmounting and the like before it is killed. */
const GRACE_MS = 10_000;

export interface ProgramOptions {
  readonly timeoutMs: number;
  /** For the sentence about its failure: what was being done. */
  readonly what: string;
  /** For the sentence about its absence: what to do. */
  readonly absent: string;
  /** Its whole environment; absent: this process's own, which engines' command lines need for what they log in with. */
  readonly env?: Readonly<Record<string, string>>;
  readonly onLine?: (line: string) => void;
}

export interface Ended {
  readonly exitCode: number;
  readonly stdout: string;
  /** The last lines of both streams, for a sentence. */
  readonly said: string;
}

type Argv = readonly [string, ...string[]];

/** Its exit code and what it printed. Throws a UserError where it is not there or takes too long, and the signal's reason on abort. */
export async function tryProgram(argv: Argv, options: ProgramOptions, signal: AbortSignal): Promise<Ended> {
  signal.throwIfAborted();
  const [program, ...rest] = argv;
  const child = spawn(program, rest, {
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
    ...(options.env === undefined ? {} : { env: { ...options.env } }),
  });
  let stdout = "";
  const last: string[] = [];
  const heard = (line: string) => {
    const words = stripVTControlCharacters(line).trim();
    if (words !== "") last.push(words);
    if (last.length > SHOWN_LINES) last.shift();
    options.onLine?.(line);
  };
  createInterface({ input: child.stdout }).on("line", (line) => {
    if (stdout.length < KEPT_CHARS_MAX) stdout += `${line}\n`;
    heard(line);
  });
  createInterface({ input: child.stderr }).on("line", heard);
  let killer: NodeJS.Timeout | undefined;
  const send = (name: NodeJS.Signals) => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, name);
    } catch {
      // It has ended already.
    }
  };
  const end = () => {
    send("SIGTERM");
    killer = setTimeout(() => send("SIGKILL"), GRACE_MS);
  };
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    end();
  }, options.timeoutMs);
  signal.addEventListener("abort", end, { once: true });
  try {
    const exitCode = await new Promise<number>((resolve, reject) => {
      child.on("error", (error) => {
        const missing = "code" in error && error.code === "ENOENT";
        reject(
          missing ? new UserError(`${options.what}: there is no ${program} here; ${options.absent}`) : error,
        );
      });
      child.on("close", (code) => resolve(code ?? -1));
    });
    signal.throwIfAborted();
    if (late) {
      throw new UserError(`${options.what}: ${program} takes more than ${options.timeoutMs / 1000} s`);
    }
    return { exitCode, stdout, said: last.join(" | ").slice(-SHOWN_CHARS_MAX) || "it said nothing" };
  } finally {
    clearTimeout(timer);
    clearTimeout(killer);
    signal.removeEventListener("abort", end);
  }
}

/** The same, where any other exit code than 0 is a UserError with its last words. Returns what it printed. */
export async function runProgram(argv: Argv, options: ProgramOptions, signal: AbortSignal): Promise<string> {
  const { exitCode, stdout, said } = await tryProgram(argv, options, signal);
  if (exitCode !== 0) {
    throw new UserError(`${options.what}: ${argv[0]} ended with exit code ${exitCode}: ${said}`);
  }
  return stdout;
}
