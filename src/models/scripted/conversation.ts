// Reads the messages of a request back into turns: what was said, which command it held, and what came of it. It judges nothing.
import type { Message } from "../../core/message.ts";

/** One reply of the agent with the message that answered it. */
export interface Turn {
  /** The command of the reply; null where the reply held none, or was refused for its form. */
  readonly command: string | null;
  /** What was observed, without the line that tells the state. */
  readonly observation: string;
  /** True when the reply was refused for its form. */
  readonly refused: boolean;
  /** The file that the editor had open afterwards. */
  readonly openFile: string | null;
}

export interface Conversation {
  /** All that stood before the first reply, the system message left out. */
  readonly opening: string;
  readonly turns: readonly Turn[];
  readonly stepsMax: number;
}

const STATE_LINE = /\n?^\[(\d+) of (\d+) steps used \| open file: (.*?) \| directory: .*\]\s*$/m;
const REFUSAL = /^Nothing was carried out\./;
/** Where no state line tells the budget. */
const STEPS_MAX_UNTOLD = 30;

/** Turns messages into a conversation. Messages of an unknown make are read as plain observations. */
export function readConversation(messages: readonly Message[]): Conversation {
  const firstReply = messages.findIndex(({ role }) => role === "assistant");
  const before = firstReply < 0 ? messages : messages.slice(0, firstReply);
  const opening = before
    .filter(({ role }) => role !== "system")
    .map(({ content }) => content)
    .join("\n");
  const turns: Turn[] = [];
  let openFile: string | null = null;
  for (let index = Math.max(firstReply, 0); index < messages.length; index++) {
    const reply = messages[index];
    if (reply?.role !== "assistant") continue;
    const answer = messages[index + 1];
    const content = answer === undefined || answer.role === "assistant" ? "" : answer.content;
    const refused = REFUSAL.test(content);
    const state = STATE_LINE.exec(content.slice(-600));
    if (state !== null) openFile = state[3] === "none" ? null : (state[3] ?? null);
    turns.push({
      command: refused ? null : fencedCommand(reply.content),
      observation: state === null ? content : content.slice(0, content.lastIndexOf(state[0])),
      refused,
      openFile,
    });
  }
  return { opening, turns, stepsMax: Number(STATE_LINE.exec(opening)?.[2] ?? STEPS_MAX_UNTOLD) };
}

/** The one fenced block of a reply; null when there is none or more than one. */
export function fencedCommand(text: string): string | null {
  const blocks = [...text.matchAll(/^(`{3,})[^`\n]*\n([\s\S]*?)^\1`*[ \t]*$/gm)];
  const [only, ...others] = blocks;
  return only === undefined || others.length > 0 ? null : (only[2] ?? "").replace(/\n$/, "");
}
