// A tokenizer with its chat template, as the recipes that tokenise see it. Which packages are behind it is openChatTokenizer.ts.
import type { ChatMessage } from "./chatMessage.ts";

/** A conversation as text, cut where the model's own turns begin and end. */
export interface RenderedPiece {
  readonly text: string;
  /** Position among the assistant messages, from 0, where the text is what the model would sample; null: it is what it reads. */
  readonly turn: number | null;
}

export interface ChatTokenizer {
  /** SHA-256 of tokenizer.json, and of the template's text. */
  readonly tokenizerSha256: string;
  readonly templateSha256: string;
  /** How turns of the model were told from the rest: by the template's own marks, or by rendering it turn by turn. */
  readonly masking: "generation" | "prefixes";
  /**
   * The pieces of a conversation, in order. Null where the template refuses it, or where its rendering cannot be cut at the turns:
   * it shows fewer or more of them than there are, or an earlier turn otherwise once a later one is there.
   */
  render(
    messages: readonly ChatMessage[],
    tools: readonly ChatMessage[] | null,
  ): readonly RenderedPiece[] | null;
  /** Token ids of a text, no special tokens added. */
  encode(text: string): readonly number[];
  /** The text of token ids, special tokens included; null where one is not of this tokenizer. */
  decode(ids: readonly number[]): string | null;
}
