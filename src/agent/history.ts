// How the history becomes a prompt. Pure: the same pool and the same last call always give the same prompt, so that a rollout can be taken up
// again anywhere. What has given way stays so, and what stands for it is in the pool too: a prompt is always a list of spans over the pool.
import type { LastCall } from "../core/agent.ts";
import type { HistoryConfig } from "../core/cell.ts";
import type { PooledMessage } from "../core/message.ts";
import { elideBlock } from "./history/blockElision.ts";
import { closeWindows } from "./history/closedWindows.ts";
import { showLast } from "./history/lastObservations.ts";
import { indicesSince, type NextPrompt, promptOf } from "./history/pool.ts";
import { nextWithSummary } from "./history/summary.ts";
import type { SummaryPrompts } from "./prompts.ts";

/** How a history is kept, with the prompts of the one kind that asks the model. */
export type History =
  | Exclude<HistoryConfig, { kind: "summary" }>
  | (Extract<HistoryConfig, { kind: "summary" }> & { readonly prompts: SummaryPrompts });

/** The prompt of the next call: the last one, its reply and all that came after, less what gives way. */
export function nextPrompt(
  history: History,
  pool: readonly PooledMessage[],
  last: LastCall | null,
): NextPrompt {
  const base = indicesSince(pool, last);
  if (history === "appendOnly") return promptOf(pool, base);
  switch (history.kind) {
    case "blockElision":
      return promptOf(pool, elideBlock(history, pool, base, last));
    case "lastObservations":
      return promptOf(pool, showLast(history, pool, base));
    case "closedWindows":
      return promptOf(pool, closeWindows(pool, base));
    case "summary":
      return nextWithSummary(history, history.prompts, pool, last);
    default:
      return history satisfies never;
  }
}
