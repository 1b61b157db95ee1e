// The model boundary: a request, a reply that loses nothing that was paid for, and the interface every wire implements.
import { z } from "zod";
import type { Message, Reasoning, ToolCall } from "./message.ts";

/** Sampling parameters. All optional: what is absent is not sent, and the provider's default holds. */
export const samplingSchema = z.strictObject({
  temperature: z
    .number()
    .min(0)
    .max(2)
    .optional()
    .describe("0 for the likeliest token, 1 for the model's own distribution."),
  topP: z.number().gt(0).max(1).optional().describe("Share of the probability mass that is sampled from."),
  topK: z
    .int()
    .positive()
    .optional()
    .describe("Number of likeliest tokens that are sampled from; not every provider takes it."),
  maxTokens: z.int().positive().optional().describe("Most output tokens of one reply."),
  stop: z.array(z.string().min(1)).max(8).optional().describe("Texts at which a reply ends."),
  reasoningEffort: z
    .enum(["minimal", "low", "medium", "high"])
    .optional()
    .describe("How much a reasoning model thinks, in the provider's words."),
  seeded: z.boolean().optional().describe("True: each rollout sends its own seed, drawn from its key."),
});
export type Sampling = z.infer<typeof samplingSchema>;

/** Whether the terms under which a model is served let its replies train another model. */
export const OUTPUT_TERMS = ["allowed", "forbidden", "unknown"] as const;
export type OutputTerms = (typeof OUTPUT_TERMS)[number];

/** A tool as the model is told of it: name, description, JSON Schema of its arguments. */
export const toolSchemaSchema = z.strictObject({
  name: z.string(),
  description: z.string(),
  parameters: z.record(z.string(), z.unknown()),
});
export interface ToolSchema {
  readonly name: string;
  readonly description: string;
  readonly parameters: { readonly [key: string]: unknown };
}

/** Which reasoning of earlier replies is sent again: all of it, that since the last message of a user, or none. */
export const REASONING_IN_HISTORY = ["all", "sinceUser", "none"] as const;
export type ReasoningInHistory = (typeof REASONING_IN_HISTORY)[number];

export interface ModelRequest {
  /** `rolloutKey/retry/step`: names the call in journals; never sent to a provider. */
  readonly callId: string;
  /** Equal for all calls of a rollout: requests that share it go to the same base URL (prefix caches). */
  readonly stickyKey: string;
  readonly messages: readonly Message[];
  readonly tools: readonly ToolSchema[];
  readonly sampling: Sampling;
  /** Default `none`. */
  readonly reasoningInHistory?: ReasoningInHistory;
  /** How long the rollout may be busy before its next call: lets a wire choose how long a prompt cache should live. */
  readonly pauseMsMax?: number;
  /** A 48-bit seed of this rollout; a wire sends it only where `sampling.seeded`; scripted policies draw from it. */
  readonly seed: number;
}

/** Tokens. `input` counts all prompt tokens, cache reads and writes included; `output` counts reasoning too. */
export const usageSchema = z.strictObject({
  input: z.int().nonnegative(),
  cacheRead: z.int().nonnegative(),
  cacheWrite: z.int().nonnegative(),
  /** Those of `cacheWrite` that are kept for an hour, where a provider prices them apart; absent: none. */
  cacheWrite1h: z.int().nonnegative().optional(),
  output: z.int().nonnegative(),
  reasoning: z.int().nonnegative(),
});
export type Usage = z.infer<typeof usageSchema>;

export const NO_USAGE: Usage = { input: 0, cacheRead: 0, cacheWrite: 0, output: 0, reasoning: 0 };

/** The sum of two usages, member by member. */
export function addUsage(a: Usage, b: Usage): Usage {
  const cacheWrite1h = (a.cacheWrite1h ?? 0) + (b.cacheWrite1h ?? 0);
  return {
    input: a.input + b.input,
    cacheRead: a.cacheRead + b.cacheRead,
    cacheWrite: a.cacheWrite + b.cacheWrite,
    ...(cacheWrite1h === 0 ? {} : { cacheWrite1h }),
    output: a.output + b.output,
    reasoning: a.reasoning + b.reasoning,
  };
}

export const FINISH_REASONS = ["stop", "length", "toolCalls", "contentFilter", "error"] as const;
export type FinishReason = (typeof FINISH_REASONS)[number];

