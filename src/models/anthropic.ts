// The wire `anthropic`: the messages API, one call per request. It knows nothing of retries, budgets or other endpoints, and
// loses nothing of the reply: thinking keeps its signatures and goes back as it came.
import Anthropic from "@anthropic-ai/sdk";
import { UserError } from "../core/errors.ts";
import type { Model } from "../core/model.ts";
import { projectAnthropicReply } from "./anthropicReply.ts";
import { type AnthropicEncoding, anthropicEncoder } from "./anthropicRequest.ts";
import { type Connection, type WireFormat, type WireOptions, wireModel } from "./wire.ts";

export interface AnthropicOptions
  extends WireOptions,
    Pick<AnthropicEncoding, "maxTokens" | "thinking" | "thinkingDisplay"> {
  /** Where the key goes: the API takes it as a bearer token; some gateways want a header of their own. */
  readonly keyHeader: "authorization" | "x-api-key";
  /** Names of beta features, sent with every call. */
  readonly betas: readonly string[];
}

/**
 * A model behind one base URL, which ends before `/v1/messages`. Throws UserError at once for a base URL, key, thinking budget
 * or extraBody that cannot work. Contract: as of `wireModel`.
 */
export function anthropic(options: AnthropicOptions): Model {
  const { modelName, maxTokens, thinking, thinkingDisplay, extraBody } = options;
  if (thinking !== null && thinking !== "adaptive" && thinking.budgetTokens >= maxTokens) {
    throw new UserError(
      `model "${options.id}" may think ${thinking.budgetTokens} tokens of at most ${maxTokens}: raise maxOutputTokens, thinking counts toward it`,
    );
  }
  return wireModel(options, (connection) => ({
    provider: "anthropic",
    api: "a messages API",
    path: "/v1/messages",
    requestIdHeader: "request-id",
    encode: anthropicEncoder({ modelName, maxTokens, thinking, thinkingDisplay, extraBody }),
    project: projectAnthropicReply,
    post: anthropicClient(connection, options),
  }));
}

/** Anthropic's SDK as a plain sender of bytes over our own transport; nothing is taken from the environment or from disk. */
function anthropicClient(
  { baseUrl, key, sdkTimeoutMs, fetch }: Connection,
  { betas, keyHeader }: Pick<AnthropicOptions, "betas" | "keyHeader">,
): WireFormat["post"] {
  const client = new Anthropic({
    baseURL: baseUrl.href,
    // With a key given, the SDK looks for no other credentials; which header carries it is said below.
    apiKey: key ?? "none",
    authToken: null,
    webhookKey: null,
    logLevel: "off",
    maxRetries: 0,
    timeout: sdkTimeoutMs,
    fetch,
  });
  const headers = {
    "content-type": "application/json",
    authorization: key === null || keyHeader !== "authorization" ? null : `Bearer ${key}`,
    "x-api-key": keyHeader === "x-api-key" ? key : null,
    ...(betas.length === 0 ? {} : { "anthropic-beta": betas.join(",") }),
  };
  // The body goes as text with its own content type: the SDK then sends these very bytes and serialises nothing.
  return (path, body, signal) => client.post(path, { body, headers, signal }).asResponse();
}
