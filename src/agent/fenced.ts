// The fenced scaffold: thinking in words and one fenced command a reply. It asks the model, reads the reply and words the
// messages; what happens to a command is not its business.
import type { Agent, Decision } from "../core/agent.ts";
import { type Message, promptSha256 } from "../core/message.ts";
import type { Tool } from "../core/tool.ts";
import { parseCommand } from "../tools/parseCommand.ts";
import { toolDocs } from "../tools/toolset.ts";
import type { AgentOptions } from "./agentOptions.ts";
import { nextPrompt } from "./history.ts";
import { fencedIdentity } from "./identity.ts";
import { parseFenced } from "./parseFenced.ts";
import { fillPrompt } from "./prompts.ts";
import { observationText, taskText } from "./wording.ts";

/** An agent for one rollout. */
export function fencedAgent(options: AgentOptions): Agent {
  const { model, prompts, tools, limits, sampling, seed, stickyKey, callIdOf } = options;
  const { history, reasoningInHistory } = options.config;
  return {
    identity: fencedIdentity(prompts, tools),
    tools: [],

    opening(first, { stepsMax }) {
      const system = fillPrompt(prompts, "system", { tools: toolDocs(tools) });
      const content = taskText(options, first, stepsMax);
      return [
        { kind: "system", message: { role: "system", content: system } },
        { kind: "task", message: { role: "user", content } },
      ];
    },

    async act({ step, pool, last }, signal) {
      const { prompt, standIns, sent } = nextPrompt(history, pool, last);
      const reply = await model.complete(
        {
          callId: callIdOf(step),
          stickyKey,
          messages: sent.map(({ message }) => message),
          tools: [],
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
        // A stray native call is in the verbatim reply; in the history, without its answer, no provider would take it.
        toolCalls: [],
        ...(reply.layout === undefined || reply.toolCalls.length > 0 ? {} : { layout: reply.layout }),
      };
      const sha256s = sent.map(({ sha256 }) => sha256);
      return {
        standIns,
        prompt,
        promptSha256: promptSha256([], sha256s),
        reply,
        message,
        ...choose(tools, reply),
      };
    },

    observe: (_call, observation, budget) => user(observationText(prompts, observation, budget)),

    complain: (error) => user(fillPrompt(prompts, "complaint", { error })),
  };
}

function choose(
  tools: readonly Tool[],
  reply: Parameters<typeof parseFenced>[0],
): Pick<Decision, "calls" | "formatError"> {
  const fenced = parseFenced(reply);
  if (fenced.kind === "malformed") {
    return { calls: [], formatError: { error: fenced.error, refusal: fenced.refusal } };
  }
  const parsed = parseCommand(tools, fenced.command);
  if (typeof parsed === "string") return { calls: [], formatError: { error: parsed, refusal: false } };
  const action = {
    tool: parsed.tool,
    arguments: { ...parsed.arguments },
    text: fenced.command,
    callId: null,
  };
  return { calls: [{ kind: "action", action }], formatError: null };
}

function user(content: string): Message {
  return { role: "user", content };
}
