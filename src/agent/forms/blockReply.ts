// What the forms share whose command stands in a fenced block: the blocks of a whole reply, and a reply with one.
import type { ModelReply } from "../../core/model.ts";
import { fencedText, scanBlocks } from "../blocks.ts";
import { holdsNativeCall, type Malformed, malformed, nativeCall, replyText } from "../replyText.ts";

export const LONGER_FENCE =
  "If the command itself holds a line of three backquotes, use four or more around it.";

/** The closed top-level blocks of a reply, at least one; else what is wrong with it. `where` as for `replyText`, `which` begins a sentence. */
export function readBlocks(
  reply: Pick<ModelReply, "text" | "toolCalls" | "finish">,
  where: string,
  which: string,
): readonly string[] | Malformed {
  const text = replyText(reply, where);
  if (typeof text !== "string") return text;
  const { blocks, outside, open } = scanBlocks(text);
  if (holdsNativeCall(outside)) return malformed(nativeCall(where));
  if (open) {
    return malformed(
      `${which} fenced block is opened and not closed: end it with the same line of backquotes, alone on its line. ${LONGER_FENCE}`,
    );
  }
  if (blocks.length === 0)
    return malformed("Your reply holds no fenced block, so there is no command in it.");
  return blocks;
}

/** A reply with its thinking before the one block. */
export function writeBlock(thought: string, command: string): string {
  return `${thought}\n\n${fencedText(command)}`;
}
