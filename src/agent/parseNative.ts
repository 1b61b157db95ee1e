// Reads the native tool calls of a reply: which can be carried out, and what to tell the model of those that cannot.
import { z } from "zod";
import type { Call, Decision } from "../core/agent.ts";
import type { ToolCall } from "../core/message.ts";
import type { ModelReply } from "../core/model.ts";
import type { Tool } from "../core/tool.ts";

/** Calls of one reply that are carried out; further ones are answered with a refusal. */
export const CALLS_MAX = 16;
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

/** Why a reply is not whole, in words for the model; null when it is. */
function brokenOff(finish: ModelReply["finish"]): string | null {
  switch (finish) {
    case "contentFilter":
      return "The reply was withheld by a content filter. Put it differently, and keep to the task.";
    case "length":
      return "Your reply was cut off because it grew too long. Think more briefly; write a long file in several steps.";
    case "error":
      return "Your reply broke off before it was complete. Give it again.";
    case "stop":
    case "toolCalls":
      return null;
    default:
      return finish satisfies never;
  }
}

/** One call, ready to be carried out; or why it cannot be, in words for the model. */
export function readCall(tools: readonly Tool[], call: ToolCall): Call {
  const tool = tools.find(({ name }) => name === call.name);
  if (tool === undefined) {
    const names = tools.map(({ name }) => `\`${name}\``).join(", ");
    return unusable(call, `There is no tool \`${call.name.slice(0, 100)}\`. Tools: ${names}.`);
  }
  const given = jsonOf(call.arguments);
  if ("problem" in given) {
    return unusable(
      call,
      `Its arguments are not valid JSON (${given.problem}). Write them as one JSON object.`,
    );
  }
  const parsed = tool.arguments.safeParse(given.value);
  const record = argumentsSchema.safeParse(given.value);
  if (!parsed.success || !record.success) {
    const why = parsed.success ? "They are no JSON object." : z.prettifyError(parsed.error);
    return unusable(call, `Its arguments do not fit the schema of \`${tool.name}\`.\n${why.slice(0, 1_000)}`);
  }
  const action = { tool: tool.name, arguments: record.data, text: textOf(call), callId: call.id };
  return { kind: "action", action };
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
