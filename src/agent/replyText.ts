// What the readers of replies share: whether a reply is whole, its text without thinking that a server left in, and traces of tool calls in
// a format of the model's own. Every scan here is linear in the text, and the text is bounded.
import type { ModelReply } from "../core/model.ts";

/** A reply that cannot be carried out; `error` is in words for the model. */
export interface Malformed {
  readonly kind: "malformed";
  readonly error: string;
  readonly refusal: boolean;
}

/** Longest text that is read: some 250,000 tokens, more than any reply has. */
export const REPLY_CHARACTERS_MAX = 1_000_000;

/** Why a reply is not whole, in words for the model; null when it is. */
export function brokenOff(finish: ModelReply["finish"]): string | null {
  switch (finish) {
    case "contentFilter":
      return "The reply was withheld by a content filter. Put it differently, and keep to the task.";
    case "length":
      return "Your reply was cut off because it grew too long. Think more briefly; write a long file in several steps.";
    case "error":
      return "Your reply broke off before it was complete. Give it again.";
    case "stop":
    case "toolCalls":
      return null;
    default:
      return finish satisfies never;
  }
}

/** A reply that cannot be carried out, for this reason; `refusal`: the provider withheld it. */
export function malformed(error: string, refusal = false): Malformed {
  return { kind: "malformed", error, refusal };
}

/**
 * The text of a whole reply of a text scaffold, without a leading part of thinking; else what is wrong with it. `where` says
 * where a command belongs in this form.
 */
export function replyText(
  reply: Pick<ModelReply, "text" | "toolCalls" | "finish">,
  where: string,
): string | Malformed {
  const broken = brokenOff(reply.finish);
  if (broken !== null) return malformed(broken, reply.finish === "contentFilter");
  if (reply.toolCalls.length > 0) return malformed(nativeCall(where));
  if (reply.text.length > REPLY_CHARACTERS_MAX) {
    return malformed(
      "Your reply is too long to be read. Think more briefly; write a long file in several steps.",
    );
  }
  return afterThinking(reply.text);
}

/** What a model is told that calls a tool in a format of its own. */
export function nativeCall(where: string): string {
  return `Your reply makes a tool call in a format of its own, which is not read here. Write the command ${where}.`;
}

/** Whether text holds a tool call as models write them, where their server did not take it out of the text. */
export function holdsNativeCall(text: string): boolean {
  return CALL_TAGS.test(text);
}

const CALL_TAGS = new RegExp(
  [
    "</?(?:antml:)?(?:tool_calls?|function_calls?|tool_use|tool_code|invoke)\\b[^>\\n]{0,200}>",
    "<function=[^>\\n]{1,200}>",
    "<[|｜](?:tool|python_tag|start_function)[^>\\n]{0,80}[|｜]>",
    "\\[TOOL_CALLS\\]",
    "<\\w{1,20}:tool_call>",
  ].join("|"),
  "i",
);

/**
 * The text after a leading part of reasoning that a server left in it. Some chat templates open that part themselves,
 * so that only its end is seen, alone on a line.
 */
export function afterThinking(text: string): string {
  const end = /<\/think>/.exec(text);
  if (end === null) return text;
  const opened = text.trimStart().startsWith("<think>");
  const alone =
    /(?:^|\n)[ \t]*$/.test(text.slice(0, end.index).slice(-80)) &&
    !text.slice(0, end.index).includes("<think>");
  return opened || alone ? text.slice(end.index + end[0].length) : text;
}
