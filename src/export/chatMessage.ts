// A message in the form that chat templates read: OpenAI's roles and names, with tool arguments as objects. What a message
// does not have is absent, never null: a template would render the null.
import type { Json } from "../core/json.ts";
import { parsedArguments } from "../dataset/messageRows.ts";
import type { MessageRow } from "../dataset/schema.ts";
import type { Turn } from "./branches.ts";

export type ChatMessage = { readonly [key: string]: Json };

/**
 * The message, with `train` on assistant turns; null when a call's arguments are not a JSON object (an object is what
 * trainers' templates want, and a string in its place would teach escaped JSON).
 */
export function chatMessage({ message, train, reasoning }: Turn): ChatMessage | null {
  const calls = toolCalls(message);
  if (calls === null) return null;
  return {
    role: message.role,
    content: message.content,
    ...(message.reasoning === null || !reasoning ? {} : { reasoning_content: message.reasoning }),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
    ...(message.name === null ? {} : { name: message.name }),
    ...(message.tool_call_id === null ? {} : { tool_call_id: message.tool_call_id }),
    ...(message.role === "assistant" ? { train } : {}),
  };
}

function toolCalls(message: MessageRow): ChatMessage[] | null {
  const calls: ChatMessage[] = [];
  for (const call of message.tool_calls ?? []) {
    const parsed = parsedArguments(call.arguments);
    if (parsed === null) return null;
    calls.push({ type: "function", id: call.id, function: { name: call.name, arguments: parsed } });
  }
  return calls;
}
