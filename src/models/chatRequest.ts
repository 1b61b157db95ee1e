// The body of a chat completions request, byte for byte the same for the same request. It sends nothing.
import type { Message } from "../core/message.ts";
import type { ModelRequest } from "../core/model.ts";
import { bodyWriter } from "./extraBody.ts";
import { reasoningFrom } from "./sentReasoning.ts";

/** Seeds are folded to 31 bits: several servers read them as a signed 32-bit integer. */
const SEED_MODULUS = 2 ** 31;

/** Keys that `extraBody` may not hold, with what to do instead. */
const RESERVED: Readonly<Record<string, string>> = {
  model: "name the model in the model's own entry",
  messages: "messages are the agent's",
  tools: "tools are the agent's",
  stream: "replies are read whole, since token ids and usage come whole",
  stream_options: "replies are read whole, since token ids and usage come whole",
  n: "one reply is sampled per call; raise the number of seeds instead",
  max_tokens: "set sampling.maxTokens, which budgets rely on",
  max_completion_tokens: "set sampling.maxTokens, which budgets rely on",
};

/** Members by which servers take reasoning back: there is no common one. */
export const REASONING_FIELDS = ["reasoning_content", "reasoning"] as const;
export type ReasoningField = (typeof REASONING_FIELDS)[number];

export interface ChatEncoding {
  readonly modelName: string;
  /** Which name the server knows the output limit by; see `outputLimitField`. */
  readonly outputLimit: "max_tokens" | "max_completion_tokens";
  /** Null: reasoning is never sent back. */
  readonly reasoningField: ReasoningField | null;
  /** Further members of the body. What the request itself sets wins over a member of the same name. */
  readonly extraBody: Readonly<Record<string, unknown>>;
}

/**
 * The name of the output limit: hosted OpenAI and Azure refuse `max_tokens` for reasoning models, while many other servers
 * know only that name.
 */
export function outputLimitField(baseUrl: URL): ChatEncoding["outputLimit"] {
  const host = baseUrl.hostname;
  const official = host === "api.openai.com" || host.endsWith(".openai.azure.com");
  return official ? "max_completion_tokens" : "max_tokens";
}

/**
 * A function from requests to bodies. Order of members: model, messages, tools, sampling, seed, then `extraBody` sorted by key.
 * Throws UserError for a reserved or unserialisable member of `extraBody`.
 */
export function chatEncoder(encoding: ChatEncoding): (request: ModelRequest) => string {
  const write = bodyWriter(encoding.extraBody, RESERVED);
  return (request) => write(ownBody(encoding, request));
}

function ownBody(encoding: ChatEncoding, request: ModelRequest): Record<string, unknown> {
  const { sampling } = request;
  const from = encoding.reasoningField === null ? request.messages.length : reasoningFrom(request);
  const body: Record<string, unknown> = {
    model: encoding.modelName,
    messages: request.messages.map((message, position) =>
      position < from ? wireMessage(message) : withReasoning(message, encoding.reasoningField),
    ),
  };
  if (request.tools.length > 0) {
    body["tools"] = request.tools.map(({ name, description, parameters }) => ({
      type: "function",
      function: { name, description, parameters },
    }));
  }
  if (sampling.temperature !== undefined) body["temperature"] = sampling.temperature;
  if (sampling.topP !== undefined) body["top_p"] = sampling.topP;
  if (sampling.topK !== undefined) body["top_k"] = sampling.topK;
  if (sampling.maxTokens !== undefined) body[encoding.outputLimit] = sampling.maxTokens;
  if (sampling.stop !== undefined) body["stop"] = sampling.stop;
  if (sampling.reasoningEffort !== undefined) body["reasoning_effort"] = sampling.reasoningEffort;
  if (sampling.seeded === true) body["seed"] = request.seed % SEED_MODULUS;
  return body;
}

/** Only where a server is known to take it: several refuse a member that they do not know. */
function withReasoning(message: Message, field: ReasoningField | null): Record<string, unknown> {
  const wired = wireMessage(message);
  const text = message.role === "assistant" ? message.reasoning.map((part) => part.text).join("\n\n") : "";
  return field === null || text === "" ? wired : { ...wired, [field]: text };
}

function wireMessage(message: Message): Record<string, unknown> {
  switch (message.role) {
    case "system":
    case "user":
      return { role: message.role, content: message.content };
    case "assistant": {
      if (message.toolCalls.length === 0) return { role: "assistant", content: message.content };
      const toolCalls = message.toolCalls.map((call) => ({
        id: call.id,
        type: "function",
        function: { name: call.name, arguments: call.arguments },
      }));
      // Some servers refuse an empty text beside tool calls; all take null.
      const content = message.content === "" ? null : message.content;
      return { role: "assistant", content, tool_calls: toolCalls };
    }
    case "tool":
      return { role: "tool", tool_call_id: message.toolCallId, content: message.content };
    default:
      return message satisfies never;
  }
}
