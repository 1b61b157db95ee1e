// Where episodes of one task are played without a pipeline: its sandboxes, tools, limits and judge, opened once and shared by every
// Gym, pool and session that stands on it. No model, no run directory.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { z } from "zod";
import { type BlockedConfig, type Cell, rolloutKey } from "../core/cell.ts";
import type { Env } from "../core/env.ts";
import { UserError } from "../core/errors.ts";
import type { Evaluator } from "../core/evaluation.ts";
import { hashOf } from "../core/hash.ts";
import type { WebAccess } from "../core/host.ts";
import type { RolloutLimits } from "../core/limits.ts";
import type { ToolSchema } from "../core/model.ts";
import type { Clock, Turns } from "../core/runtime.ts";
import type { Task, TaskDefinition } from "../core/task.ts";
import type { Tool } from "../core/tool.ts";
import { judge } from "../judge/judge.ts";
import { type Pipeline, pipelineSchema } from "../pipeline/pipelineFile.ts";
import { resolveLimits } from "../pipeline/plan.ts";
import { takingTurns } from "../sandbox/takingTurns.ts";
import { createLane, type Lane } from "../schedule/lanes.ts";
import { openBlobs } from "../store/blobs.ts";
import { blockedCommands } from "../tools/blockedCommands.ts";
import { nativeSchemas } from "../tools/nativeSchemas.ts";
import { TOOLSET_VERSION, toolDocs } from "../tools/toolset.ts";
import { chooseBackend, namedBackend } from "./backends.ts";
import { openEpisode } from "./episode.ts";
import { memoryOf } from "./memory.ts";
import { openTask, requireData } from "./tasks.ts";
import { toolsOf } from "./tools.ts";
import { machineTurns } from "./turns.ts";
import { checkWeb, webFor, webReach } from "./web.ts";
import { evaluatorWithout } from "./withoutSecrets.ts";
import type { World } from "./world.ts";

/** Submissions judged at a time where nobody says otherwise, as in a pipeline. */
const EVALUATIONS_DEFAULT = 4;
export const EVALUATIONS_MAX = 1_000;
/** Raised by hand when an episode of the Gym would go otherwise than before. */
const GYM_VERSION = 1;

export interface GroundOptions {
  /** A task's id: a folder of `tasks/` where the program runs, or one of the package's; `family/7` for an instance. */
  readonly task: string;
  /** As in a pipeline file. The process backend keeps nothing from the code that runs in it: use it for code you trust. */
  readonly sandbox?: z.input<typeof pipelineSchema>["sandbox"];
  /** What an agent can use: names, and files of your own, as in a pipeline file. Default: the default set. */
  readonly tools?: readonly string[];
  /** Programs that the shell refuses with a sentence, as in a pipeline file. Default: none. */
  readonly blocked?: BlockedConfig;
  /** File of notes that `memory_read` finds, as in a pipeline file. Default: no notes. */
  readonly memory?: string;
  /** What of the web `literature_search` and `parse_pdf` may reach, as in a pipeline file. Default: nothing. */
  readonly web?: z.input<typeof pipelineSchema>["web"];
  /** Over the task's own limits. Tokens and dollars are the caller's to count. */
  readonly limits?: Partial<RolloutLimits> | Pipeline["limits"];
  /** Judge seeds of one `validate`: 0, 1, … as in a pipeline. Default 1. */
  readonly validationSeedCount?: number;
  /** Submissions judged at a time, over all Gyms on this ground; each takes up to two sandboxes more. Default 4, at most 1,000. */
  readonly evaluationsMax?: number;
}

/** What several grounds of one process share, so that they heed each other. */
export interface GroundShared {
  readonly turns: Turns;
  readonly evaluations: Lane;
  /** The web, where they reach it as one; left out: each ground opens its own. */
  readonly web?: WebAccess | null;
}

/** Contract: dispose it; that removes what its episodes left. */
export interface Ground extends AsyncDisposable {
  readonly task: Task;
  readonly limits: RolloutLimits;
  readonly tools: readonly Tool[];
  readonly toolDocs: string;
  readonly toolSchemas: readonly ToolSchema[];
  readonly evaluator: Evaluator;
  readonly clock: Clock;
  /** The key of a seed's episode: equal for equal task, tools, limits and seed, on whatever machine. */
  keyOf(seed: number): string;
  /** A fresh sandbox and environment for one episode. Contract: dispose it. */
  openEnv(key: string, signal: AbortSignal): Promise<Env>;
}

/** The turns and the judging lane for all grounds of a process. */
export function groundShared(world: World, evaluationsMax = EVALUATIONS_DEFAULT): GroundShared {
  return { turns: machineTurns(world), evaluations: createLane(evaluationsMax) };
}

