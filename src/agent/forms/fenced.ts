// The form `fenced`: thinking in words and exactly one fenced block with one command. It knows no tools.
import type { ModelReply } from "../../core/model.ts";
import { scanBlocks } from "../blocks.ts";
import { afterThinking, malformed } from "../replyText.ts";
import { LONGER_FENCE, readBlocks, writeBlock } from "./blockReply.ts";
import type { AskedCommand, TextForm } from "./textForm.ts";

const WHERE = "in a fenced block";

export const fencedForm: TextForm = {
  name: "fenced",
  version: 1,
  parse: parseFenced,
  write: writeBlock,
  thoughtOf: (text) => scanBlocks(afterThinking(text)).outside.trim(),
};

/** Reads a reply of the fenced format: exactly one block between fences of three or more backquotes. */
export function parseFenced(reply: Pick<ModelReply, "text" | "toolCalls" | "finish">): AskedCommand {
  const blocks = readBlocks(reply, WHERE, "A");
  if ("kind" in blocks) return blocks;
  const [command = "", ...others] = blocks;
  if (others.length > 0) {
    return malformed(`Your reply holds ${blocks.length} fenced blocks; write exactly one. ${LONGER_FENCE}`);
  }
  if (command.trim() === "") return malformed("The fenced block is empty.");
  return { kind: "command", command };
}
