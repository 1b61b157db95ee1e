// What a caller of the Gym may do, read into what the environment carries out: a command as text scaffolds write it, or a native call.
import { readCall } from "../agent/parseNative.ts";
import type { Call } from "../core/agent.ts";
import type { Tool } from "../core/tool.ts";
import { parseCommand } from "../tools/parseCommand.ts";

/** A call of a tool by name, as models make them natively. */
export interface NativeAction {
  readonly tool: string;
  /** An object, or its JSON as a model wrote it. Left out: no arguments. */
  readonly arguments?: { readonly [name: string]: unknown } | string;
  /** The call's own id, where it has one. */
  readonly id?: string;
}

/** A command in the text form (`validate`, `edit 3:5 …`, any bash), or a native call. */
export type GymAction = string | NativeAction;

/** What a tool is called with; one that cannot be carried out says why, in words for the agent. Contract: never throws, whatever value a program without types passes. */
export function readAction(tools: readonly Tool[], given: GymAction): Call {
  if (typeof given === "string") {
    const parsed = parseCommand(tools, given);
    if (typeof parsed === "string")
      return { kind: "unusable", tool: "", text: given, callId: null, error: parsed };
    const action = { tool: parsed.tool, arguments: { ...parsed.arguments }, text: given, callId: null };
    return { kind: "action", action };
  }
  if (typeof given !== "object" || given === null || typeof given.tool !== "string") {
    const error = "An action is a command, or a call { tool, arguments }.";
    return { kind: "unusable", tool: "", text: "", callId: null, error };
  }
  const { tool: name, arguments: args = {}, id = "call" } = given;
  return readCall(tools, { id, name, arguments: typeof args === "string" ? args : jsonText(args) });
}

/** What has no JSON (a cycle, a big integer) is refused as no object: `null`. */
function jsonText(value: unknown): string {
  try {
    return JSON.stringify(value) ?? "null";
  } catch {
    return "null";
  }
}
