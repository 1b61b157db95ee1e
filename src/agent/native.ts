// The native scaffold: the provider's own tool calls, several a reply, each answered by its own message. It asks the model,
// reads the reply and words the messages; what happens to a call is not its business.
import type { Agent } from "../core/agent.ts";
import type { Message } from "../core/message.ts";
import type { ModelReply } from "../core/model.ts";
import { nativeSchemas } from "../tools/nativeSchemas.ts";
import type { AgentOptions } from "./agentOptions.ts";
import { ask } from "./ask.ts";
import { demonstrationMessages } from "./demonstration.ts";
import { nativeIdentity } from "./identity.ts";
import { parseNative } from "./parseNative.ts";
import { fillPrompt } from "./prompts.ts";
import { observationText, stateLine, taskText } from "./wording.ts";

/** An agent for one rollout. Throws a RangeError for the parts of another scaffold. */
export function nativeAgent(options: AgentOptions): Agent {
  const { parts, tools } = options;
  const { prompts, unusable, demonstration } = parts;
  if (unusable === null) throw new RangeError("the native agent was made without its own prompts");
  const schemas = nativeSchemas(tools);
  return {
    identity: nativeIdentity(options.config, parts, tools),
    tools: schemas,

    opening(first, { stepsMax }) {
      const shown = demonstration?.shown ?? [];
      const demoPrompts = { ...prompts, demonstration: demonstration?.prompt ?? "" };
      return [
        { kind: "system", message: { role: "system", content: fillPrompt(prompts, "system", {}) } },
        ...shown.flatMap((one) =>
          demonstrationMessages(one, demoPrompts).map((message) => ({ kind: "demo" as const, message })),
        ),
        { kind: "task", message: { role: "user", content: taskText(options, first, stepsMax) } },
      ];
    },

    act: (view, signal) =>
      ask(
        options,
        schemas,
        view,
        (reply) => ({ message: messageOf(reply), ...parseNative(tools, reply) }),
        signal,
      ),

    observe(call, observation, budget) {
      if (call.kind === "action") {
        const { tool, callId } = call.action;
        return answer(tool, callId, observationText(prompts, observation, budget));
      }
      const state = stateLine(prompts, observation, budget.step, budget.stepsMax);
      return answer(
        call.tool,
        call.callId,
        fillPrompt({ unusable }, "unusable", { error: call.error, state }),
      );
    },

    complain: (error) => ({ role: "user", content: fillPrompt(prompts, "complaint", { error }) }),
  };
}

function messageOf(reply: ModelReply): Message {
  return {
    role: "assistant",
    content: reply.text,
    reasoning: [...reply.reasoning],
    toolCalls: [...reply.toolCalls],
    ...(reply.layout === undefined ? {} : { layout: reply.layout }),
  };
}

function answer(name: string, callId: string | null, content: string): Message {
  return { role: "tool", content, toolCallId: callId ?? "", name };
}
