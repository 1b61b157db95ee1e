// From a pipeline file to a plan: reads the file, loads its tasks, names agents and models by what they are.
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import path from "node:path";
import { agentIdentity } from "../agent/scaffolds.ts";
import type { AgentConfig } from "../core/cell.ts";
import { UserError } from "../core/errors.ts";
import { NO_HOST } from "../core/host.ts";
import { nearestName } from "../core/nearest.ts";
import type { Task } from "../core/task.ts";
import type { Tool } from "../core/tool.ts";
import { checkSecrets } from "../pipeline/checkSecrets.ts";
import type { Pipeline } from "../pipeline/pipelineFile.ts";
import { makePlan, type Plan, resolveLimits } from "../pipeline/plan.ts";
import { readPipelineText } from "../pipeline/readPipeline.ts";
import { writtenOut } from "../tasks/families/taskNames.ts";
import { readTextFile } from "../tasks/readText.ts";
import { loadAgents } from "./agents.ts";
import { addNamedSecrets } from "./knownSecrets.ts";
import { memoryOf, type NamedMemory } from "./memory.ts";
import { agentWith, modelIdentity } from "./models.ts";
import { PACKAGE_ROOT } from "./packageRoot.ts";
import { openReplays } from "./replaySource.ts";
import { inOrder, isWithoutData, openTask } from "./tasks.ts";
import { toolsOf } from "./tools.ts";
import { checkWeb, webReach } from "./web.ts";
import type { World } from "./world.ts";

/** Reads a pipeline file with settings over it; `pipelines/NAME` that is not where the command runs is the package's own. */
export async function readPipeline(file: string, settings: readonly string[]) {
  const text = await readTextFile(located(file), "the pipeline file").catch(async (error: unknown) => {
    const near = existsSync(file) ? null : await neighbourOf(file);
    if (near === null || !(error instanceof UserError)) throw error;
    throw new UserError(
      `cannot read the pipeline file ${file}: there is no such file; did you mean ${near}?`,
      {
        cause: error,
      },
    );
  });
  return { text, pipeline: readPipelineText(text, file, settings) };
}

/** The file beside it whose name is nearest; null where none is near. */
async function neighbourOf(file: string): Promise<string | null> {
  const folder = path.dirname(file);
  const names = await readdir(folder).catch(() => []);
  const near = nearestName(path.basename(file), names.filter((name) => /\.ya?ml$/.test(name)).sort());
  return near === null ? null : path.join(folder, near);
}

function located(file: string): string {
  const inPipelines = path.join("pipelines", path.basename(file));
  const shipped = path.join(PACKAGE_ROOT, inPipelines);
  return path.normalize(file) === inPipelines && !existsSync(file) && existsSync(shipped) ? shipped : file;
}

/** Loads the tasks and multiplies out the cells; nothing is spent. */
export async function planOf(world: Pick<World, "env" | "secrets">, pipeline: Pipeline): Promise<Plan> {
  addNamedSecrets(world.secrets, world.env, pipeline);
  checkSecrets(pipeline, null, world.secrets);
  const agents = await loadAgents(pipeline);
  const toolsBy = new Map<AgentConfig, readonly Tool[]>();
  const memoryBy = new Map<AgentConfig, NamedMemory>();
  for (const [index, agent] of pipeline.cells.agents.entries()) {
    const keyPath = `cells.agents[${index}]`;
    const tools = await toolsOf(agent, `${keyPath}.tools`);
    checkWeb(tools, pipeline.web, `${keyPath}.tools`);
    toolsBy.set(agent, tools);
    memoryBy.set(agent, await memoryOf(agent.memory, tools, `${keyPath}.memory`));
  }
  const tools = (agent: AgentConfig) => toolsBy.get(agent) ?? [];
  const replays = await openReplays(pipeline.cells.models);
  const tasks = new Map<string, Task>();
  const mayLack = pipeline.cells.absent === "leaveOut";
  await inOrder(writtenOut(pipeline.cells.tasks), async (id) => {
    if (mayLack && (await isWithoutData(world, id))) return;
    tasks.set(id, await openTask(world, id, (definition) => resolveLimits(pipeline, definition)));
  });
  return makePlan(pipeline, tasks, {
    agent: (config) => {
      const parts = agents.get(config);
      if (parts === undefined) throw new RangeError(`no words were read for the agent ${config.name}`);
      return agentIdentity(config, parts, tools(config));
    },
    tools,
    memory: (config) => memoryBy.get(config)?.memory ?? NO_HOST.memory,
    reach: (config) => webReach(tools(config), pipeline.web),
    agentWith: (config, model) => {
      // A memory is known by what it says, wherever its file lies.
      const name = memoryBy.get(config)?.name ?? null;
      return { ...agentWith(config, model), ...(name === null ? {} : { memory: name }) };
    },
    model: (config) => replays.get(config)?.identity ?? modelIdentity(config),
  });
}
