// The episodes that sessions of a server play: the library's Gym on grounds that all sessions of a task share.

import type { AgentConfig } from "../core/cell.ts";
import type { Observation } from "../core/env.ts";
import { UserError } from "../core/errors.ts";
import type { Pipeline } from "../pipeline/pipelineFile.ts";
import type { PlannedCell } from "../pipeline/plan.ts";
import type { Game, GameStep, Games } from "../serve/openEnv/game.ts";
import type { SentAction, SentObservation } from "../serve/openEnv/messages.ts";
import { nativeSchemas } from "../tools/nativeSchemas.ts";
import { toolDocs } from "../tools/toolset.ts";
import { type Ground, type GroundShared, openGround } from "./ground.ts";
import { type Gym, gymOn } from "./gym.ts";
import type { GymAction } from "./gymAction.ts";
import type { GymOptions } from "./gymContract.ts";
import type { World } from "./world.ts";

export interface GamesOptions {
  readonly pipeline: Pipeline;
  /** One cell of each task. */
  readonly cells: readonly PlannedCell[];
  readonly shared: GroundShared;
  readonly reward: NonNullable<GymOptions["reward"]>;
}

/** Contract: dispose it after all games; that removes what they left. */
export function openGames(world: World, options: GamesOptions): Games & AsyncDisposable {
  const { pipeline, cells, shared, reward } = options;
  const [agent] = pipeline.cells.agents;
  const grounds = new Map<string, Promise<Ground>>();
  /** A ground takes a moment to try out, and most tasks of a long list are never asked for. */
  const groundOf = (task: string): Promise<Ground> => {
    const known = grounds.get(task);
    if (known !== undefined) return known;
    const opening = openGround(world, groundOptions(pipeline, agent, task), shared);
    grounds.set(task, opening);
    opening.catch(() => grounds.delete(task));
    return opening;
  };
  return {
    tasks: cells.map(({ task, tools, cell }) => ({
      id: task.id,
      description: task.description,
      toolDocs: toolDocs(tools),
      toolSchemas: nativeSchemas(tools),
      limits: cell.limits,
    })),
    open: (task) => gameOn(async () => gymOn(await groundOf(task), { reward })),
    async [Symbol.asyncDispose]() {
      for (const ground of await Promise.allSettled(grounds.values())) {
        if (ground.status === "fulfilled") await ground.value[Symbol.asyncDispose]();
      }
    },
  };
}

function groundOptions(
  { limits, sandbox, stages, web }: Pipeline,
  agent: AgentConfig | undefined,
  task: string,
) {
  const { tools, memory, blocked } = agent ?? {};
  return {
    task,
    limits,
    sandbox,
    web,
    validationSeedCount: stages.evaluate.validationSeeds,
    ...(tools === undefined ? {} : { tools }),
    ...(memory === undefined ? {} : { memory }),
    ...(blocked === undefined ? {} : { blocked }),
  };
}

function gameOn(open: () => Promise<Gym>): Game {
  let gym: Gym | null = null;
  let isClosed = false;
  return {
    async reset(seed, signal) {
      gym ??= await open();
      if (isClosed) {
        await gym.close();
        throw new UserError("the session is closed");
      }
      const [observation, info] = await gym.reset({ seed, signal });
      return { observation: sentOf(observation, false, info) };
    },
    async step(action, signal): Promise<GameStep> {
      if (gym === null) throw new UserError("no episode is under way; reset first");
      const [observation, reward, terminated, truncated, info] = await gym.step(gymActionOf(action), {
        signal,
      });
      return { observation: sentOf(observation, truncated, info), reward, terminated, truncated };
    },
    async evaluate(seeds, signal) {
      if (gym === null) throw new UserError("no episode is under way; reset first");
      const { score, rewards, success } = await gym.evaluate({ seeds, signal });
      return { ...score, rewards, success };
    },
    async [Symbol.asyncDispose]() {
      isClosed = true;
      await gym?.close();
    },
  };
}

function gymActionOf(action: SentAction): GymAction {
  return "command" in action ? action.command : { tool: action.tool, arguments: action.arguments };
}

function sentOf({ text, state }: Observation, truncated: boolean, info: object): SentObservation {
  return {
    text,
    cwd: state.cwd,
    open_file: state.openFile,
    first_line: state.firstLine,
    truncated,
    info: { ...info },
  };
}
