// The message pool of a trajectory row, and the way back: a pool entry holds all that its message's hash was taken over.
import { isTakenOver } from "../core/branch.ts";
import type { Origin } from "../core/cell.ts";
import type { Json } from "../core/json.ts";
import type { Message, PooledMessage, Reasoning } from "../core/message.ts";
import { messageSha256 } from "../core/message.ts";
import type { StepRecord, Trajectory } from "../core/trajectory.ts";
import type { MessageRow } from "./schema.ts";
import { wellFormed } from "./wellFormed.ts";

/** Between the parts of reasoning in the plain `reasoning` column. */
const PART_SEPARATOR = "\n\n";

export interface Pool {
  readonly messages: MessageRow[];
  /** Some text held half a surrogate pair and was repaired; its hash is that of the repaired text. */
  readonly repaired: boolean;
}

/** Every message of the rollout, by pool index. Throws when the record's pool is not in order. */
export function messageRows(trajectory: Trajectory): Pool {
  const replies = new Map(trajectory.steps.map((step) => [step.response, step]));
  let repaired = false;
  const messages = trajectory.pool.map((pooled, position) => {
    if (pooled.index !== position) {
      throw new RangeError(`rollout ${trajectory.key}: pool message ${pooled.index} stands at ${position}`);
    }
    const message = wellFormed(pooled.message);
    repaired ||= message !== pooled.message;
    const sha256 = message === pooled.message ? pooled.sha256 : messageSha256(message);
    return messageRow(pooled, message, sha256, replies.get(position) ?? null, trajectory.origin);
  });
  return { messages, repaired };
}

/** The message that a pool entry was made from. */
export function messageOfRow(row: MessageRow): Message {
  switch (row.role) {
    case "assistant":
      return {
        role: "assistant",
        content: row.content,
        reasoning: reasoningOfRow(row),
        toolCalls: (row.tool_calls ?? []).map(({ id, name, arguments: text }) => ({
          id,
          name,
          arguments: text,
        })),
        ...(row.layout === null ? {} : { layout: row.layout }),
      };
    case "tool":
      return {
        role: "tool",
        content: row.content,
        toolCallId: row.tool_call_id ?? "",
        name: row.name ?? "",
      };
    case "system":
    case "user":
      return { role: row.role, content: row.content };
    default:
      throw new TypeError(`a message has the role ${JSON.stringify(row.role)}`);
  }
}

/** A native call's arguments as an object; null where the model did not write a JSON object, or one nested past reason. */
export function parsedArguments(text: string): { readonly [key: string]: Json } | null {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) && depthWithin(value, ARGUMENT_DEPTH_MAX) ? value : null;
  } catch {
    return null;
  }
}

/** Deepest nesting of a call's arguments that is still taken for arguments. */
const ARGUMENT_DEPTH_MAX = 32;

function isJsonObject(value: unknown): value is { readonly [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function depthWithin(value: unknown, depth: number): boolean {
  if (typeof value !== "object" || value === null) return true;
  return depth > 0 && Object.values(value).every((member) => depthWithin(member, depth - 1));
}

function messageRow(
  pooled: PooledMessage,
  message: Message,
  sha256: string,
  step: StepRecord | null,
  origin: Origin | null,
): MessageRow {
  const untrained = untrainedReason(message, step, origin);
  const common = {
    idx: pooled.index,
    role: message.role,
    content: message.content,
    reasoning: null,
    reasoning_parts: null,
    name: null,
    tool_call_id: null,
    tool_calls: null,
    layout: null,
    kind: pooled.kind,
    derived_from: pooled.derivedFrom,
    sampled: step !== null,
    train: step !== null && untrained === null,
    train_reason: untrained,
    step: pooled.step,
    timestamp_ms: step === null ? null : Math.trunc(step.startedAtMs + step.reply.latencyMs),
    sha256,
  };
  switch (message.role) {
    case "assistant":
      return {
        ...common,
        ...reasoningColumns(message.reasoning),
        tool_calls: toolCallColumn(message),
        layout: message.layout ?? null,
      };
    case "tool":
      return { ...common, name: message.name, tool_call_id: message.toolCallId };
    case "system":
    case "user":
      return common;
    default:
      return message satisfies never;
  }
}

/** Why an assistant message is left out of the loss; null for trained replies and for messages of others. */
function untrainedReason(message: Message, step: StepRecord | null, origin: Origin | null): string | null {
  if (message.role !== "assistant") return null;
  if (step === null) return "notSampled";
  // The parent's row has it: it counts once.
  if (isTakenOver(origin, step.index)) return "takenOver";
  if (step.formatError !== null) return "formatError";
  if (step.purpose === "summary") return "summary";
  switch (step.reply.finish) {
    case "stop":
    case "toolCalls":
      return null;
    case "length":
    case "contentFilter":
    case "error":
      return `finish:${step.reply.finish}`;
    default:
      return step.reply.finish satisfies never;
  }
}

function reasoningColumns(parts: readonly Reasoning[]): Pick<MessageRow, "reasoning" | "reasoning_parts"> {
  const [first, ...others] = parts;
  if (first === undefined) return { reasoning: null, reasoning_parts: null };
  const { text, ...opaque } = first;
  const plain = others.length === 0 && Object.values(opaque).every((member) => member === undefined);
  return {
    reasoning: plain ? text : joined(parts),
    reasoning_parts: plain
      ? null
      : parts.map((part) => ({
          text: part.text,
          id: part.id ?? null,
          signature: part.signature ?? null,
          encrypted: part.encrypted ?? null,
        })),
  };
}

/** The parts that can be read, as one text. */
function joined(parts: readonly Reasoning[]): string {
  return parts.flatMap(({ text }) => (text === "" ? [] : [text])).join(PART_SEPARATOR);
}

function reasoningOfRow(row: MessageRow): Reasoning[] {
  if (row.reasoning_parts === null) return row.reasoning === null ? [] : [{ text: row.reasoning }];
  return row.reasoning_parts.map(({ text, id, signature, encrypted }) => ({
    text,
    ...(id === null ? {} : { id }),
    ...(signature === null ? {} : { signature }),
    ...(encrypted === null ? {} : { encrypted }),
  }));
}

function toolCallColumn(message: Extract<Message, { role: "assistant" }>): MessageRow["tool_calls"] {
  if (message.toolCalls.length === 0) return null;
  return message.toolCalls.map((call) => ({
    id: call.id,
    name: call.name,
    arguments: call.arguments,
    arguments_valid: parsedArguments(call.arguments) !== null,
  }));
}
