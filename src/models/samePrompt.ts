// A model that is asked nothing before its first request is the very one that is expected: what a branch begins with.
import { messageSha256, promptSha256 } from "../core/message.ts";
import type { Model } from "../core/model.ts";
import { ModelCallError } from "./callError.ts";

/**
 * `model`, whose first request must have the given hash over messages and tools. Contract: where it has another, `complete` throws
 * ModelCallError, never transient, and the model is not called: nothing is paid for an alternative to another prompt.
 */
export function withSamePrompt(model: Model, expectedSha256: string): Model {
  let isFirst = true;
  return {
    ...model,
    encode: (request) => model.encode(request),
    complete(request, signal) {
      const { messages, tools } = request;
      if (isFirst && promptSha256(tools, messages.map(messageSha256)) !== expectedSha256) {
        const none = { status: null, throttled: false, retryAfterMs: null, mayBeBilled: false };
        return Promise.reject(
          new ModelCallError(
            "branch: its first prompt is not the parent's (messages or tools differ), so its reply would be no alternative; branch with the version and the settings that played the parent",
            { ...none, transient: false },
          ),
        );
      }
      isFirst = false;
      return model.complete(request, signal);
    },
  };
}
