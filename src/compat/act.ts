// What the compatibility layer acts with: one tool of ours at a time, in an environment that somebody else has opened.
import type { Validation } from "../core/env.ts";

/** What a tool of ours answered. */
export interface Answer {
  readonly text: string;
  readonly ok: boolean;
  readonly exitCode: number | null;
  readonly timedOut: boolean;
  /** Working directory of the shell afterwards, as tools write it. */
  readonly cwd: string;
  readonly validation: Validation | null;
}

/** Carries out one action. Contract: called one at a time; throws only where the sandbox is broken. */
export type Act = (tool: string, args: Readonly<Record<string, unknown>>) => Promise<Answer>;

/** Notes that our shell adds below an output. */
const NOTE = /^\[(?:no output|exit code \d+|ended .*|the shell was lost .*)\]$/;

/** What a command printed, without what our shell says of how it ended. */
export function printedOf({ text }: Pick<Answer, "text">): string {
  const lines = text.split("\n");
  while (NOTE.test(lines.at(-1) ?? "")) lines.pop();
  return lines.join("\n");
}

/** A word as bash takes it, whatever is in it. */
export function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
