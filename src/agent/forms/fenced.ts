// The form `fenced`: thinking in words and exactly one fenced block with one command. It knows no tools.
import type { ModelReply } from "../../core/model.ts";
import { fencedText, scanBlocks } from "../blocks.ts";
import { afterThinking, holdsNativeCall, malformed, nativeCall, replyText } from "../replyText.ts";
import type { AskedCommand, TextForm } from "./textForm.ts";

const WHERE = "in a fenced block";
const LONGER_FENCE = "If the command itself holds a line of three backquotes, use four or more around it.";

export const fencedForm: TextForm = {
  name: "fenced",
  version: 1,
  parse: parseFenced,
  write: (thought, command) => `${thought}\n\n${fencedText(command)}`,
  thoughtOf: (text) => scanBlocks(afterThinking(text)).outside.trim(),
};

/** Reads a reply of the fenced format: exactly one block between fences of three or more backquotes. */
export function parseFenced(reply: Pick<ModelReply, "text" | "toolCalls" | "finish">): AskedCommand {
  const text = replyText(reply, WHERE);
  if (typeof text !== "string") return text;
  const { blocks, outside, open } = scanBlocks(text);
  if (holdsNativeCall(outside)) return malformed(nativeCall(WHERE));
  if (open) {
    return malformed(
      "A fenced block is opened and not closed: end it with the same line of backquotes, alone on its line. " +
        LONGER_FENCE,
    );
  }
  const [command, ...others] = blocks;
  if (command === undefined)
    return malformed("Your reply holds no fenced block, so there is no command in it.");
  if (others.length > 0) {
    return malformed(`Your reply holds ${blocks.length} fenced blocks; write exactly one. ${LONGER_FENCE}`);
  }
  if (command.trim() === "") return malformed("The fenced block is empty.");
  return { kind: "command", command };
}
