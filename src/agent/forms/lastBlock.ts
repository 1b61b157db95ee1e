// The form `lastBlock`: thinking in words that may quote code in fenced blocks; the last block is the command. It knows no tools.
import type { ModelReply } from "../../core/model.ts";
import { fencedText, scanBlocks } from "../blocks.ts";
import { afterThinking, malformed } from "../replyText.ts";
import { readBlocks, writeBlock } from "./blockReply.ts";
import type { AskedCommand, TextForm } from "./textForm.ts";

const WHERE = "in the last fenced block";

export const lastBlockForm: TextForm = {
  name: "lastBlock",
  version: 1,
  parse: parseLastBlock,
  write: writeBlock,
  thoughtOf(text) {
    const { blocks, outside } = scanBlocks(afterThinking(text));
    return [outside.trim(), ...blocks.slice(0, -1).map(fencedText)].join("\n");
  },
};

/** Reads the last top-level block of a reply; earlier ones are part of the thinking. */
export function parseLastBlock(reply: Pick<ModelReply, "text" | "toolCalls" | "finish">): AskedCommand {
  const blocks = readBlocks(reply, WHERE, "The last");
  if ("kind" in blocks) return blocks;
  const command = blocks.at(-1) ?? "";
  if (command.trim() === "") return malformed("The last fenced block is empty.");
  return { kind: "command", command };
}
