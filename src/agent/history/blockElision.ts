// The history `blockElision`: old observations give way many at once and rarely, so that between two blocks every prompt extends the last and
// a prompt cache holds.
import type { LastCall } from "../../core/agent.ts";
import type { HistoryConfig } from "../../core/cell.ts";
import type { PooledMessage } from "../../core/message.ts";
import { linesText, messagesAt, type Part } from "./pool.ts";

type Config = Extract<HistoryConfig, { kind: "blockElision" }>;

/** Observations before the kept tail give way, once the last call was too long and there are enough of them to be worth a block. */
export function elideBlock(
  { tokens, keep }: Config,
  pool: readonly PooledMessage[],
  base: readonly number[],
  last: LastCall | null,
): readonly Part[] {
  if (last === null || last.tokens < tokens) return base;
  const observations = messagesAt(pool, base).filter(({ kind }) => kind === "observation");
  const old = observations
    .slice(0, -keep)
    .filter(({ message }) => standInText(message.content).length < message.content.length);
  if (old.length < keep) return base;
  const elided = new Set(old.map(({ index }) => index));
  return base.map((index): Part => {
    const pooled = pool[index];
    if (pooled === undefined || !elided.has(index)) return index;
    const message = { ...pooled.message, content: standInText(pooled.message.content) };
    return { kind: "elided", derivedFrom: index, message };
  });
}

function standInText(content: string): string {
  return `[an old result of ${linesText(content)} was left out]`;
}
