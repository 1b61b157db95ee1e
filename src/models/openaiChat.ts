// The wire `openai`: chat completions against any OpenAI-compatible base URL, one call per request. It knows nothing of
// retries, budgets or other endpoints, and loses nothing of the reply.
import type { Model } from "../core/model.ts";
import { projectChatReply } from "./chatReply.ts";
import type { ReasoningField } from "./chatRequest.ts";
import { chatEncoder, outputLimitField } from "./chatRequest.ts";
import { openaiClient } from "./openaiClient.ts";
import { type WireOptions, wireModel } from "./wire.ts";

export interface OpenaiChatOptions extends WireOptions {
  /** Keep a leading `<think>…</think>` block of the text apart as reasoning. Only for servers that do not do so themselves. */
  readonly thinkTags: boolean;
  /** The member of an assistant message in which the server takes reasoning back; default null: it takes none. */
  readonly reasoningField?: ReasoningField | null;
}

/**
 * A model behind one base URL, which ends before `/chat/completions`. Throws UserError at once for a base URL, key or
 * extraBody that cannot work. Contract: as of `wireModel`.
 */
export function openaiChat(options: OpenaiChatOptions): Model {
  return wireModel(options, (connection) => ({
    provider: "openai",
    api: "a chat completions API",
    path: "/chat/completions",
    requestIdHeader: "x-request-id",
    encode: chatEncoder({
      modelName: options.modelName,
      outputLimit: outputLimitField(connection.baseUrl),
      reasoningField: options.reasoningField ?? null,
      extraBody: options.extraBody,
    }),
    project: (verbatim) => projectChatReply(verbatim, options),
    post: openaiClient(connection),
  }));
}
