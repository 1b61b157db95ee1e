// The form `lastBlock`: thinking in words that may quote code in fenced blocks; the last block is the command. It knows no tools.
import type { ModelReply } from "../../core/model.ts";
import { fencedText, scanBlocks } from "../blocks.ts";
import { afterThinking, holdsNativeCall, malformed, nativeCall, replyText } from "../replyText.ts";
import type { AskedCommand, TextForm } from "./textForm.ts";

const WHERE = "in the last fenced block";

export const lastBlockForm: TextForm = {
  name: "lastBlock",
  version: 1,
  parse: parseLastBlock,
  write: (thought, command) => `${thought}\n\n${fencedText(command)}`,
  thoughtOf(text) {
    const { blocks, outside } = scanBlocks(afterThinking(text));
    return [outside.trim(), ...blocks.slice(0, -1).map(fencedText)].join("\n");
  },
};

/** Reads the last top-level block of a reply; earlier ones are part of the thinking. */
export function parseLastBlock(reply: Pick<ModelReply, "text" | "toolCalls" | "finish">): AskedCommand {
  const text = replyText(reply, WHERE);
  if (typeof text !== "string") return text;
  const { blocks, outside, open } = scanBlocks(text);
  if (holdsNativeCall(outside)) return malformed(nativeCall(WHERE));
  if (open) {
    return malformed(
      "The last fenced block is opened and not closed: end it with the same line of backquotes, alone on its line. " +
        "If the command itself holds a line of three backquotes, use four or more around it.",
    );
  }
  const command = blocks.at(-1);
  if (command === undefined)
    return malformed("Your reply holds no fenced block, so there is no command in it.");
  if (command.trim() === "") return malformed("The last fenced block is empty.");
  return { kind: "command", command };
}
