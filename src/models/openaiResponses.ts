// The wire `openaiResponses`: OpenAI's responses API without state on the server, one call per request. It knows nothing of
// retries, budgets or other endpoints, and loses nothing of the reply: encrypted reasoning goes back as it came.
import type { Model } from "../core/model.ts";
import { openaiClient } from "./openaiClient.ts";
import { projectResponsesReply } from "./openaiResponsesReply.ts";
import { type ResponsesEncoding, responsesEncoder } from "./openaiResponsesRequest.ts";
import { type WireOptions, wireModel } from "./wire.ts";

export interface OpenaiResponsesOptions
  extends WireOptions,
    Pick<ResponsesEncoding, "encryptedReasoning" | "reasoningSummary"> {}

/**
 * A model behind one base URL, which ends before `/responses`. Throws UserError at once for a base URL, key or extraBody that
 * cannot work. Contract: as of `wireModel`.
 */
export function openaiResponses(options: OpenaiResponsesOptions): Model {
  const { modelName, encryptedReasoning, reasoningSummary, extraBody } = options;
  return wireModel(options, (connection) => ({
    provider: "openai",
    api: "a responses API",
    path: "/responses",
    requestIdHeader: "x-request-id",
    encode: responsesEncoder({ modelName, encryptedReasoning, reasoningSummary, extraBody }),
    project: projectResponsesReply,
    post: openaiClient(connection),
  }));
}
