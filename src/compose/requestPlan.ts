// A trainer's request as a pipeline: what the server was started with, with the request's own wishes in it. Complaints use the request's words.
import { type AgentConfig, agentConfigSchema } from "../core/cell.ts";
import { UserError } from "../core/errors.ts";
import { suggestion } from "../core/nearest.ts";
import type { ModelConfig } from "../pipeline/modelConfig.ts";
import { type Pipeline, pipelineSchema } from "../pipeline/pipelineFile.ts";
import { REWARD_NAMES, type RewardName } from "../rewards/rewardsOf.ts";
import type { RolloutsRequest } from "../serve/rollouts/request.ts";
import { writtenOut } from "../tasks/families/taskNames.ts";
import { faultsOf } from "../tasks/issueText.ts";
import { toolset } from "../tools/toolset.ts";

/** What a request may say of an agent. The other keys name files of this machine: those are chosen where the server is started. */
const AGENT_KEYS: readonly string[] = [
  "name",
  "scaffold",
  "tools",
  "history",
  "blocked",
  "stateLine",
  "reasoningInHistory",
] satisfies readonly (keyof AgentConfig)[];

/** Throws UserError where the request does not fit what is served. */
export function requestPipeline(
  served: Pipeline,
  request: RolloutsRequest,
  model: ModelConfig,
  seeds: readonly number[],
): Pipeline {
  const { groupSize } = request;
  const groups = Math.ceil((Math.max(...seeds) + 1) / groupSize);
  const wish = {
    ...served,
    name: "rollouts",
    cells: {
      ...served.cells,
      tasks: tasksOf(served, request.tasks),
      agents: [agentOf(served, request.agent)],
      models: [model],
      sampling: [request.sampling],
    },
    rollouts: { perCell: groups * groupSize, groupSize },
    limits: { ...served.limits, ...request.limits },
    stages: {
      ...served.stages,
      generate: { ...served.stages.generate, retriesMax: request.retriesMax },
      evaluate: {
        seeds: request.evaluationSeeds,
        validationSeeds: served.stages.evaluate.validationSeeds,
      },
    },
  };
  const parsed = pipelineSchema.safeParse(wish);
  if (parsed.success) return parsed.data;
  throw inRequestWords(
    new UserError(
      faultsOf(parsed.error.issues, pipelineSchema, wish)
        .map(({ text }) => text)
        .join("; "),
    ),
  );
}

/** Throws UserError for a reward function that is not there. */
export function rewardNamed(name: string): RewardName {
  const found = REWARD_NAMES.find((known) => known === name);
  if (found !== undefined) return found;
  throw new UserError(
    `reward: there is no reward function ${JSON.stringify(name)}; ${suggestion(name, REWARD_NAMES)}`,
  );
}

/** A complaint about the pipeline that a request became, in the request's own keys. */
export function inRequestWords(error: unknown): unknown {
  if (!(error instanceof UserError)) return error;
  const text = error.message
    .replaceAll(/cells\.models(?:\.0|\[0\])?/g, "endpoint")
    .replaceAll(/cells\.agents(?:\.0|\[0\])?/g, "agent")
    .replaceAll(/cells\.sampling(?:\.0|\[0\])?/g, "sampling")
    .replaceAll("cells.tasks", "tasks");
  return new UserError(text, { cause: error });
}

function tasksOf(served: Pipeline, wanted: readonly string[] | undefined): readonly string[] {
  const all = writtenOut(served.cells.tasks);
  if (wanted === undefined) return all;
  const known = new Set(all);
  const tasks = writtenOut(wanted);
  const other = tasks.find((task) => !known.has(task));
  if (other === undefined) return tasks;
  throw new UserError(`tasks: ${JSON.stringify(other)} is not served; ${suggestion(other, all)}`);
}

/** An agent of the server's by its name alone; else one in the request's own words, over the server's first. */
function agentOf(served: Pipeline, wish: RolloutsRequest["agent"]): unknown {
  const [first] = served.cells.agents;
  if (Object.keys(wish).length === 0) return first;
  const { name } = wish;
  const named = served.cells.agents.find((agent) => agent.name === name);
  if (Object.keys(wish).length === 1 && name !== undefined) {
    if (named !== undefined) return named;
    const names = served.cells.agents.map((agent) => agent.name);
    throw new UserError(
      `agent: there is no agent ${JSON.stringify(name)}; ${suggestion(String(name), names)}`,
    );
  }
  const key = Object.keys(wish).find(
    (one) => !AGENT_KEYS.includes(one) && Object.hasOwn(agentConfigSchema.shape, one),
  );
  const tools = new Set([...toolset.map((tool) => tool.name), ...served.cells.agents.flatMap(toolsNamed)]);
  const other = toolsNamed({ tools: wish["tools"] }).find((tool) => !tools.has(tool));
  if (key !== undefined || other !== undefined) {
    throw new UserError(
      `agent.${key ?? "tools"}: a request may not name files of the server, nor tools beyond the default set${other === undefined ? "" : ` (${other})`}; put the agent into the pipeline file that the server is started with, and ask for it by its name`,
    );
  }
  return { name: "researcher", scaffold: "fenced", ...wish };
}

function toolsNamed({ tools }: { readonly tools?: unknown }): readonly string[] {
  return Array.isArray(tools) ? tools.filter((tool) => typeof tool === "string") : [];
}
