// The tools that a rollout's model was given, in OpenAI's form.
import type { Json } from "../core/json.ts";
import type { RolloutRows } from "../dataset/rows.ts";
import type { ChatMessage } from "./chatMessage.ts";

/** Null in text formats. */
export function openAiTools({ trajectory }: RolloutRows): ChatMessage[] | null {
  const { tools } = trajectory;
  if (!Array.isArray(tools)) return null;
  return tools.map((tool: Json) => ({ type: "function", function: tool }));
}
