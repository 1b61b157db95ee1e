// The real world: clock, randomness, environment, terminal and signals. Everything below the command line is given these.
import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import path from "node:path";
import { z } from "zod";
import type { Clock, Log } from "../core/runtime.ts";
import type { Secrets } from "../core/secrets.ts";
import { environmentWithoutSecrets, secretsOf } from "./knownSecrets.ts";
import { PACKAGE_ROOT } from "./packageRoot.ts";

/** What the outermost rooms share of the real world. */
export interface World {
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  readonly env: (name: string) => string | undefined;
  /** What is said, complained of and logged here holds none of them. */
  readonly secrets: Secrets;
  readonly codeVersion: string;
  /** The environment of tools that are started for the user (package managers): without what is secret in it. */
  readonly toolEnv: Readonly<Record<string, string>>;
  /** CPU cores that this process may use. */
  readonly coreCount: number;
  readonly out: NodeJS.WriteStream;
  /** One line on standard output. */
  say(text: string): void;
  /** One line on standard error. */
  complain(text: string): void;
  /** Local time as `YYYYMMDD-HHMMSS`. */
  timeStamp(): string;
  /** The first interrupt calls the handler, a second one ends the process. Returns what gives the signals back. */
  onInterrupt(handler: () => void): () => void;
}

/** A closed terminal stops a run in good order, as an interrupt does. */
const STOP_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: async (ms, signal) => {
    // A timer holds 24.8 days at most; a longer one would fire at once.
    for (let left = ms; left > 0; left -= TIMER_MS_MAX) await timer(Math.min(left, TIMER_MS_MAX), signal);
  },
};

function timer(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    signal?.addEventListener("abort", stop, { once: true });
  });
}

/**
 * A text for a terminal: what a model or a program in a sandbox wrote must not move its cursor, rename it or fill a clipboard. Control
 * characters but line ends and tabs are written out, as JSON would.
 */
export function harmless(text: string): string {
  return text.replaceAll(
    /[^\P{Cc}\n\t]/gu,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Longest time that one timer can hold. */
const TIMER_MS_MAX = 2_147_483_647;

/** The real world, for the command line and the library. Warnings go to standard error, one JSON object a line. */
export async function createWorld(): Promise<World> {
  const packageJson = z
    .object({ version: z.string() })
    .parse(JSON.parse(await readFile(path.join(PACKAGE_ROOT, "package.json"), "utf8")));
  // A reader that went away (`| head`) must not end a run: what nobody reads is not said.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
  const secrets = await secretsOf(process.env);
  // A report of a crash would else list the whole environment.
  process.report.excludeEnv = true;
  const write = (level: string) => (event: string, fields?: Readonly<Record<string, unknown>>) =>
    process.stderr.write(`${secrets.redact(JSON.stringify({ level, event, ...fields }))}\n`);
  return {
    clock: systemClock,
    random: Math.random,
    log: { info: () => {}, warn: write("warn") },
    env: (name) => process.env[name],
    secrets,
    toolEnv: environmentWithoutSecrets(process.env, secrets),
    codeVersion: packageJson.version,
    coreCount: availableParallelism(),
    out: process.stdout,
    say: (text) => process.stdout.write(`${harmless(secrets.redact(text))}\n`),
    complain: (text) => process.stderr.write(`${harmless(secrets.redact(text))}\n`),
    timeStamp: () => {
      const now = new Date(Date.now() - new Date().getTimezoneOffset() * 60_000).toISOString();
      return now.slice(0, 19).replaceAll(/[-:]/g, "").replace("T", "-");
    },
    onInterrupt: (handler) => {
      let asked = false;
      const stop = () => {
        if (asked) process.exit(130);
        asked = true;
        handler();
      };
      for (const name of STOP_SIGNALS) process.on(name, stop);
      return () => {
        for (const name of STOP_SIGNALS) process.off(name, stop);
      };
    },
  };
}
