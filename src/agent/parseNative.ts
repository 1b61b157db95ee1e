// Reads the native tool calls of a reply: which can be carried out, and what to tell the model of those that cannot.
import { z } from "zod";
import type { Call, Decision } from "../core/agent.ts";
import { isJsonWithin } from "../core/json.ts";
import type { ToolCall } from "../core/message.ts";
import type { ModelReply } from "../core/model.ts";
import type { Tool } from "../core/tool.ts";
import { brokenOff, REPLY_CHARACTERS_MAX } from "./replyText.ts";

/** Calls of one reply that are carried out; further ones are answered with a refusal. */
export const CALLS_MAX = 16;
/** Deepest nesting of arguments that is still taken for arguments. */
const ARGUMENT_DEPTH_MAX = 32;
/** How much of a parser's complaint the model is told. */
const COMPLAINT_MAX = 300;

type Reading = Pick<Decision, "calls" | "formatError">;

/** The calls in the reply's order. A reply counts as a format error only when none of its calls can be carried out. */
export function parseNative(
  tools: readonly Tool[],
  reply: Pick<ModelReply, "toolCalls" | "finish">,
): Reading {
  const broken = brokenOff(reply.finish);
  if (broken !== null) {
    const calls = reply.toolCalls.map((call) => unusable(call, broken));
    return { calls, formatError: { error: broken, refusal: reply.finish === "contentFilter" } };
  }
  if (reply.toolCalls.length === 0) {
    return { calls: [], formatError: { error: "Your reply calls no tool.", refusal: false } };
  }
  const calls = reply.toolCalls.map((call, position) =>
    position < CALLS_MAX
      ? readCall(tools, call)
      : unusable(
          call,
          `Of one reply at most ${CALLS_MAX} calls are carried out. Make it in your next reply.`,
        ),
  );
  const [first] = calls;
  const allUnusable = calls.every(({ kind }) => kind === "unusable");
  const error = allUnusable && first?.kind === "unusable" ? first.error : null;
  return { calls, formatError: error === null ? null : { error, refusal: false } };
}

/** One call, ready to be carried out; or why it cannot be, in words for the model. */
export function readCall(tools: readonly Tool[], call: ToolCall): Call {
  if (call.arguments.length > REPLY_CHARACTERS_MAX) {
    return unusable(call, "Its arguments are too long to be read. Write a long file in several steps.");
  }
  const given = jsonOf(call.arguments);
  const problem = "problem" in given ? given.problem : null;
  const read =
    problem !== null && tools.some(({ name }) => name === call.name)
      ? `Its arguments are not valid JSON (${problem}). Write them as one JSON object.`
      : readArguments(tools, call.name, "value" in given ? given.value : null);
  if (typeof read === "string") return unusable(call, read);
  return {
    kind: "action",
    action: { tool: call.name, arguments: read, text: textOf(call), callId: call.id },
  };
}

/** The arguments of a call of a tool, as they fit its schema; a string says to the model what is wrong with them. */
export function readArguments(
  tools: readonly Tool[],
  name: string,
  value: unknown,
): { [name: string]: unknown } | string {
  const tool = tools.find((one) => one.name === name);
  if (tool === undefined) {
    const names = tools.map((one) => `\`${one.name}\``).join(", ");
    return `There is no tool \`${name.slice(0, 100)}\`. Tools: ${names}.`;
  }
  const record = argumentsSchema.safeParse(value);
  const parsed = tool.arguments.safeParse(value);
  if (!parsed.success || !record.success) {
    const why = parsed.success ? "They are no JSON object." : z.prettifyError(parsed.error);
    return `Its arguments do not fit the schema of \`${tool.name}\`.\n${why.slice(0, 1_000)}`;
  }
  if (!isJsonWithin(record.data, ARGUMENT_DEPTH_MAX)) {
    return `Its arguments are nested more than ${ARGUMENT_DEPTH_MAX} deep, or hold a number that is too large.`;
  }
  return record.data;
}

const argumentsSchema = z.record(z.string(), z.unknown());

/** Some servers send no arguments at all for a tool that takes none. */
function jsonOf(text: string): { readonly value: unknown } | { readonly problem: string } {
  if (text.trim() === "") return { value: {} };
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    return { problem: (error instanceof Error ? error.message : String(error)).slice(0, COMPLAINT_MAX) };
  }
}

function unusable(call: ToolCall, error: string): Call {
  return { kind: "unusable", tool: call.name, text: textOf(call), callId: call.id, error };
}

/** A call as the model wrote it: the tool, then the raw arguments. */
function textOf({ name, arguments: text }: ToolCall): string {
  return text === "" ? name : `${name} ${text}`;
}
