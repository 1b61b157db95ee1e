// A person at a terminal behind the model interface: is shown what a model would read, and answers with commands. What comes of it is
// recorded exactly like a model's rollout.
import { sha256 } from "../../core/hash.ts";
import { canonicalJson } from "../../core/json.ts";
import type { Message } from "../../core/message.ts";
import type { Model, ModelRequest } from "../../core/model.ts";
import type { Clock } from "../../core/runtime.ts";
import { ModelCallError } from "../callError.ts";
import { isThought, LINES_MAX, openEnd } from "./typed.ts";

export const HUMAN_PROVIDER = "human";
/** Usage is an approximation, as of the scripted policy: so many characters count as one token. */
const CHARACTERS_PER_TOKEN = 4;

/** The person's side of a terminal. */
export interface Person {
  say(text: string): void;
  /** The next line, without its end; null once there is no more. Rejects with the signal's reason. */
  ask(prompt: string, signal: AbortSignal): Promise<string | null>;
}

export interface HumanOptions {
  readonly id: string;
  readonly person: Person;
  /** The end marks of multi-line tools, by the tool's name. */
  readonly endMarkers: ReadonlyMap<string, string>;
  readonly clock: Clock;
}

const HOW_TO = [
  "You play. One line is one command, and the fence is put around it for you; what has several (here-documents, tools with an end mark, quotes left open, a trailing",
  "backslash) goes on until its end. A line that begins with # is a thought: it is kept with the command after it. The end of input (Ctrl-D)",
  "gives up; Ctrl-C stops the run, and `nightshift resume` goes on with it.",
].join("\n");

/**
 * A model that is a person. A reply is the thoughts and one fenced command. The end of input in a rollout that is under way is the reply
 * `forfeit`. Contract: `complete` throws ModelCallError, not transient, where a rollout begins and input has ended; calls come one
 * after the other.
 */
export function humanModel({ id, person, endMarkers, clock }: HumanOptions): Model {
  return {
    id,
    provider: HUMAN_PROVIDER,
    encode,
    async complete(request, signal) {
      signal.throwIfAborted();
      const startedMs = clock.monotonic();
      const fresh = sinceLastReply(request.messages);
      const isFirst = fresh.length === request.messages.length;
      person.say(["", ...fresh.map(({ content }) => content), ...(isFirst ? ["", HOW_TO] : [])].join("\n"));
      const { thoughts, command } = (await readReply(person, endMarkers, signal)) ?? gaveUp(person, isFirst);
      const fence = fenceFor(command);
      const text = [...thoughts, ...(thoughts.length > 0 ? [""] : []), fence, command, fence].join("\n");
      const body = encode(request);
      return {
        text,
        reasoning: [],
        toolCalls: [],
        finish: "stop",
        usage: { input: tokens(body), cacheRead: 0, cacheWrite: 0, output: tokens(text), reasoning: 0 },
        tokens: null,
        servedModel: id,
        requestId: null,
        policyVersion: null,
        latencyMs: clock.monotonic() - startedMs,
        throttledMs: 0,
        providerCostUsd: null,
        costUsd: 0,
        endpoint: HUMAN_PROVIDER,
        verbatim: canonicalJson({ thoughts, command }),
        requestSha256: sha256(body),
      };
    },
  };
}

interface Reply {
  readonly thoughts: readonly string[];
  readonly command: string;
}

/** Thoughts and one whole command; null where input ends before it. */
async function readReply(
  person: Person,
  endMarkers: HumanOptions["endMarkers"],
  signal: AbortSignal,
): Promise<Reply | null> {
  const thoughts: string[] = [];
  const lines: string[] = [];
  let open: string | null = null;
  do {
    const line = await person.ask(lines.length === 0 ? "> " : "… ", signal);
    if (line === null) return null;
    if (lines.length === 0 && line.trim() === "") continue;
    if (lines.length === 0 && isThought(line)) {
      thoughts.push(line.replace(/^\s*#\s*/, ""));
      continue;
    }
    lines.push(line);
    open = openEnd(lines, endMarkers);
    if (lines.length >= LINES_MAX || thoughts.length >= LINES_MAX) {
      person.say(
        `that is more than ${LINES_MAX} lines without an end (${open}); it is forgotten, begin anew`,
      );
      lines.length = 0;
      thoughts.length = 0;
    }
  } while (lines.length === 0 || open !== null);
  return { thoughts, command: lines.join("\n") };
}

/** Input has ended: whoever was playing gives up, and where nobody was there is nobody. */
function gaveUp(person: Person, isFirst: boolean): Reply {
  if (isFirst) {
    const none = { status: null, throttled: false, retryAfterMs: null, mayBeBilled: false };
    throw new ModelCallError("nobody is there to play: standard input has ended", {
      ...none,
      transient: false,
    });
  }
  person.say("the input has ended: this is recorded as giving up (forfeit)");
  return { thoughts: [], command: "forfeit" };
}

/** All messages up to the first reply, or those after the last one. */
function sinceLastReply(messages: readonly Message[]): readonly Message[] {
  return messages.slice(messages.findLastIndex(({ role }) => role === "assistant") + 1);
}

/** A line of backquotes longer than any that the command holds, three at least. */
function fenceFor(command: string): string {
  const runs = [...command.matchAll(/`+/g)].map(([run]) => run.length);
  return "`".repeat(Math.max(3, ...runs.map((length) => length + 1)));
}

function encode({ messages, tools }: ModelRequest): string {
  return canonicalJson({ messages, tools });
}

function tokens(text: string): number {
  return Math.ceil(text.length / CHARACTERS_PER_TOKEN);
}