/** Opens the ground of a task. Throws UserError where the task, its data, the backend or the image is not there. */
export async function openGround(
  world: World,
  options: GroundOptions,
  shared?: GroundShared,
): Promise<Ground> {
  const { validationSeedCount = 1, evaluationsMax = EVALUATIONS_DEFAULT } = options;
  checkCount("validationSeedCount", validationSeedCount, 100);
  checkCount("evaluationsMax", evaluationsMax, EVALUATIONS_MAX);
  const limitsOf = (of: TaskDefinition) => resolveLimits({ limits: options.limits ?? {} }, of);
  const task = await openTask(world, options.task, limitsOf);
  requireData([task]);
  const { definition } = task;
  const limits = limitsOf(definition);
  const sandbox = pipelineSchema.shape.sandbox.parse(options.sandbox);
  const tools = await toolsOf(options, "tools");
  const settings = pipelineSchema.shape.web.parse(options.web);
  checkWeb(tools, settings, "tools");
  const { memory, name: memoryName } = await memoryOf(options.memory, tools, "memory");
  const web = shared?.web ?? webFor(world, settings, tools);
  const { turns, evaluations } = shared ?? groundShared(world, evaluationsMax);
  const { clock, log } = world;
  const folder = await mkdtemp(path.join(tmpdir(), "nightshift-gym-"));
  const runId = path.basename(folder);
  try {
    const blobs = await openBlobs(folder);
    const { name } = await chooseBackend(world, sandbox);
    const backend = takingTurns(namedBackend(world, name, sandbox.docker, blobs), turns);
    await backend.probe();
    await backend.checkImage(definition.image);
    const judged = evaluatorWithout(world.secrets, judge({ backend, blobs, clock, runId, log, turns }));
    const evaluator: Evaluator = {
      evaluate: (of, submission, phase, seeds, signal) =>
        whenFree(evaluations, signal, () => judged.evaluate(of, submission, phase, seeds, signal)),
    };
    const { blocked } = options;
    const reach = {
      ...webReach(tools, settings),
      ...(memoryName === null ? {} : { memory: memoryName }),
      ...(blocked === undefined ? {} : { blocked: blockedCommands(blocked) }),
    };
    const cell = cellOf(task, tools, limits, validationSeedCount, reach);
    return {
      task,
      limits,
      tools,
      toolDocs: toolDocs(tools),
      toolSchemas: nativeSchemas(tools),
      evaluator,
      clock,
      keyOf: (seed) => rolloutKey(cell, seed, null),
      async openEnv(owner, signal) {
        const host = { memory, web };
        const of = {
          task,
          tools,
          host,
          limits,
          backend,
          blobs,
          evaluator,
          validationSeedCount,
          runId,
          owner,
        };
        return (await openEpisode(world, of, signal)).env;
      },
      async [Symbol.asyncDispose]() {
        await backend.sweep({ runId });
        await backend.close();
        await rm(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** Runs the work in its turn; whoever is told to stop while waiting does so at once. */
export function whenFree<T>(lane: Lane, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    const run = async () => {
      signal.removeEventListener("abort", stop);
      signal.throwIfAborted();
      return await work();
    };
    lane.run(run).then(resolve, reject);
    if (signal.aborted) stop();
  });
}

/** Throws UserError unless it is a whole number from 1 to `most`. */
export function checkCount(name: string, value: number, most: number): void {
  if (Number.isInteger(value) && value >= 1 && value <= most) return;
  throw new UserError(`${name}: ${value} is no whole number from 1 to ${most}`);
}

/** What an episode of the Gym is in keys: as a pipeline's cell, but whoever plays is unknown, and no prompt is ours. */
function cellOf(
  task: Task,
  tools: readonly Tool[],
  limits: RolloutLimits,
  validationSeeds: number,
  reach: Readonly<Record<string, unknown>>,
): Cell {
  const { metric, anchors, submission } = task.definition;
  const told = { metric, baseline: anchors.starter, submission, validationSeeds };
  const sources = tools.flatMap(({ source }) => source ?? []);
  const agent = {
    version: GYM_VERSION,
    toolset: TOOLSET_VERSION,
    schemas: nativeSchemas(tools),
    sources,
    ...reach,
  };
  return {
    taskId: task.id,
    playHash: hashOf("play", { task: task.playHash, told, agent: hashOf("gym", agent), limits }),
    agent: { name: "gym", scaffold: "fenced", history: "appendOnly" },
    model: { id: "caller", revision: null },
    sampling: {},
    limits,
  };
}
