// What all history processors stand on: the prompt that only grew, as pool indices, and a prompt in which some messages gave way.
import type { LastCall, PromptSpans, StandIn } from "../../core/agent.ts";
import { messageSha256, type PooledMessage } from "../../core/message.ts";

export interface NextPrompt {
  /** Made for this prompt; they take the places in the pool that follow the present ones. */
  readonly standIns: readonly StandIn[];
  readonly prompt: PromptSpans;
  /** What is sent, in order. */
  readonly sent: readonly Pick<PooledMessage, "message" | "sha256">[];
  /** The call is made to sum up: pool index of the message that the sum will stand beside. */
  readonly summaryOf?: number;
}

/** A message of a prompt that stays, by pool index, or one that is made for it. */
export type Part = number | StandIn;

/** The indices of the last prompt, its reply and all that came after; the whole pool before the first call. */
export function indicesSince(pool: readonly PooledMessage[], last: LastCall | null): readonly number[] {
  if (last === null) return range(0, pool.length);
  return [...indicesOf(last.prompt), ...range(last.response, pool.length)];
}

/** The pool indices of spans, in order. */
export function indicesOf(spans: PromptSpans): readonly number[] {
  return spans.flatMap(([from, to]) => range(from, to));
}

/** The messages of a pool at these indices. */
export function messagesAt(
  pool: readonly PooledMessage[],
  indices: readonly number[],
): readonly PooledMessage[] {
  return indices.flatMap((index) => pool[index] ?? []);
}

/** A prompt of these parts. */
export function promptOf(pool: readonly PooledMessage[], parts: readonly Part[]): NextPrompt {
  const standIns: StandIn[] = [];
  const indices = parts.map((part) =>
    typeof part === "number" ? part : pool.length + standIns.push(part) - 1,
  );
  const made = standIns.map(({ message }) => ({ message, sha256: messageSha256(message) }));
  const sent = indices.flatMap((index) => pool[index] ?? made[index - pool.length] ?? []);
  return { standIns, prompt: spansOf(indices), sent };
}

/** Pool index of what a message says in short, or of itself. */
export function originOf({ derivedFrom, index }: PooledMessage): number {
  return derivedFrom ?? index;
}

/** A number of lines in words. */
export function linesText(content: string): string {
  const lines = content.split("\n").length;
  return `${lines} ${lines === 1 ? "line" : "lines"}`;
}

function range(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from }, (_, at) => from + at);
}

function spansOf(indices: readonly number[]): PromptSpans {
  const spans: [number, number][] = [];
  for (const index of indices) {
    const last = spans.at(-1);
    if (last !== undefined && last[1] === index) last[1] = index + 1;
    else spans.push([index, index + 1]);
  }
  return spans;
}
