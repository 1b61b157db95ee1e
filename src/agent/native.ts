// The native scaffold: the provider's own tool calls, several a reply, each answered by its own message. It asks the model,
// reads the reply and words the messages; what happens to a call is not its business.
import type { Agent } from "../core/agent.ts";
import { type Message, promptSha256 } from "../core/message.ts";
import { nativeSchemas } from "../tools/nativeSchemas.ts";
import type { AgentOptions } from "./agentOptions.ts";
import { nextPrompt } from "./history.ts";
import { nativeIdentity } from "./identity.ts";
import { parseNative } from "./parseNative.ts";
import { fillPrompt, type NativePrompts } from "./prompts.ts";
import { observationText, stateLine, taskText } from "./wording.ts";

/** An agent for one rollout. `prompts` are those of this scaffold. */
export function nativeAgent(options: AgentOptions<NativePrompts>): Agent {
  const { model, prompts, tools, limits, sampling, seed, stickyKey, callIdOf } = options;
  const { history, reasoningInHistory } = options.config;
  const schemas = nativeSchemas(tools);
  return {
    identity: nativeIdentity(prompts, tools),
    tools: schemas,

    opening(first, { stepsMax }) {
      return [
        { kind: "system", message: { role: "system", content: fillPrompt(prompts, "system", {}) } },
        { kind: "task", message: { role: "user", content: taskText(options, first, stepsMax) } },
      ];
    },

    async act({ step, pool, last }, signal) {
      const { prompt, standIns, sent } = nextPrompt(history, pool, last);
      const reply = await model.complete(
        {
          callId: callIdOf(step),
          stickyKey,
          messages: sent.map(({ message }) => message),
          tools: schemas,
          sampling,
          ...(reasoningInHistory === undefined ? {} : { reasoningInHistory }),
          pauseMsMax: limits.actionSeconds * 1000,
          seed,
        },
        signal,
      );
      const message: Message = {
        role: "assistant",
        content: reply.text,
        reasoning: [...reply.reasoning],
        toolCalls: [...reply.toolCalls],
        ...(reply.layout === undefined ? {} : { layout: reply.layout }),
      };
      const sha256s = sent.map(({ sha256 }) => sha256);
      return {
        standIns,
        prompt,
        promptSha256: promptSha256(schemas, sha256s),
        reply,
        message,
        ...parseNative(tools, reply),
      };
    },

    observe(call, observation, budget) {
      if (call.kind === "action") {
        const { tool, callId } = call.action;
        return answer(tool, callId, observationText(prompts, observation, budget));
      }
      const state = stateLine(prompts, observation, budget.step, budget.stepsMax);
      return answer(call.tool, call.callId, fillPrompt(prompts, "unusable", { error: call.error, state }));
    },

    complain: (error) => ({ role: "user", content: fillPrompt(prompts, "complaint", { error }) }),
  };
}

function answer(name: string, callId: string | null, content: string): Message {
  return { role: "tool", content, toolCallId: callId ?? "", name };
}
