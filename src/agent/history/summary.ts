// The history `summary`: when the prompt grows long, the model sums up the older part in a call of its own, which is recorded and paid for like
// any other; from then on the sum stands beside the task in the place of that part.
import type { LastCall, StandIn } from "../../core/agent.ts";
import type { HistoryConfig } from "../../core/cell.ts";
import type { PooledMessage } from "../../core/message.ts";
import { fillPrompt, type SummaryPrompts } from "../prompts.ts";
import { afterThinking } from "../replyText.ts";
import {
  indicesOf,
  indicesSince,
  messagesAt,
  type NextPrompt,
  originOf,
  type Part,
  promptOf,
} from "./pool.ts";

type Config = Extract<HistoryConfig, { kind: "summary" }>;

/** The prompt of the next call: to act, or to sum up where the last call was too long and enough steps are older than the kept ones. */
export function nextWithSummary(
  { tokens, keep }: Config,
  prompts: SummaryPrompts,
  pool: readonly PooledMessage[],
  last: LastCall | null,
): NextPrompt {
  const summed = last === null ? undefined : pool[last.response];
  if (last !== null && summed?.kind === "summary") {
    return promptOf(pool, afterSummary(keep, prompts, pool, last, summed));
  }
  const base = indicesSince(pool, last);
  const replyCount = messagesAt(pool, base).filter(({ kind }) => kind === "reply").length;
  const task = taskAmong(pool, base);
  if (last === null || task === undefined || last.tokens < tokens || replyCount < 2 * keep) {
    return promptOf(pool, base);
  }
  return { ...promptOf(pool, withRequest(prompts, pool, base)), summaryOf: originOf(task) };
}

/**
 * The whole prompt with the request at its end. It joins a last message of the user's, since some chat templates refuse two of them in a row;
 * behind a tool's answer it stands by itself.
 */
function withRequest(
  prompts: SummaryPrompts,
  pool: readonly PooledMessage[],
  base: readonly number[],
): readonly Part[] {
  const [newest] = messagesAt(pool, base.slice(-1));
  if (newest === undefined) return base;
  const request = fillPrompt(prompts, "summaryRequest", {});
  const joins = newest.message.role === "user";
  const content = joins ? `${newest.message.content}\n\n${request}` : request;
  const made: StandIn = {
    kind: "summary",
    derivedFrom: newest.index,
    message: { role: "user", content },
  };
  return [...(joins ? base.slice(0, -1) : base), made];
}

/** What the summed-up prompt becomes: its head, the task with the sum beside it, and its newest steps. */
function afterSummary(
  keep: number,
  prompts: SummaryPrompts,
  pool: readonly PooledMessage[],
  last: LastCall,
  summed: PooledMessage,
): readonly Part[] {
  const sent = indicesOf(last.prompt);
  const [request] = messagesAt(pool, sent.slice(-1));
  const newest = request?.derivedFrom ?? null;
  const before = sent.slice(0, -1);
  const base = newest !== null && pool[newest]?.message.role === "user" ? [...before, newest] : before;
  const messages = messagesAt(pool, base);
  const task = taskAmong(pool, base);
  const original = task === undefined ? undefined : pool[originOf(task)];
  const tail = messages.filter(({ kind }) => kind === "reply").at(-keep);
  if (task === undefined || original === undefined || tail === undefined) return base;
  const sum = afterThinking(summed.message.content).trim();
  const content = fillPrompt(prompts, "summarised", {
    task: original.message.content,
    summary: sum === "" ? "(nothing was written down)" : sum,
  });
  const standIn: StandIn = {
    kind: "summary",
    derivedFrom: original.index,
    message: { role: "user", content },
  };
  const head = base.slice(0, base.indexOf(task.index));
  return [...head, standIn, ...base.slice(base.indexOf(tail.index))];
}

/** The task as a prompt holds it: itself, or with an earlier sum beside it. */
function taskAmong(pool: readonly PooledMessage[], base: readonly number[]): PooledMessage | undefined {
  return messagesAt(pool, base).find(
    (message) => message.kind === "task" || pool[originOf(message)]?.kind === "task",
  );
}
