// The projection of a response's verbatim JSON: its items in their order. Pure, so that stored replies can be projected again;
// what it doubts it reports as a warning and leaves out, never invents.
import { z } from "zod";
import { type FinishReason, NO_USAGE, type Usage } from "../core/model.ts";
import { assembled, type Block } from "./layout.ts";
import type { EmbeddedError, Projection } from "./wire.ts";

const partSchema = z.looseObject({
  type: z.string(),
  text: z.string().optional().catch(undefined),
  refusal: z.string().optional().catch(undefined),
});
const itemSchema = z.discriminatedUnion("type", [
  z.looseObject({
    type: z.literal("message"),
    content: z.array(partSchema),
    phase: z.string().regex(/^\w+$/).nullish().catch(null),
  }),
  z.looseObject({
    type: z.literal("reasoning"),
    id: z.string().optional().catch(undefined),
    summary: z.array(partSchema).nullish().catch(null),
    content: z.array(partSchema).nullish().catch(null),
    encrypted_content: z.string().nullish().catch(null),
  }),
  z.looseObject({
    type: z.literal("function_call"),
    call_id: z.string(),
    name: z.string(),
    arguments: z.string(),
  }),
]);

const replySchema = z.looseObject({
  model: z.string().nullable().catch(null),
  status: z.string().nullish().catch(null),
  output: z.array(z.unknown()),
  incomplete_details: z.looseObject({ reason: z.string().optional() }).nullish().catch(null),
  error: z
    .looseObject({ code: z.string().nullish().catch(null), message: z.string().catch("") })
    .nullish()
    .catch(null),
  usage: z.unknown().optional(),
});
const errorSchema = z.looseObject({
  error: z.looseObject({ code: z.string().nullish().catch(null), message: z.string().catch("") }),
});

const count = z.int().nonnegative().nullish().catch(null);
const usageSchema = z.looseObject({
  input_tokens: z.int().nonnegative(),
  output_tokens: z.int().nonnegative(),
  input_tokens_details: z
    .looseObject({ cached_tokens: count, cache_write_tokens: count })
    .nullish()
    .catch(null),
  output_tokens_details: z.looseObject({ reasoning_tokens: count }).nullish().catch(null),
});

/** Parses a body. A string says, in words, why it holds no response. */
export function projectResponsesReply(verbatim: string): Projection | EmbeddedError | string {
  let json: unknown;
  try {
    json = JSON.parse(verbatim);
  } catch (error) {
    return `malformed JSON (${error instanceof Error ? error.message : error})`;
  }
  const parsed = replySchema.safeParse(json);
  if (!parsed.success) {
    const embedded = errorSchema.safeParse(json);
    if (embedded.success) return embeddedError(embedded.data.error);
    const issue = parsed.error.issues[0];
    return `no response in it (${issue?.path.join(".") ?? ""}: ${issue?.message ?? "unknown"})`;
  }
  const reply = parsed.data;
  if (reply.status === "failed") return embeddedError(reply.error ?? { code: null, message: "" });
  const warnings: string[] = [];
  const blocks = reply.output.flatMap((value): Block[] => {
    const item = itemSchema.safeParse(value);
    if (item.success) return readItem(item.data);
    warnings.push("output-item-unknown");
    return [];
  });
  const made = assembled(blocks);
  const usage = readUsage(reply.usage, warnings);
  const finish = finishOf(reply.status, reply.incomplete_details?.reason, made.toolCalls.length > 0);
  if (finish === "error") warnings.push("finish-reason-unknown");
  return {
    ...made,
    finish,
    usage,
    tokens: null,
    policyVersion: null,
    providerCostUsd: null,
    servedModel: reply.model,
    warnings,
  };
}

function readItem(item: z.infer<typeof itemSchema>): Block[] {
  switch (item.type) {
    case "message": {
      const text = item.content.map((part) => part.text ?? part.refusal ?? "").join("");
      return [{ kind: "text", text, ...(item.phase ? { phase: item.phase } : {}) }];
    }
    case "reasoning":
      return readReasoning(item);
    case "function_call":
      return [{ kind: "call", call: { id: item.call_id, name: item.name, arguments: item.arguments } }];
    default:
      return item satisfies never;
  }
}

/** One piece for each part of the summary (or of the open text); the first carries what is opaque. */
function readReasoning(item: Extract<z.infer<typeof itemSchema>, { type: "reasoning" }>): Block[] {
  const summary = item.summary ?? [];
  const texts = (summary.length > 0 ? summary : (item.content ?? [])).flatMap(({ text }) => text ?? []);
  const [first = "", ...others] = texts;
  const id = item.id === undefined ? {} : { id: item.id };
  const encrypted = item.encrypted_content ? { encrypted: item.encrypted_content } : {};
  return [
    { kind: "reasoning", part: { text: first, ...id, ...encrypted } },
    ...others.map((text): Block => ({ kind: "reasoning", part: { text, ...id } })),
  ];
}

function readUsage(usage: unknown, warnings: string[]): Usage {
  const parsed = usageSchema.safeParse(usage);
  if (!parsed.success) {
    warnings.push(usage === undefined || usage === null ? "usage-missing" : "usage-unreadable");
    return NO_USAGE;
  }
  const { input_tokens: input, output_tokens: output } = parsed.data;
  const cacheRead = Math.min(input, parsed.data.input_tokens_details?.cached_tokens ?? 0);
  const cacheWrite = Math.min(input - cacheRead, parsed.data.input_tokens_details?.cache_write_tokens ?? 0);
  const reasoning = Math.min(output, parsed.data.output_tokens_details?.reasoning_tokens ?? 0);
  return { input, cacheRead, cacheWrite, output, reasoning };
}

function finishOf(
  status: string | null | undefined,
  reason: string | undefined,
  hasToolCalls: boolean,
): FinishReason {
  if (status === "completed") return hasToolCalls ? "toolCalls" : "stop";
  if (status !== "incomplete") return "error";
  if (reason === "max_output_tokens") return "length";
  return reason === "content_filter" ? "contentFilter" : "error";
}

/** A response that failed has no HTTP status of its own: its code says which one it stands for. */
function embeddedError(error: {
  readonly code?: string | null | undefined;
  readonly message: string;
}): EmbeddedError {
  const { code, message } = error;
  if (code === "rate_limit_exceeded") return { code: "429", message };
  const refused = code === "invalid_prompt" || code === "context_length_exceeded";
  return { code: refused ? "400" : "500", message };
}
