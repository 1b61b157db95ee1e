// The fenced scaffold: thinking in words and one fenced command a reply, over a history that only ever grows. It asks the
// model, reads the reply and words the messages; what happens to a command is not its business.
import type { Agent, PromptSpans } from "../core/agent.ts";
import type { Observation } from "../core/env.ts";
import type { RolloutLimits } from "../core/limits.ts";
import { type Message, promptSha256 } from "../core/message.ts";
import type { Model, Sampling } from "../core/model.ts";
import type { Task } from "../core/task.ts";
import type { Tool } from "../core/tool.ts";
import { parseCommand } from "../tools/parseCommand.ts";
import { toolDocs } from "../tools/toolset.ts";
import { fencedIdentity } from "./identity.ts";
import { parseFenced } from "./parseFenced.ts";
import { fillPrompt, type Prompts } from "./prompts.ts";

export interface FencedAgentOptions {
  readonly model: Model;
  readonly prompts: Prompts;
  readonly tools: readonly Tool[];
  readonly task: Pick<Task, "description" | "definition">;
  /** What the agent is told of its limits; `steps` comes with each message instead. */
  readonly limits: Pick<RolloutLimits, "actionSeconds" | "validations">;
  readonly sampling: Sampling;
  readonly seed: number;
  readonly stickyKey: string;
  /** The name of the model call of a step in journals. */
  readonly callIdOf: (step: number) => string;
}

/** An agent for one rollout. Its prompt is always the whole pool, so that every call extends the one before it. */
export function fencedAgent(options: FencedAgentOptions): Agent {
  const { model, prompts, tools, task, limits, sampling, seed, stickyKey, callIdOf } = options;
  return {
    identity: fencedIdentity(prompts, tools),

    opening(first, { stepsMax }) {
      const { metric, anchors, submission } = task.definition;
      const content = fillPrompt(prompts, "task", {
        description: task.description.trim(),
        metric: metric.unit === "" ? metric.name : `${metric.name} (${metric.unit})`,
        direction: metric.direction === "maximize" ? "higher" : "lower",
        baseline: Number(anchors.starter.toPrecision(6)),
        submission: submission
          .map(({ path, bytesMax }) => `\`${path}\` (at most ${bytesMax} bytes)`)
          .join(", "),
        steps: stepsMax,
        actionSeconds: limits.actionSeconds,
        validations: limits.validations,
        observation: first.text,
        state: stateLine(prompts, first, 0, stepsMax),
      });
      return [
        {
          kind: "system",
          message: { role: "system", content: fillPrompt(prompts, "system", { tools: toolDocs(tools) }) },
        },
        { kind: "task", message: { role: "user", content } },
      ];
    },

    async act({ step, pool }, signal) {
      const prompt: PromptSpans = pool.length === 0 ? [] : [[0, pool.length]];
      const reply = await model.complete(
        {
          callId: callIdOf(step),
          stickyKey,
          messages: pool.map(({ message }) => message),
          tools: [],
          sampling,
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
      };
      const sha256s = pool.map(({ sha256 }) => sha256);
      return {
        prompt,
        promptSha256: promptSha256([], sha256s),
        reply,
        message,
        choice: choose(tools, reply),
      };
    },

    observe(observation, { step, stepsMax }) {
      const state = stateLine(prompts, observation, step, stepsMax);
      return user(fillPrompt(prompts, "observation", { observation: observation.text, state }));
    },

    complain: (error) => user(fillPrompt(prompts, "complaint", { error })),
  };
}

type Choice = Awaited<ReturnType<Agent["act"]>>["choice"];

function choose(tools: readonly Tool[], reply: Parameters<typeof parseFenced>[0]): Choice {
  const fenced = parseFenced(reply);
  if (fenced.kind === "malformed")
    return { kind: "formatError", error: fenced.error, refusal: fenced.refusal };
  const parsed = parseCommand(tools, fenced.command);
  if (typeof parsed === "string") return { kind: "formatError", error: parsed, refusal: false };
  return {
    kind: "action",
    action: { tool: parsed.tool, arguments: { ...parsed.arguments }, text: fenced.command, callId: null },
  };
}

function stateLine(prompts: Prompts, { state }: Observation, used: number, steps: number): string {
  return fillPrompt(prompts, "state", {
    used,
    steps,
    openFile: state.openFile ?? "none",
    directory: state.cwd,
  });
}

function user(content: string): Message {
  return { role: "user", content };
}
