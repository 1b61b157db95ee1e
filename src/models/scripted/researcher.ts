// The scripted researcher: a seeded policy behind the model interface. It needs no key and no network, keeps nothing between
// calls, and answers the same messages with the same reply for ever; it reads what any model would read and knows no more.
import { sha256 } from "../../core/hash.ts";
import { canonicalJson } from "../../core/json.ts";
import type { Model, ModelRequest } from "../../core/model.ts";
import type { Clock } from "../../core/runtime.ts";
import { readConversation } from "./conversation.ts";
import { keepNotebook, type Notebook } from "./notebook.ts";
import { drawFor, type Persona, personaOf } from "./persona.ts";
import { nextMove } from "./plan.ts";
import { garbled } from "./slips.ts";
import { muse, say } from "./words.ts";

/** Raised by hand when any reply may differ from before: it is part of the rollout key. */
export const SCRIPTED_REVISION = "2";

/** The model's id, on rows and in keys. */
export const SCRIPTED_ID = "scripted/researcher";
/** Usage is an approximation: so many characters of the encoded request, or of the reply, count as one token. */
const CHARACTERS_PER_TOKEN = 4;

export interface ScriptedResearcherOptions {
  readonly id?: string;
  readonly clock: Clock;
  /** Milliseconds that each reply seems to take, slept through the clock. Default 0. */
  readonly thinkMs?: number;
}

/** A model that is a scripted policy. A reply depends on the request's messages and seed alone; it costs nothing. */
export function scriptedResearcher({
  id = SCRIPTED_ID,
  clock,
  thinkMs = 0,
}: ScriptedResearcherOptions): Model {
  return {
    id,
    provider: "scripted",
    encode,
    async complete(request, signal) {
      signal.throwIfAborted();
      const body = encode(request);
      const { text, decision } = reply(request);
      if (thinkMs > 0) await clock.sleep(thinkMs, signal);
      return {
        text,
        reasoning: [],
        toolCalls: [],
        finish: "stop",
        usage: { input: tokens(body), cacheRead: 0, cacheWrite: 0, output: tokens(text), reasoning: 0 },
        tokens: null,
        servedModel: SCRIPTED_ID,
        requestId: null,
        policyVersion: SCRIPTED_REVISION,
        latencyMs: thinkMs,
        throttledMs: 0,
        providerCostUsd: null,
        costUsd: 0,
        endpoint: "scripted",
        verbatim: canonicalJson({ ...decision, text }),
        requestSha256: sha256(body),
      };
    },
  };
}

/** What the policy reads, as canonical JSON: without the call's name, so that a repeated call gives the same bytes. */
function encode({ messages, tools, sampling, seed }: ModelRequest): string {
  return canonicalJson({ messages, tools, sampling, seed });
}

interface Decision {
  readonly policy: string;
  readonly role: Persona["role"];
  readonly skill: number;
  readonly phase: string;
  readonly garbled: boolean;
}

function reply({ messages, seed }: ModelRequest): { readonly text: string; readonly decision: Decision } {
  const persona = personaOf(seed);
  const notes = keepNotebook(readConversation(messages));
  const move = nextMove(notes, persona, seed);
  const draw = drawFor(seed, `words ${notes.turns.length}`);
  const again = notes.turns.at(-1)?.refused === true && persona.role !== "garbler";
  const thought = [
    ...(again ? [say("again", draw)] : []),
    move.thought,
    ...(persona.role === "talker" ? ["", muse(draw)] : []),
  ].join("\n");
  const loses = losesFormat(notes, persona) || (!again && draw.chance(persona.garbleRate));
  const text = loses ? garbled(thought, move.command, draw) : `${thought}\n\n\`\`\`\n${move.command}\n\`\`\``;
  const { role, skill } = persona;
  const policy = `${SCRIPTED_ID} ${SCRIPTED_REVISION}`;
  return { text, decision: { policy, role, skill, phase: move.phase, garbled: loses } };
}

/** Whether a garbler has come to the point from where no reply has the right form. */
function losesFormat({ turns, versions }: Notebook, { role, garblesAfter }: Persona): boolean {
  return (
    role === "garbler" &&
    turns.length >= garblesAfter &&
    (versions.length > 1 || turns.length > 2 * garblesAfter)
  );
}

function tokens(text: string): number {
  return Math.ceil(text.length / CHARACTERS_PER_TOKEN);
}
