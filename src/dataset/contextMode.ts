// Whether a rollout's prompts only ever grew: the test that decides how many training rows a trajectory makes. Token ids
// decide where a server gave them; else the messages do, with the reasoning that was, or was not, sent again.
import type { ReasoningInHistory } from "../core/model.ts";

/** The prompt and reply of one step, as pool indices. */
export interface StepContext {
  readonly prompt_msgs: readonly number[];
  readonly response_msg: number;
}

/** The same with what its token ids say. */
export interface TokenContext extends StepContext {
  /** Ids of the prompt and of the completion together; null where the server gave none. */
  readonly idCount: number | null;
  /** How many ids of the step before the prompt begins with; null without ids. */
  readonly prompt_reuse_len: number | null;
}

interface PoolMessage {
  readonly role: string;
  readonly reasoning: string | null;
}

/** True when `next`'s messages are `before`'s messages, its reply, and then anything. */
export function extendsStep(before: StepContext, next: StepContext): boolean {
  const seen = before.prompt_msgs.length;
  return (
    next.prompt_msgs.length > seen &&
    next.prompt_msgs[seen] === before.response_msg &&
    before.prompt_msgs.every((index, position) => next.prompt_msgs[position] === index)
  );
}

/**
 * True when the prompt of `next` begins with all that `before` read and wrote. Without token ids, reasoning that could be
 * read and was not sent again makes it false: the model then went on from another text than the one it wrote.
 */
export function extendsPrevious(
  before: TokenContext,
  next: TokenContext,
  messages: readonly PoolMessage[],
  policy: ReasoningInHistory,
): boolean {
  if (before.idCount !== null && next.prompt_reuse_len !== null)
    return next.prompt_reuse_len === before.idCount;
  if (!extendsStep(before, next)) return false;
  const kept = reasoningSent(next.prompt_msgs, messages, policy);
  const seen = [...reasoningSent(before.prompt_msgs, messages, policy), before.response_msg];
  return seen.every((index) => kept.has(index) || !hasReasoning(messages[index]));
}

/** The messages of a prompt whose reasoning was sent with them. */
export function reasoningSent(
  prompt: readonly number[],
  messages: readonly PoolMessage[],
  policy: ReasoningInHistory,
): ReadonlySet<number> {
  if (policy === "none") return new Set();
  const from = policy === "all" ? 0 : prompt.findLastIndex((index) => messages[index]?.role === "user") + 1;
  return new Set(prompt.slice(from).filter((index) => hasReasoning(messages[index])));
}

/** `append_only` when every prompt extends the step before, else `rewritten`. */
export function contextMode(
  steps: readonly { readonly extends_previous: boolean | null }[],
): "append_only" | "rewritten" {
  return steps.some((step) => step.extends_previous === false) ? "rewritten" : "append_only";
}

function hasReasoning(message: PoolMessage | undefined): boolean {
  return message?.reasoning !== null && message?.reasoning !== undefined && message.reasoning !== "";
}
