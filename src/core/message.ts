// Messages as a model sees them, the pool that a rollout keeps them in, and their hashes.
import { z } from "zod";
import { hashOf } from "./hash.ts";

/**
 * A piece of reasoning, kept apart from the answer. `id`, `encrypted` and `signature` are opaque and sent back unchanged;
 * pieces in a row that share an id are one item of the provider's.
 */
export const reasoningSchema = z.strictObject({
  text: z.string(),
  id: z.string().optional(),
  signature: z.string().optional(),
  encrypted: z.string().optional(),
});
export type Reasoning = z.infer<typeof reasoningSchema>;

/** A native tool call. `arguments` is the raw string the model wrote, valid JSON or not. */
export const toolCallSchema = z.strictObject({ id: z.string(), name: z.string(), arguments: z.string() });
export type ToolCall = z.infer<typeof toolCallSchema>;

export const messageSchema = z.discriminatedUnion("role", [
  z.strictObject({ role: z.literal("system"), content: z.string() }),
  z.strictObject({ role: z.literal("user"), content: z.string() }),
  z.strictObject({
    role: z.literal("assistant"),
    content: z.string(),
    reasoning: z.array(reasoningSchema),
    toolCalls: z.array(toolCallSchema),
    /** Order of the reply's blocks where it is not reasoning, text, calls: `r`, `t<characters>` and `c`, separated by blanks. */
    layout: z.string().optional(),
  }),
  z.strictObject({ role: z.literal("tool"), content: z.string(), toolCallId: z.string(), name: z.string() }),
]);
export type Message = z.infer<typeof messageSchema>;

export const MESSAGE_KINDS = [
  "system",
  "task",
  "demo",
  "reply",
  "observation",
  "formatError",
  "elided",
  "summary",
] as const;

/** A message of a rollout's pool: its index is its position, its hash is over the message alone. */
export const pooledMessageSchema = z.strictObject({
  index: z.int().nonnegative(),
  kind: z.enum(MESSAGE_KINDS),
  /** The step whose reply or observation it is; null for what stood before the first step. */
  step: z.int().nonnegative().nullable(),
  /** For an elided or summarised message: the pool index it stands for. */
  derivedFrom: z.int().nonnegative().nullable(),
  sha256: z.string(),
  message: messageSchema,
});
export type PooledMessage = z.infer<typeof pooledMessageSchema>;
export type MessageKind = PooledMessage["kind"];

/** The hash of one message. */
export function messageSha256(message: Message): string {
  return hashOf("message", message);
}

/** The hash of a prompt: over its tool schemas and the hashes of its messages, so that it is cheap for long histories. */
export function promptSha256(tools: readonly unknown[], messageSha256s: readonly string[]): string {
  return hashOf("prompt", { tools, messages: messageSha256s });
}
