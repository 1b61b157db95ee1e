// The text scaffolds: thinking in words and one command a reply, in a form of their own. It asks the model, reads the reply and words the
// messages; what happens to a command is not its business.
import type { Agent, Call, Decision } from "../core/agent.ts";
import type { Message } from "../core/message.ts";
import type { ModelReply } from "../core/model.ts";
import type { Tool } from "../core/tool.ts";
import { parseCommand } from "../tools/parseCommand.ts";
import { toolDocs } from "../tools/toolset.ts";
import type { AgentOptions } from "./agentOptions.ts";
import { ask } from "./ask.ts";
import { demonstrationText } from "./demonstration.ts";
import type { Asked, TextForm } from "./forms/textForm.ts";
import { textIdentity } from "./identity.ts";
import { readArguments } from "./parseNative.ts";
import { fillPrompt } from "./prompts.ts";
import { observationText, taskText } from "./wording.ts";

/** An agent for one rollout whose replies have this form. */
export function textAgent(form: TextForm, options: AgentOptions): Agent {
  const { parts, tools } = options;
  const { prompts, demonstration } = parts;
  return {
    identity: textIdentity(form, options.config, parts, tools),
    tools: [],

    opening(first, { stepsMax }) {
      const system = fillPrompt(prompts, "system", { tools: toolDocs(tools) });
      const shown = demonstration?.shown ?? [];
      const demoPrompts = { ...prompts, demonstration: demonstration?.prompt ?? "" };
      return [
        { kind: "system", message: { role: "system", content: system } },
        ...shown.map((one) => ({
          kind: "demo" as const,
          message: demonstrationText(one, demoPrompts, form.write),
        })),
        { kind: "task", message: user(taskText(options, first, stepsMax)) },
      ];
    },

    act: (view, signal) =>
      ask(
        options,
        [],
        view,
        (reply) => ({ message: messageOf(reply), ...choose(tools, form.parse(reply)) }),
        signal,
      ),

    observe: (_call, observation, budget) => user(observationText(prompts, observation, budget)),

    complain: (error) => user(fillPrompt(prompts, "complaint", { error })),
  };
}

function messageOf(reply: ModelReply): Message {
  return {
    role: "assistant",
    content: reply.text,
    reasoning: [...reply.reasoning],
    // A stray native call is in the verbatim reply; in the history, without its answer, no provider would take it.
    toolCalls: [],
    ...(reply.layout === undefined || reply.toolCalls.length > 0 ? {} : { layout: reply.layout }),
  };
}

/** What of a reply can be carried out. Never throws, whatever was asked. */
export function choose(tools: readonly Tool[], asked: Asked): Pick<Decision, "calls" | "formatError"> {
  if (asked.kind === "malformed") {
    return { calls: [], formatError: { error: asked.error, refusal: asked.refusal } };
  }
  const read = asked.kind === "command" ? readCommand(tools, asked.command) : readCall(tools, asked);
  return typeof read === "string"
    ? { calls: [], formatError: { error: read, refusal: false } }
    : { calls: [read], formatError: null };
}

function readCommand(tools: readonly Tool[], command: string): Call | string {
  const parsed = parseCommand(tools, command);
  if (typeof parsed === "string") return parsed;
  const action = { tool: parsed.tool, arguments: { ...parsed.arguments }, text: command, callId: null };
  return { kind: "action", action };
}

function readCall(tools: readonly Tool[], asked: Extract<Asked, { kind: "call" }>): Call | string {
  const read = readArguments(tools, asked.tool, asked.arguments);
  if (typeof read === "string") return read;
  return { kind: "action", action: { tool: asked.tool, arguments: read, text: asked.text, callId: null } };
}

function user(content: string): Message {
  return { role: "user", content };
}
