// A message in the form that chat templates read: OpenAI's roles and names, with tool arguments as objects. What a message
// does not have is absent, never null: a template would render the null.
import type { Json } from "../core/json.ts";
import { parsedArguments } from "../dataset/messageRows.ts";
import type { MessageRow } from "../dataset/schema.ts";
import type { Turn } from "./branches.ts";

export type ChatMessage = { readonly [key: string]: Json };

/** How a message is shown. */
export interface ChatForm {
  /** Tool arguments parsed (what trainers' templates want), or the string that the model wrote (what the wire has). */
  readonly arguments: "object" | "string";
  /** The mark on assistant turns: its name and its value for trained and untrained ones; null: none. */
  readonly mark: { readonly name: string; readonly trained: Json; readonly untrained: Json } | null;
}

export const OBJECT_FORM: ChatForm = {
  arguments: "object",
  mark: { name: "train", trained: true, untrained: false },
};
export const UNMARKED_FORM: ChatForm = { arguments: "object", mark: null };

/**
 * The message, with `train` on assistant turns; null when a call's arguments are not a JSON object (an object is what
 * trainers' templates want, and a string in its place would teach escaped JSON).
 */
export function chatMessage(turn: Turn): ChatMessage | null {
  return chatMessageIn(turn, OBJECT_FORM);
}

/** The message without a mark, for formats that train on whole completions. */
export function unmarkedMessage(turn: Turn): ChatMessage | null {
  return chatMessageIn(turn, UNMARKED_FORM);
}

/** The message in a form; null as for `chatMessage`, whatever the form: what cannot be parsed was no call. */
export function chatMessageIn({ message, train, reasoning }: Turn, form: ChatForm): ChatMessage | null {
  const calls = toolCalls(message, form);
  if (calls === null) return null;
  const { mark } = form;
  return {
    role: message.role,
    content: message.content,
    ...(message.reasoning === null || !reasoning ? {} : { reasoning_content: message.reasoning }),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
    ...(message.name === null ? {} : { name: message.name }),
    ...(message.tool_call_id === null ? {} : { tool_call_id: message.tool_call_id }),
    ...(message.role === "assistant" && mark !== null
      ? { [mark.name]: train ? mark.trained : mark.untrained }
      : {}),
  };
}

function toolCalls(message: MessageRow, form: ChatForm): ChatMessage[] | null {
  const calls: ChatMessage[] = [];
  for (const call of message.tool_calls ?? []) {
    const parsed = parsedArguments(call.arguments);
    if (parsed === null) return null;
    const written = form.arguments === "object" ? parsed : call.arguments;
    calls.push({ type: "function", id: call.id, function: { name: call.name, arguments: written } });
  }
  return calls;
}
