// The body of a responses request, byte for byte the same for the same request; the server keeps nothing between two of them.
import type { Message, Reasoning } from "../core/message.ts";
import type { ModelRequest } from "../core/model.ts";
import { bodyWriter } from "./extraBody.ts";
import { blocksOf } from "./layout.ts";
import { reasoningFrom } from "./sentReasoning.ts";

/** Keys that `extraBody` may not hold, with what to do instead. */
const RESERVED: Readonly<Record<string, string>> = {
  model: "name the model in the model's own entry",
  input: "messages are the agent's",
  instructions: "the system message is the agent's",
  tools: "tools are the agent's",
  stream: "replies are read whole, since usage comes whole",
  background: "replies are read whole, since usage comes whole",
  store: "nothing is kept on the server, so that a call holds all that it depends on",
  previous_response_id: "nothing is kept on the server, so that a call holds all that it depends on",
  conversation: "nothing is kept on the server, so that a call holds all that it depends on",
  max_output_tokens: "set sampling.maxTokens, which budgets rely on",
};

export interface ResponsesEncoding {
  readonly modelName: string;
  /** Ask for reasoning in encrypted form, to be sent back. Models that do not reason refuse it. */
  readonly encryptedReasoning: boolean;
  /** How much of a summary of its reasoning to ask for; null: none. */
  readonly reasoningSummary: "auto" | "concise" | "detailed" | null;
  readonly extraBody: Readonly<Record<string, unknown>>;
}

type Json = Record<string, unknown>;

/** A function from requests to bodies. Throws UserError for a reserved or unserialisable member of `extraBody`. */
export function responsesEncoder(encoding: ResponsesEncoding): (request: ModelRequest) => string {
  const write = bodyWriter(encoding.extraBody, RESERVED);
  return (request) => write(ownBody(encoding, request));
}

function ownBody(encoding: ResponsesEncoding, request: ModelRequest): Json {
  const { sampling } = request;
  const from = reasoningFrom(request);
  const body: Json = {
    model: encoding.modelName,
    input: request.messages.flatMap((message, position) => itemsOf(message, position >= from)),
    store: false,
  };
  if (request.tools.length > 0) {
    body["tools"] = request.tools.map(({ name, description, parameters }) => ({
      type: "function",
      name,
      description,
      parameters,
      strict: false,
    }));
  }
  if (encoding.encryptedReasoning) body["include"] = ["reasoning.encrypted_content"];
  if (sampling.temperature !== undefined) body["temperature"] = sampling.temperature;
  if (sampling.topP !== undefined) body["top_p"] = sampling.topP;
  if (sampling.maxTokens !== undefined) body["max_output_tokens"] = sampling.maxTokens;
  const reasoning = {
    ...(sampling.reasoningEffort === undefined ? {} : { effort: sampling.reasoningEffort }),
    ...(encoding.reasoningSummary === null ? {} : { summary: encoding.reasoningSummary }),
  };
  if (Object.keys(reasoning).length > 0) body["reasoning"] = reasoning;
  return body;
}

function itemsOf(message: Message, withReasoning: boolean): Json[] {
  switch (message.role) {
    case "system":
    case "user":
      return [{ type: "message", role: message.role, content: message.content }];
    case "tool":
      return [{ type: "function_call_output", call_id: message.toolCallId, output: message.content }];
    case "assistant":
      return assistantItems(message, withReasoning);
    default:
      return message satisfies never;
  }
}

function assistantItems(message: Extract<Message, { role: "assistant" }>, withReasoning: boolean): Json[] {
  const items: Json[] = [];
  let parts: Reasoning[] = [];
  const closeReasoning = () => {
    if (parts.length > 0) items.push(reasoningItem(parts));
    parts = [];
  };
  for (const block of blocksOf(message)) {
    if (block.kind === "reasoning") {
      if (!withReasoning) continue;
      if (parts.length > 0 && parts[0]?.id !== block.part.id) closeReasoning();
      parts.push(block.part);
      continue;
    }
    closeReasoning();
    if (block.kind === "call") {
      const { id, name, arguments: text } = block.call;
      items.push({ type: "function_call", call_id: id, name, arguments: text });
    } else {
      const phase = block.phase === undefined ? {} : { phase: block.phase };
      items.push({ type: "message", role: "assistant", content: block.text, ...phase });
    }
  }
  closeReasoning();
  // An item of reasoning belongs to what follows it: one that nothing follows would be refused.
  return items.slice(0, items.findLastIndex(({ type }) => type !== "reasoning") + 1);
}

/** The item as it came: its summary's parts beside the encrypted original, or plain reasoning where a server shows it. */
function reasoningItem(parts: readonly Reasoning[]): Json {
  const texts = parts.flatMap(({ text }) => (text === "" ? [] : [text]));
  const id = parts[0]?.id;
  const encrypted = parts.find((part) => part.encrypted !== undefined)?.encrypted;
  const head = { type: "reasoning", ...(id === undefined ? {} : { id }) };
  return encrypted === undefined
    ? { ...head, summary: [], content: texts.map((text) => ({ type: "reasoning_text", text })) }
    : {
        ...head,
        summary: texts.map((text) => ({ type: "summary_text", text })),
        encrypted_content: encrypted,
      };
}
