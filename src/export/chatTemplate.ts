// Renders a conversation by a model's chat template and finds the turns that the model would sample in the text. Templates with
// `{% generation %}` mark them: the marks become sentinels, which no text holds, before the template is read, since the engine
// would drop them. Other templates are rendered turn by turn, and what a turn adds is that turn, if all before it stays.
import type { ChatMessage } from "./chatMessage.ts";
import type { RenderedPiece } from "./chatTokenizer.ts";

/** Renders a template's text with these variables. Throws where the template refuses them. */
export type RenderTemplate = (variables: { readonly [name: string]: unknown }) => string;
/** Reads a template's text. Throws where it is none. */
export type ReadTemplate = (text: string) => RenderTemplate;

/** Private-use characters; a conversation that holds one is not rendered. */
const OPEN = "\u{10FF00}";
const CLOSE = "\u{10FF01}";

const GENERATION = /\{%-?\s*generation\s*-?%\}/g;
const END_GENERATION = /\{%-?\s*endgeneration\s*-?%\}/g;

export interface ChatTemplate {
  readonly masking: "generation" | "prefixes";
  render(
    messages: readonly ChatMessage[],
    tools: readonly ChatMessage[] | null,
  ): readonly RenderedPiece[] | null;
}

/**
 * `variables` are the tokenizer's own (`bos_token`, …). `eosToken`: where a turn ends for the model; what the template
 * writes behind it (a line feed, as a rule) was never sampled.
 */
export function chatTemplate(
  text: string,
  read: ReadTemplate,
  variables: { readonly [name: string]: unknown },
  eosToken: string | null,
): ChatTemplate {
  const masking = text.search(GENERATION) >= 0 ? "generation" : "prefixes";
  const render = read(masking === "generation" ? withSentinels(text) : text);
  const rendered = (
    messages: readonly ChatMessage[],
    tools: readonly ChatMessage[] | null,
    prompting: boolean,
  ): string | null => {
    try {
      return render({
        ...variables,
        messages,
        ...(tools === null ? {} : { tools }),
        add_generation_prompt: prompting,
      });
    } catch {
      return null;
    }
  };
  return {
    masking,
    render: (messages, tools) => {
      if (JSON.stringify(messages).includes(OPEN) || JSON.stringify(messages).includes(CLOSE)) return null;
      const pieces =
        masking === "generation"
          ? piecesOfMarks(rendered(messages, tools, false))
          : piecesOfPrefixes(
              messages,
              (to, prompting) => rendered(messages.slice(0, to), tools, prompting),
              eosToken,
            );
      if (pieces === null) return null;
      const turns = pieces.filter(({ turn }) => turn !== null).length;
      return turns === messages.filter(isAssistant).length ? pieces : null;
    },
  };
}

function withSentinels(text: string): string {
  return text.replaceAll(GENERATION, `{{ '${OPEN}' }}`).replaceAll(END_GENERATION, `{{ '${CLOSE}' }}`);
}

function piecesOfMarks(text: string | null): RenderedPiece[] | null {
  if (text === null) return null;
  const pieces: RenderedPiece[] = [];
  let turn = 0;
  for (const [index, part] of text.split(OPEN).entries()) {
    const [own, after, ...others] = index === 0 ? [undefined, part] : part.split(CLOSE);
    if (after === undefined || others.length > 0 || after.includes(CLOSE)) return null;
    if (own !== undefined) pieces.push({ text: own, turn: turn++ });
    if (after !== "") pieces.push({ text: after, turn: null });
  }
  return pieces;
}

/** Quadratic in the number of turns, as trainers do it that have no marks either. */
function piecesOfPrefixes(
  messages: readonly ChatMessage[],
  upTo: (count: number, prompting: boolean) => string | null,
  eosToken: string | null,
): RenderedPiece[] | null {
  const pieces: RenderedPiece[] = [];
  const whole = upTo(messages.length, false);
  if (whole === null) return null;
  let at = 0;
  let turn = 0;
  for (const [index, message] of messages.entries()) {
    if (!isAssistant(message)) continue;
    const before = upTo(index, true);
    const after = upTo(index + 1, false);
    if (before === null || after === null || !whole.startsWith(before) || !after.startsWith(before))
      return null;
    const end = before.length + endOfTurn(after.slice(before.length), eosToken);
    if (before.length < at || !whole.startsWith(after.slice(0, end))) return null;
    if (before.length > at) pieces.push({ text: whole.slice(at, before.length), turn: null });
    pieces.push({ text: whole.slice(before.length, end), turn: turn++ });
    at = end;
  }
  if (at < whole.length) pieces.push({ text: whole.slice(at), turn: null });
  return pieces;
}

/** Characters of a turn up to its end-of-turn token, or all of it. */
function endOfTurn(text: string, eosToken: string | null): number {
  const at = eosToken === null || eosToken === "" ? -1 : text.lastIndexOf(eosToken);
  return at < 0 || eosToken === null ? text.length : at + eosToken.length;
}

function isAssistant(message: ChatMessage): boolean {
  return message["role"] === "assistant";
}
