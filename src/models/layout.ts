// The order of a reply's blocks. Most replies are reasoning, then text, then calls; where one is not, its order is kept as a
// short text, so that it can be sent back exactly as it came.
import type { Message, Reasoning, ToolCall } from "../core/message.ts";

export type Block =
  | { readonly kind: "reasoning"; readonly part: Reasoning }
  /** `phase`: a provider's mark on the text that it wants to see again. */
  | { readonly kind: "text"; readonly text: string; readonly phase?: string | undefined }
  | { readonly kind: "call"; readonly call: ToolCall };

type Assistant = Extract<Message, { role: "assistant" }>;

/** The members of a reply that its blocks add up to. */
export function assembled(blocks: readonly Block[]) {
  const full = blocks.filter((block) => block.kind !== "text" || block.text !== "");
  const layout = full.map(mark).join(" ");
  const usual = /^(?:r ?)*(?:t\d+ ?)?(?:c ?)*$/.test(layout);
  return {
    text: full.flatMap((block) => (block.kind === "text" ? [block.text] : [])).join(""),
    reasoning: full.flatMap((block) => (block.kind === "reasoning" ? [block.part] : [])),
    toolCalls: full.flatMap((block) => (block.kind === "call" ? [block.call] : [])),
    ...(usual ? {} : { layout }),
  };
}

/** The blocks again; in the usual order where the layout is absent or not that of this message. */
export function blocksOf(
  message: Pick<Assistant, "content" | "reasoning" | "toolCalls" | "layout">,
): Block[] {
  const reasoning = [...message.reasoning];
  const calls = [...message.toolCalls];
  let rest = message.content;
  const blocks: Block[] = [];
  for (const word of message.layout?.split(" ") ?? []) {
    const part = word === "r" ? reasoning.shift() : undefined;
    const call = word === "c" ? calls.shift() : undefined;
    const text = /^t(\d+)(?:\/(\w+))?$/.exec(word);
    if (part !== undefined) blocks.push({ kind: "reasoning", part });
    else if (call !== undefined) blocks.push({ kind: "call", call });
    else if (text !== null) {
      const length = Number(text[1]);
      blocks.push({ kind: "text", text: rest.slice(0, length), phase: text[2] });
      rest = rest.slice(length);
    }
  }
  const whole = rest === "" && reasoning.length === 0 && calls.length === 0;
  if (message.layout !== undefined && whole) return blocks;
  return [
    ...message.reasoning.map((part): Block => ({ kind: "reasoning", part })),
    ...(message.content === "" ? [] : [{ kind: "text", text: message.content } as const]),
    ...message.toolCalls.map((call): Block => ({ kind: "call", call })),
  ];
}

function mark(block: Block): string {
  switch (block.kind) {
    case "reasoning":
      return "r";
    case "call":
      return "c";
    case "text":
      return `t${block.text.length}${block.phase === undefined ? "" : `/${block.phase}`}`;
    default:
      return block satisfies never;
  }
}
