// The agent's interface: a view of the conversation in, one decision out.
import type { Action, Observation } from "./env.ts";
import type { Message, MessageKind, PooledMessage } from "./message.ts";
import type { ModelReply, ToolSchema } from "./model.ts";

/** What the agent may look at when it decides. */
export interface PromptView {
  readonly step: number;
  readonly stepsMax: number;
  readonly pool: readonly PooledMessage[];
  /** The call before this one; null before the first. */
  readonly last: LastCall | null;
}

export interface LastCall {
  readonly prompt: PromptSpans;
  /** Pool index of its reply. */
  readonly response: number;
  /** Tokens that it took, prompt and reply together. */
  readonly tokens: number;
}

/** The prompt that was sent: positions in the pool as half-open spans, in order. */
export type PromptSpans = readonly (readonly [from: number, to: number])[];

/** One thing that a reply asks to be done. What cannot be done as it is written says why, in words for the model. */
export type Call =
  | { readonly kind: "action"; readonly action: Action }
  | {
      readonly kind: "unusable";
      /** The tool's name as the model wrote it. */
      readonly tool: string;
      readonly text: string;
      readonly callId: string | null;
      readonly error: string;
    };

/** A message that was made for a prompt in place of an older one, e.g. a short stand-in for a long observation. */
export interface StandIn {
  readonly kind: Extract<MessageKind, "elided" | "summary">;
  /** Pool index of the message that it stands for. */
  readonly derivedFrom: number;
  readonly message: Message;
}

export interface Decision {
  /** Made for this prompt; the pool takes them in at once, before the reply, so that `prompt` can name them. */
  readonly standIns: readonly StandIn[];
  readonly prompt: PromptSpans;
  readonly promptSha256: string;
  readonly reply: ModelReply;
  /** The reply as it enters the pool. */
  readonly message: Message;
  /** What to do, in the reply's order; may be empty. */
  readonly calls: readonly Call[];
  /** What is wrong with the reply's form, in words for the model; null when at least one call can be carried out. */
  readonly formatError: { readonly error: string; readonly refusal: boolean } | null;
  /** The reply sums up the older part of the history and asks for nothing: pool index of the message that the sum will stand beside. */
  readonly summaryOf?: number;
}

export interface Agent {
  /** Name and version of scaffold, prompts and tools: part of the play hash. */
  readonly identity: string;
  /** The tool schemas that go with every request; empty in text scaffolds. */
  readonly tools: readonly ToolSchema[];
  /** Messages that stand before the first step. */
  opening(
    first: Observation,
    budget: { readonly stepsMax: number },
  ): readonly { kind: MessageKind; message: Message }[];
  act(view: PromptView, signal: AbortSignal): Promise<Decision>;
  /** The message that carries the observation of a call back, with what the agent should know of its budget. */
  observe(
    call: Call,
    observation: Observation,
    budget: { readonly step: number; readonly stepsMax: number },
  ): Message;
  /** The message that answers a reply without any call. */
  complain(error: string): Message;
}
