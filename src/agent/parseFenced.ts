// Finds the one fenced block of a reply, or says to the model what is wrong with the reply's form. It knows no tools.
import type { ModelReply } from "../core/model.ts";

export type Fenced =
  | { readonly kind: "command"; readonly command: string }
  | { readonly kind: "malformed"; readonly error: string; readonly refusal: boolean };

/**
 * Reads a reply of the fenced format: exactly one block between fences of three or more backquotes (CommonMark 0.31,
 * 4.5: the closing fence is at least as long and stands alone), so that a longer fence can hold shorter ones.
 */
export function parseFenced(reply: Pick<ModelReply, "text" | "toolCalls" | "finish">): Fenced {
  switch (reply.finish) {
    case "contentFilter":
      return {
        ...malformed("The reply was withheld by a content filter. Put it differently, and keep to the task."),
        refusal: true,
      };
    case "length":
      return malformed(
        "Your reply was cut off because it grew too long. Think more briefly; write a long file in several steps.",
      );
    case "error":
      return malformed("Your reply broke off before it was complete. Give it again.");
    case "stop":
    case "toolCalls":
      return reply.toolCalls.length > 0 ? malformed(NATIVE_CALL) : parseText(afterThinking(reply.text));
    default:
      return reply.finish satisfies never;
  }
}

const NATIVE_CALL =
  "Your reply makes a tool call in a format of its own, which is not read here. Write the command in a fenced block.";

/** How models write tool calls that their server did not take out of the text. */
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

interface Scan {
  readonly blocks: readonly string[];
  readonly outside: string;
  readonly open: boolean;
}

function parseText(text: string): Fenced {
  const { blocks, outside, open } = scan(text);
  if (CALL_TAGS.test(outside)) return malformed(NATIVE_CALL);
  if (open) {
    return malformed(
      "A fenced block is opened and not closed: end it with the same line of backquotes, alone on its line. " +
        "If the command itself holds a line of three backquotes, use four or more around it.",
    );
  }
  const [command, ...others] = blocks;
  if (command === undefined)
    return malformed("Your reply holds no fenced block, so there is no command in it.");
  if (others.length > 0) {
    return malformed(
      `Your reply holds ${blocks.length} fenced blocks; write exactly one. ` +
        "If the command itself holds a line of three backquotes, use four or more around it.",
    );
  }
  if (command.trim() === "") return malformed("The fenced block is empty.");
  return { kind: "command", command };
}

function scan(text: string): Scan {
  const blocks: string[] = [];
  const outside: string[] = [];
  let fence: string | null = null;
  let block: string[] = [];
  for (const line of text.replaceAll("\r\n", "\n").split("\n")) {
    if (fence === null) {
      fence = /^ {0,3}(`{3,})[^`]*$/.exec(line)?.[1] ?? null;
      if (fence === null) outside.push(line);
    } else if (closes(line, fence)) {
      blocks.push(block.join("\n"));
      block = [];
      fence = null;
    } else {
      block.push(line);
    }
  }
  return { blocks, outside: outside.join("\n"), open: fence !== null };
}

function closes(line: string, fence: string): boolean {
  const run = /^ {0,3}(`{3,})[ \t]*$/.exec(line)?.[1];
  return run !== undefined && run.length >= fence.length;
}

/**
 * The text after a leading part of reasoning that a server left in it. Some chat templates open that part themselves,
 * so that only its end is seen, alone on a line.
 */
function afterThinking(text: string): string {
  const end = /<\/think>/.exec(text);
  if (end === null) return text;
  const opened = text.trimStart().startsWith("<think>");
  const alone =
    /(?:^|\n)[ \t]*$/.test(text.slice(0, end.index).slice(-80)) &&
    !text.slice(0, end.index).includes("<think>");
  return opened || alone ? text.slice(end.index + end[0].length) : text;
}

function malformed(error: string): {
  readonly kind: "malformed";
  readonly error: string;
  readonly refusal: false;
} {
  return { kind: "malformed", error, refusal: false };
}
