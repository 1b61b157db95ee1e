// The history `lastObservations`: the task, every reply, and the newest observations; older ones are only named. This is what MLGym's agents
// see (with five), and it breaks the prompt cache at every step: for the benchmark, not for data.
import type { HistoryConfig } from "../../core/cell.ts";
import type { PooledMessage } from "../../core/message.ts";
import { linesText, messagesAt, type Part } from "./pool.ts";

type Config = Extract<HistoryConfig, { kind: "lastObservations" }>;

/** All observations but the newest give way, short ones too: only the newest are to be seen. */
export function showLast(
  { keep }: Config,
  pool: readonly PooledMessage[],
  base: readonly number[],
): readonly Part[] {
  const observations = messagesAt(pool, base).filter(({ kind }) => kind === "observation");
  const old = new Set(observations.slice(0, -keep).map(({ index }) => index));
  return base.map((index): Part => {
    const pooled = pool[index];
    if (pooled === undefined || !old.has(index)) return index;
    const content = `[an old result of ${linesText(pooled.message.content)} is not shown any more]`;
    return { kind: "elided", derivedFrom: index, message: { ...pooled.message, content } };
  });
}