/** Token ids and log-probabilities exactly as the server returned them; never made by tokenising text again. */
export interface TokenTrace {
  readonly promptIds: readonly number[];
  readonly completionIds: readonly number[];
  /** Natural log, one per completion id; null where the server gave none. */
  readonly logprobs: readonly number[] | null;
  /** Which server's field they came from, e.g. `vllm`, `sglang`. */
  readonly source: string;
}

/** A projection of a provider's reply. The verbatim text travels beside it, so that it can be projected again. */
export interface ModelReply {
  readonly text: string;
  readonly reasoning: readonly Reasoning[];
  readonly toolCalls: readonly ToolCall[];
  /** As in the message: the order of the blocks where it is not the usual one. */
  readonly layout?: string;
  readonly finish: FinishReason;
  readonly usage: Usage;
  readonly tokens: TokenTrace | null;
  readonly servedModel: string;
  /** The provider's mark of its backend's configuration, where it names one. */
  readonly fingerprint?: string | undefined;
  readonly requestId: string | null;
  /** Version of the weights that sampled this reply, where a server tells. */
  readonly policyVersion: string | null;
  /** Milliseconds from the accepted request to the whole reply, throttled time excluded. */
  readonly latencyMs: number;
  /** Milliseconds lost to rate limits, tries that failed and endpoints that were away: the agent's clock stands still for them. */
  readonly throttledMs: number;
  /** Dollars as the provider itself reports them, where it does; kept beside our own figure. */
  readonly providerCostUsd: number | null;
  /** Our own price of this call in dollars; null where the model has no price. */
  readonly costUsd: number | null;
  /** The base URL's name that answered. */
  readonly endpoint: string;
  /** The provider's response body, verbatim. */
  readonly verbatim: string;
  /** SHA-256 of the request body that was sent: `encode` of the same request gives these bytes again. */
  readonly requestSha256: string;
}

export interface Model {
  readonly id: string;
  /** `openai`, `scripted`, `replay`, …: stands on every row that the model sampled. */
  readonly provider: string;
  /** The exact request body for a request: pure, so that a journaled request can be rebuilt and checked by hash. */
  encode(request: ModelRequest): string;
  /** Samples one reply. Throws BoundaryError("model") when it cannot; context overflow throws ContextOverflowError. */
  complete(request: ModelRequest, signal: AbortSignal): Promise<ModelReply>;
}

/** The prompt no longer fits the model: a limit of the rollout (`limit:context`), not a failure. */
export class ContextOverflowError extends Error {
  override readonly name = "ContextOverflowError";
}

/** A budget of the run or rollout does not allow the call. Thrown before anything is sent. */
export class BudgetExceededError extends Error {
  override readonly name = "BudgetExceededError";
  readonly scope: "rollout" | "run";
  readonly unit: "usd" | "tokens";
  constructor(scope: "rollout" | "run", unit: "usd" | "tokens", message: string) {
    super(message);
    this.scope = scope;
    this.unit = unit;
  }
}

/** Dollars per million tokens. `input` is for uncached prompt tokens. */
export const priceSchema = z.strictObject({
  inputPerMillion: z.number().nonnegative().describe("Dollars per million prompt tokens that no cache held."),
  outputPerMillion: z
    .number()
    .nonnegative()
    .describe("Dollars per million output tokens, reasoning included."),
  cacheReadPerMillion: z
    .number()
    .nonnegative()
    .optional()
    .describe("Dollars per million prompt tokens read from a cache; `inputPerMillion` where left out."),
  cacheWritePerMillion: z
    .number()
    .nonnegative()
    .optional()
    .describe("Dollars per million prompt tokens written to a cache; `inputPerMillion` where left out."),
  cacheWrite1hPerMillion: z
    .number()
    .nonnegative()
    .optional()
    .describe("The same for cache entries that are kept for an hour."),
});
export type Price = z.infer<typeof priceSchema>;

/** What is written down around a model call, so that a crash can lose only calls in flight, and those are counted. */
export interface CallJournal {
  /** Durable before the request leaves: what the call may cost at most. */
  started(call: { callId: string; reservedUsd: number; reservedTokens: number }): Promise<void>;
  /** A started call came to nothing that could be billed: it was refused, or never reached anybody. */
  refused?(call: { callId: string }): Promise<void>;
}
