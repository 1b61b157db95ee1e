// The interface of text scaffolds: how a reply is read, and how one is written. What is common to them all is in textAgent.ts.
import type { ModelReply } from "../../core/model.ts";
import type { Malformed } from "../replyText.ts";

/** A reply that holds a command as text, for the tool that its first word names. */
export type AskedCommand = { readonly kind: "command"; readonly command: string } | Malformed;

/** What a reply asks for: a command, or a tool with its arguments. `text` is the action as the model wrote it. */
export type Asked =
  | AskedCommand
  | { readonly kind: "call"; readonly tool: string; readonly arguments: unknown; readonly text: string };

export interface TextForm {
  /** The scaffold's name; its prompts lie in the folder of that name, those of `fenced` above the others. */
  readonly name: "fenced" | "lastBlock" | "xml" | "json";
  /** Raised by hand when replies are read otherwise than before: part of the play hash. */
  readonly version: number;
  /** Contract: never throws, whatever a model writes, and takes time linear in it. */
  parse(reply: Pick<ModelReply, "text" | "toolCalls" | "finish">): Asked;
  /** A reply of this form that asks for a command, for demonstrations: what `parse` reads back. */
  write(thought: string, command: string): string;
  /** The thinking of a reply that `parse` reads, without its command: for demonstrations. */
  thoughtOf(text: string): string;
}
