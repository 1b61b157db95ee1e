// The projection of a messages reply's verbatim JSON. Pure, so that stored replies can be projected again; what it doubts it
// reports as a warning and leaves out, never invents.
import { z } from "zod";
import { type FinishReason, NO_USAGE, type Usage } from "../core/model.ts";
import { assembled, type Block } from "./layout.ts";
import type { EmbeddedError, Projection } from "./wire.ts";

const blockSchema = z.discriminatedUnion("type", [
  z.looseObject({ type: z.literal("text"), text: z.string() }),
  z.looseObject({ type: z.literal("thinking"), thinking: z.string(), signature: z.string() }),
  z.looseObject({ type: z.literal("redacted_thinking"), data: z.string() }),
  z.looseObject({ type: z.literal("tool_use"), id: z.string(), name: z.string(), input: z.unknown() }),
]);

const replySchema = z.looseObject({
  type: z.literal("message"),
  model: z.string().nullable().catch(null),
  content: z.array(z.unknown()),
  stop_reason: z.string().nullable().catch(null),
  usage: z.unknown().optional(),
});

const errorSchema = z.looseObject({
  type: z.literal("error"),
  error: z.looseObject({ type: z.string().catch(""), message: z.string().catch("") }),
});

const count = z.int().nonnegative().nullish().catch(null);
const usageSchema = z.looseObject({
  input_tokens: z.int().nonnegative(),
  output_tokens: z.int().nonnegative(),
  cache_read_input_tokens: count,
  cache_creation_input_tokens: count,
  cache_creation: z.looseObject({ ephemeral_1h_input_tokens: count }).nullish().catch(null),
  output_tokens_details: z.looseObject({ thinking_tokens: count }).nullish().catch(null),
});

/** The statuses of errors that come inside a reply, by their type. */
const ERROR_STATUS: Readonly<Record<string, string>> = {
  overloaded_error: "529",
  rate_limit_error: "429",
  invalid_request_error: "400",
  authentication_error: "401",
  permission_error: "403",
};

/** Parses a body. A string says, in words, why it holds no message. */
export function projectAnthropicReply(verbatim: string): Projection | EmbeddedError | string {
  let json: unknown;
  try {
    json = JSON.parse(verbatim);
  } catch (error) {
    return `malformed JSON (${error instanceof Error ? error.message : error})`;
  }
  const embedded = errorSchema.safeParse(json);
  if (embedded.success) {
    const { type, message } = embedded.data.error;
    return { code: ERROR_STATUS[type] ?? "", message };
  }
  const parsed = replySchema.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return `no message in it (${issue?.path.join(".") ?? ""}: ${issue?.message ?? "unknown"})`;
  }
  const reply = parsed.data;
  const warnings: string[] = [];
  const blocks = reply.content.flatMap((item): Block[] => {
    const block = blockSchema.safeParse(item);
    if (block.success) return [readBlock(block.data)];
    warnings.push("content-block-unknown");
    return [];
  });
  const usage = readUsage(reply.usage, warnings);
  const finish = finishOf(reply.stop_reason);
  if (finish === "error") warnings.push("finish-reason-unknown");
  return {
    ...assembled(blocks),
    finish,
    usage,
    tokens: null,
    policyVersion: null,
    providerCostUsd: null,
    servedModel: reply.model,
    warnings,
  };
}

function readBlock(block: z.infer<typeof blockSchema>): Block {
  switch (block.type) {
    case "text":
      return { kind: "text", text: block.text };
    case "thinking":
      return { kind: "reasoning", part: { text: block.thinking, signature: block.signature } };
    case "redacted_thinking":
      return { kind: "reasoning", part: { text: "", encrypted: block.data } };
    case "tool_use": {
      const { id, name, input } = block;
      // The API parses arguments itself; what it could not parse comes as text.
      const text = typeof input === "string" ? input : JSON.stringify(input ?? {});
      return { kind: "call", call: { id, name, arguments: text } };
    }
    default:
      return block satisfies never;
  }
}

/** The provider counts cache reads and writes beside the input; here the input holds them. */
function readUsage(usage: unknown, warnings: string[]): Usage {
  const parsed = usageSchema.safeParse(usage);
  if (!parsed.success) {
    warnings.push(usage === undefined || usage === null ? "usage-missing" : "usage-unreadable");
    return NO_USAGE;
  }
  const { input_tokens: uncached, output_tokens: output } = parsed.data;
  const cacheRead = parsed.data.cache_read_input_tokens ?? 0;
  const cacheWrite = parsed.data.cache_creation_input_tokens ?? 0;
  const cacheWrite1h = Math.min(cacheWrite, parsed.data.cache_creation?.ephemeral_1h_input_tokens ?? 0);
  return {
    input: uncached + cacheRead + cacheWrite,
    cacheRead,
    cacheWrite,
    ...(cacheWrite1h === 0 ? {} : { cacheWrite1h }),
    output,
    reasoning: Math.min(output, parsed.data.output_tokens_details?.thinking_tokens ?? 0),
  };
}

function finishOf(reason: string | null): FinishReason {
  switch (reason) {
    case "end_turn":
    case "stop_sequence":
    case "pause_turn":
      return "stop";
    case "tool_use":
      return "toolCalls";
    case "max_tokens":
    case "model_context_window_exceeded":
      return "length";
    case "refusal":
      return "contentFilter";
    default:
      return "error";
  }
}
