// The body of a messages request, byte for byte the same for the same request. It sends nothing.
import type { Message } from "../core/message.ts";
import type { ModelRequest } from "../core/model.ts";
import { bodyWriter } from "./extraBody.ts";
import { blocksOf } from "./layout.ts";
import { reasoningFrom } from "./sentReasoning.ts";

/** Keys that `extraBody` may not hold, with what to do instead. */
const RESERVED: Readonly<Record<string, string>> = {
  model: "name the model in the model's own entry",
  messages: "messages are the agent's",
  system: "the system message is the agent's",
  tools: "tools are the agent's",
  stream: "replies are read whole, since usage comes whole",
  max_tokens: "set sampling.maxTokens, which budgets rely on",
  thinking: "set thinking in the model's own entry",
};

/** A cache entry lives five minutes after its last use, or an hour for twice the price of writing it. */
const SHORT_CACHE_MS = 300_000;
/** What stands for a message without a visible character, which the API refuses. */
const NOTHING = "(nothing)";

/** How much the model thinks: as it sees fit, with a budget of tokens, or as its default is (null). */
export type AnthropicThinking = "adaptive" | { readonly budgetTokens: number } | null;

export interface AnthropicEncoding {
  readonly modelName: string;
  /** Most output tokens where the request names none: the API wants a number. */
  readonly maxTokens: number;
  readonly thinking: AnthropicThinking;
  /** Whether thinking is shown as a summary or left out; null: the model's default. */
  readonly thinkingDisplay: "summarized" | "omitted" | null;
  readonly extraBody: Readonly<Record<string, unknown>>;
}

type Json = Record<string, unknown>;

/** A function from requests to bodies. Throws UserError for a reserved or unserialisable member of `extraBody`. */
export function anthropicEncoder(encoding: AnthropicEncoding): (request: ModelRequest) => string {
  const write = bodyWriter(encoding.extraBody, RESERVED);
  return (request) => write(ownBody(encoding, request));
}

function ownBody(encoding: AnthropicEncoding, request: ModelRequest): Json {
  const { sampling } = request;
  const mark = cacheMark(request);
  const system = request.messages.flatMap(({ role, content }) => (role === "system" ? [content] : []));
  const tools = request.tools.map(
    ({ name, description, parameters }): Json => ({ name, description, input_schema: parameters }),
  );
  const body: Json = { model: encoding.modelName, max_tokens: sampling.maxTokens ?? encoding.maxTokens };
  // A mark on the system text covers the tools too, which come before it in the provider's order.
  if (system.length > 0) body["system"] = marked(system.map(textBlock), mark);
  if (tools.length > 0) body["tools"] = system.length > 0 ? tools : marked(tools, mark);
  body["messages"] = wireMessages(request, mark);
  const thinking = wireThinking(encoding);
  if (thinking !== null) body["thinking"] = thinking;
  if (sampling.temperature !== undefined) body["temperature"] = sampling.temperature;
  if (sampling.topP !== undefined) body["top_p"] = sampling.topP;
  if (sampling.topK !== undefined) body["top_k"] = sampling.topK;
  if (sampling.stop !== undefined) body["stop_sequences"] = sampling.stop;
  // The API knows no effort below `low`.
  const effort = sampling.reasoningEffort === "minimal" ? "low" : sampling.reasoningEffort;
  if (effort !== undefined) body["output_config"] = { effort };
  return body;
}

function wireThinking({ thinking, thinkingDisplay }: AnthropicEncoding): Json | null {
  if (thinking === null) return null;
  const display = thinkingDisplay === null ? {} : { display: thinkingDisplay };
  return thinking === "adaptive"
    ? { type: "adaptive", ...display }
    : { type: "enabled", budget_tokens: thinking.budgetTokens, ...display };
}

function cacheMark({ pauseMsMax = 0 }: ModelRequest): Json {
  return pauseMsMax > SHORT_CACHE_MS ? { type: "ephemeral", ttl: "1h" } : { type: "ephemeral" };
}

/**
 * Turns alternate: answers to the calls of one reply, and whatever else a user says, are one turn. The last two turns of the
 * user are marked, the one for the next call to read and the other because this call finds there what the last one wrote.
 */
function wireMessages(request: ModelRequest, mark: Json): Json[] {
  const from = reasoningFrom(request);
  const turns: { role: "user" | "assistant"; content: Json[] }[] = [];
  for (const [position, message] of request.messages.entries()) {
    if (message.role === "system") continue;
    const role = message.role === "assistant" ? "assistant" : "user";
    const content = contentOf(message, position >= from);
    const last = turns.at(-1);
    if (content.length === 0) continue;
    if (last?.role === role) last.content.push(...content);
    else turns.push({ role, content });
  }
  const users = turns.filter(({ role }) => role === "user").slice(-2);
  for (const turn of users) turn.content = marked(turn.content, mark);
  return turns;
}

function contentOf(message: Exclude<Message, { role: "system" }>, withReasoning: boolean): Json[] {
  switch (message.role) {
    case "user":
      return [textBlock(message.content)];
    case "tool": {
      const result = { type: "tool_result", tool_use_id: message.toolCallId };
      return [message.content.trim() === "" ? result : { ...result, content: message.content }];
    }
    case "assistant":
      return assistantContent(message, withReasoning);
    default:
      return message satisfies never;
  }
}

function assistantContent(message: Extract<Message, { role: "assistant" }>, withReasoning: boolean): Json[] {
  const content = blocksOf(message).flatMap((block): Json[] => {
    switch (block.kind) {
      case "reasoning": {
        const { text, signature, encrypted } = block.part;
        if (!withReasoning) return [];
        if (signature !== undefined) return [{ type: "thinking", thinking: text, signature }];
        // Thinking that nobody signed came from another provider: this one would refuse it.
        return encrypted === undefined ? [] : [{ type: "redacted_thinking", data: encrypted }];
      }
      case "text":
        return block.text.trim() === "" ? [] : [{ type: "text", text: block.text }];
      case "call": {
        const { id, name } = block.call;
        return [{ type: "tool_use", id, name, input: inputOf(block.call.arguments) }];
      }
      default:
        return block satisfies never;
    }
  });
  // The API takes no turn that ends with thinking: a reply cut off there is as if it had not been.
  const isThinking = ({ type }: Json) => type === "thinking" || type === "redacted_thinking";
  return content.slice(0, content.findLastIndex((block) => !isThinking(block)) + 1);
}

/** The API takes objects only; what is none is sent as the provider's own advice for such arguments has it. */
function inputOf(text: string): Json {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  } catch {
    // Invalid JSON: wrapped below.
  }
  return { INVALID_JSON: text };
}

function textBlock(text: string): Json {
  return { type: "text", text: text.trim() === "" ? NOTHING : text };
}

function marked(blocks: readonly Json[], mark: Json): Json[] {
  return blocks.map((block, position) =>
    position === blocks.length - 1 ? { ...block, cache_control: mark } : block,
  );
}
