// The projection of a chat completion's verbatim JSON: text, reasoning, tool calls, finish, usage, tokens. Pure, so that stored
// replies can be projected again; what it doubts it reports as a warning and leaves out, never invents.
import { z } from "zod";
import type { Reasoning, ToolCall } from "../core/message.ts";
import type { FinishReason } from "../core/model.ts";
import { chatTokens } from "./chatTokens.ts";
import { chatUsage, providerCostUsd } from "./chatUsage.ts";
import type { EmbeddedError, Projection } from "./wire.ts";

const messageSchema = z.looseObject({
  content: z.unknown().optional(),
  refusal: z.unknown().optional(),
  reasoning: z.unknown().optional(),
  reasoning_content: z.unknown().optional(),
  reasoning_details: z.unknown().optional(),
  tool_calls: z.array(z.unknown()).nullish().catch(null),
});

const replySchema = z.looseObject({
  model: z.string().nullable().catch(null),
  choices: z
    .array(z.looseObject({ message: messageSchema, finish_reason: z.string().nullable().catch(null) }))
    .min(1),
  system_fingerprint: z.string().nullish().catch(null),
  usage: z.unknown().optional(),
  metadata: z.unknown().optional(),
});

const toolCallSchema = z.looseObject({
  id: z.string().catch(""),
  function: z.looseObject({ name: z.string(), arguments: z.unknown().optional() }),
});
const partSchema = z.looseObject({
  type: z.string(),
  text: z.unknown().optional(),
  thinking: z.unknown().optional(),
});
const detailSchema = z.looseObject({
  text: z.string().optional().catch(undefined),
  summary: z.string().optional().catch(undefined),
  data: z.string().optional().catch(undefined),
  signature: z.string().optional().catch(undefined),
});
const errorSchema = z.looseObject({
  error: z.looseObject({
    code: z.union([z.string(), z.number()]).nullish().catch(null),
    message: z.string().catch(""),
  }),
});
const versionSchema = z.looseObject({ weight_version: z.union([z.string(), z.int()]) });

/** Parses a body. A string says, in words, why it holds no completion. */
export function projectChatReply(
  verbatim: string,
  options: { readonly thinkTags: boolean },
): Projection | EmbeddedError | string {
  let json: unknown;
  try {
    json = JSON.parse(verbatim);
  } catch (error) {
    return `malformed JSON (${error instanceof Error ? error.message : error})`;
  }
  const parsed = replySchema.safeParse(json);
  if (!parsed.success) {
    const embedded = errorSchema.safeParse(json);
    if (embedded.success) {
      return { code: String(embedded.data.error.code ?? ""), message: embedded.data.error.message };
    }
    const issue = parsed.error.issues[0];
    return `no completion in it (${issue?.path.join(".") ?? ""}: ${issue?.message ?? "unknown"})`;
  }
  const reply = parsed.data;
  const choice = reply.choices[0];
  if (choice === undefined) return "no completion in it (choices is empty)";
  const warnings: string[] = [];
  const parts = splitContent(choice.message.content);
  const thought = options.thinkTags ? splitThinkTags(parts.text) : { reasoning: [], text: parts.text };
  const toolCalls = readToolCalls(choice.message.tool_calls ?? [], warnings);
  const refusal = typeof choice.message.refusal === "string" ? choice.message.refusal : "";
  const usage = chatUsage(reply.usage, warnings);
  const finish = finishOf(choice.finish_reason, toolCalls.length > 0);
  if (finish === "error") warnings.push("finish-reason-unknown");
  return {
    text: thought.text === "" && toolCalls.length === 0 ? refusal : thought.text,
    reasoning: [...readReasoning(choice.message), ...parts.reasoning, ...thought.reasoning],
    toolCalls,
    finish,
    usage,
    tokens: chatTokens(reply, choice, warnings),
    policyVersion: policyVersionOf(reply),
    providerCostUsd: providerCostUsd(reply.usage),
    servedModel: reply.model,
    ...(reply.system_fingerprint ? { fingerprint: reply.system_fingerprint } : {}),
    warnings,
  };
}

/** Content is text, or (some providers) a list of parts in which thinking stands beside text. */
function splitContent(content: unknown): { text: string; reasoning: Reasoning[] } {
  if (typeof content === "string") return { text: content, reasoning: [] };
  if (!Array.isArray(content)) return { text: "", reasoning: [] };
  let text = "";
  const reasoning: Reasoning[] = [];
  for (const item of content) {
    const part = partSchema.safeParse(item);
    if (!part.success) continue;
    if (part.data.type === "thinking") reasoning.push({ text: splitContent(part.data.thinking).text });
    else if (typeof part.data.text === "string") text += part.data.text;
  }
  return { text, reasoning };
}

/**
 * A leading think block, kept apart. Templates that open the block in the prompt leave only its end in the reply; a reply cut
 * off inside the block has only its start.
 */
function splitThinkTags(content: string): { text: string; reasoning: Reasoning[] } {
  const opened = /^\s*<think>/.exec(content);
  const end = content.indexOf("</think>");
  if (opened === null && end < 0) return { text: content, reasoning: [] };
  const from = opened === null ? 0 : opened[0].length;
  const inside = content.slice(from, end < 0 ? undefined : end).trim();
  const text = end < 0 ? "" : content.slice(end + "</think>".length).replace(/^\s*\n/, "");
  return { text, reasoning: inside === "" ? [] : [{ text: inside }] };
}

function readReasoning(message: z.infer<typeof messageSchema>): Reasoning[] {
  if (Array.isArray(message.reasoning_details) && message.reasoning_details.length > 0) {
    const details = message.reasoning_details.flatMap((item) => {
      const detail = detailSchema.safeParse(item);
      return detail.success ? [detail.data] : [];
    });
    return details.map(({ text, summary, data, signature }) => ({
      text: text ?? summary ?? "",
      ...(signature === undefined ? {} : { signature }),
      ...(data === undefined ? {} : { encrypted: data }),
    }));
  }
  // Two names for one thing: servers in transition send both.
  const texts = [message.reasoning_content, message.reasoning].filter(
    (text) => typeof text === "string" && text !== "",
  );
  return [...new Set(texts)].map((text) => ({ text: String(text) }));
}

function readToolCalls(items: readonly unknown[], warnings: string[]): ToolCall[] {
  return items.flatMap((item) => {
    const call = toolCallSchema.safeParse(item);
    if (!call.success) {
      warnings.push("tool-call-unreadable");
      return [];
    }
    const { name, arguments: args } = call.data.function;
    // The raw string; the few servers that send an object get it back as JSON.
    const text = typeof args === "string" ? args : args === undefined ? "" : JSON.stringify(args);
    return [{ id: call.data.id, name, arguments: text }];
  });
}

function finishOf(reason: string | null, hasToolCalls: boolean): FinishReason {
  switch (reason?.toLowerCase()) {
    case "stop":
    case "eos":
    case "eos_token":
    case "end_turn":
    case "stop_sequence":
      return hasToolCalls ? "toolCalls" : "stop";
    case "tool_calls":
    case "function_call":
    case "tool_use":
      return "toolCalls";
    case "length":
    case "max_tokens":
      return "length";
    case "content_filter":
    case "safety":
      return "contentFilter";
    default:
      return "error";
  }
}

/** The version of the weights where a server tells: SGLang puts `weight_version` into `metadata`. */
function policyVersionOf(reply: z.infer<typeof replySchema>): string | null {
  for (const place of [reply.metadata, reply["meta_info"], reply]) {
    const found = versionSchema.safeParse(place);
    if (found.success) return String(found.data.weight_version);
  }
  return null;
}
