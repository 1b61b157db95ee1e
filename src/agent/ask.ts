// One model call of an agent: the prompt that the history makes, and the reply with all that is recorded of it. It reads no reply.
import type { Decision, PromptView } from "../core/agent.ts";
import { type Message, promptSha256 } from "../core/message.ts";
import type { ModelReply, ToolSchema } from "../core/model.ts";
import type { AgentOptions } from "./agentOptions.ts";
import { type History, nextPrompt } from "./history.ts";

type Recorded = Pick<Decision, "standIns" | "prompt" | "promptSha256" | "reply">;

/**
 * Asks the model. `read` turns a reply that was asked for to act into a message and calls; one that was asked for to sum up is only
 * kept.
 */
export async function ask(
  options: AgentOptions,
  schemas: readonly ToolSchema[],
  { step, pool, last }: PromptView,
  read: (reply: ModelReply) => Pick<Decision, "message" | "calls" | "formatError">,
  signal: AbortSignal,
): Promise<Decision> {
  const { model, limits, sampling, seed, stickyKey, callIdOf } = options;
  const { reasoningInHistory } = options.config;
  const { prompt, standIns, sent, summaryOf } = nextPrompt(historyOf(options), pool, last);
  const reply = await model.complete(
    {
      callId: callIdOf(step),
      stickyKey,
      messages: sent.map(({ message }) => message),
      tools: schemas,
      sampling,
      ...(reasoningInHistory === undefined ? {} : { reasoningInHistory }),
      pauseMsMax: limits.actionSeconds * 1000,
      seed,
    },
    signal,
  );
  const sha256s = sent.map(({ sha256 }) => sha256);
  const recorded: Recorded = { standIns, prompt, promptSha256: promptSha256(schemas, sha256s), reply };
  if (summaryOf === undefined) return { ...recorded, ...read(reply) };
  const message: Message = {
    role: "assistant",
    content: reply.text,
    reasoning: [...reply.reasoning],
    toolCalls: [],
  };
  return { ...recorded, message, calls: [], formatError: null, summaryOf };
}

function historyOf({ config: { history }, parts }: AgentOptions): History {
  if (history === "appendOnly" || history.kind !== "summary") return history;
  if (parts.summary === null) throw new RangeError("an agent that sums up was made without its prompts");
  return { ...history, prompts: parts.summary };
}
