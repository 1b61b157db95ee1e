// The agent's interface: a view of the conversation in, one decision out.
import type { Action, Observation } from "./env.ts";
import type { Message, MessageKind, PooledMessage } from "./message.ts";
import type { ModelReply } from "./model.ts";

/** What the agent may look at when it decides. */
export interface PromptView {
  readonly step: number;
  readonly stepsMax: number;
  readonly pool: readonly PooledMessage[];
}

/** The prompt that was sent: positions in the pool as half-open spans, in order. */
export type PromptSpans = readonly (readonly [from: number, to: number])[];

export interface Decision {
  readonly prompt: PromptSpans;
  readonly promptSha256: string;
  readonly reply: ModelReply;
  /** The reply as it enters the pool. */
  readonly message: Message;
  /** What to do, or what is wrong with the reply's form in words for the model. */
  readonly choice:
    | { readonly kind: "action"; readonly action: Action }
    | { readonly kind: "formatError"; readonly error: string; readonly refusal: boolean };
}

export interface Agent {
  /** Name and version of scaffold, prompts and tools: part of the play hash. */
  readonly identity: string;
  /** Messages that stand before the first step. */
  opening(
    first: Observation,
    budget: { readonly stepsMax: number },
  ): readonly { kind: MessageKind; message: Message }[];
  act(view: PromptView, signal: AbortSignal): Promise<Decision>;
  /** The message that carries an observation back, with what the agent should know of its budget. */
  observe(observation: Observation, budget: { readonly step: number; readonly stepsMax: number }): Message;
  /** The message that answers a reply of the wrong form. */
  complain(error: string): Message;
}
