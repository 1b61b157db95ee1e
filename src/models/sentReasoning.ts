// Which messages of a request are sent with their reasoning.
import type { ModelRequest } from "../core/model.ts";

/** Position of the first message whose reasoning is sent; past the last one where none is. */
export function reasoningFrom({
  messages,
  reasoningInHistory,
}: Pick<ModelRequest, "messages" | "reasoningInHistory">): number {
  switch (reasoningInHistory) {
    case "all":
      return 0;
    case "sinceUser":
      return messages.findLastIndex(({ role }) => role === "user") + 1;
    case "none":
    case undefined:
      return messages.length;
    default:
      return reasoningInHistory satisfies never;
  }
}
