// How the history becomes a prompt: all of it, or with old observations elided in blocks. Pure: the same pool and the same
// last call always give the same prompt, so that a rollout can be taken up again anywhere.
import type { LastCall, PromptSpans, StandIn } from "../core/agent.ts";
import type { HistoryConfig } from "../core/cell.ts";
import { type Message, messageSha256, type PooledMessage } from "../core/message.ts";

export interface NextPrompt {
  /** Made for this prompt; they take the places in the pool that follow the present ones. */
  readonly standIns: readonly StandIn[];
  readonly prompt: PromptSpans;
  /** What is sent, in order. */
  readonly sent: readonly Pick<PooledMessage, "message" | "sha256">[];
}

/**
 * The prompt of the next call: the last one, its reply and all that came after, unless that call took so many tokens that a
 * block of old observations gives way. What has given way stays so; between two blocks every prompt extends the last.
 */
export function nextPrompt(
  history: HistoryConfig,
  pool: readonly PooledMessage[],
  last: LastCall | null,
): NextPrompt {
  const base = indicesSince(pool, last);
  const elided = history === "appendOnly" ? [] : elidable(history, pool, base, last);
  const standIns = elided.map((message): StandIn => {
    return { kind: "elided", derivedFrom: message.index, message: standInFor(message.message) };
  });
  const places = new Map(standIns.map(({ derivedFrom }, at) => [derivedFrom, pool.length + at]));
  const indices = base.map((index) => places.get(index) ?? index);
  const made = standIns.map(({ message }) => ({ message, sha256: messageSha256(message) }));
  const sent = indices.flatMap((index) => pool[index] ?? made[index - pool.length] ?? []);
  return { standIns, prompt: spansOf(indices), sent };
}

function indicesSince(pool: readonly PooledMessage[], last: LastCall | null): number[] {
  const range = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => from + at);
  if (last === null) return range(0, pool.length);
  return [...last.prompt.flatMap(([from, to]) => range(from, to)), ...range(last.response, pool.length)];
}

/** Observations before the kept tail, once the last call was too long and there are enough of them to be worth a block. */
function elidable(
  { tokens, keep }: Exclude<HistoryConfig, "appendOnly">,
  pool: readonly PooledMessage[],
  base: readonly number[],
  last: LastCall | null,
): readonly PooledMessage[] {
  if (last === null || last.tokens < tokens) return [];
  const seen = base.flatMap((index) => pool[index] ?? []);
  const observations = seen.filter(({ kind }) => kind === "observation").slice(0, -keep);
  const old = observations.filter(
    ({ message }) => standInFor(message).content.length < message.content.length,
  );
  return old.length < keep ? [] : old;
}

function standInFor(message: Message): Message {
  const lines = message.content.split("\n").length;
  return {
    ...message,
    content: `[an old result of ${lines} ${lines === 1 ? "line" : "lines"} was left out]`,
  };
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
