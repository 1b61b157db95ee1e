// The Gym for programs: one task on one backend, environments made at will, submissions judged. No model, no pipeline, no run directory.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { z } from "zod";
import type { Action, Env } from "../core/env.ts";
import type { Evaluation, SubmissionId } from "../core/evaluation.ts";
import type { RolloutLimits } from "../core/limits.ts";
import type { ToolSchema } from "../core/model.ts";
import type { Task, TaskDefinition } from "../core/task.ts";
import { judge } from "../judge/judge.ts";
import { pipelineSchema } from "../pipeline/pipelineFile.ts";
import { resolveLimits } from "../pipeline/plan.ts";
import { takingTurns } from "../sandbox/takingTurns.ts";
import { openBlobs } from "../store/blobs.ts";
import { parseCommand } from "../tools/parseCommand.ts";
import { toolDocs, toolSchemas } from "../tools/toolset.ts";
import { chooseBackend, namedBackend } from "./backends.ts";
import { openEpisode } from "./episode.ts";
import { openTask, requireData } from "./tasks.ts";
import { toolsOf } from "./tools.ts";
import { machineTurns } from "./turns.ts";
import { createWorld } from "./world.ts";

const NEVER = new AbortController().signal;

export interface GymOptions {
  /** A task's id: a folder of `tasks/` where the program runs, or one of the package's. */
  readonly task: string;
  /** As in a pipeline file. The process backend keeps nothing from the code that runs in it: use it for code you trust. */
  readonly sandbox?: z.input<typeof pipelineSchema>["sandbox"];
  /** What an agent can use: names, and files of your own, as in a pipeline file. Default: the default set. */
  readonly tools?: readonly string[];
  /** Over the task's own limits. Steps, tokens, dollars and time are the caller's to keep. */
  readonly limits?: Partial<RolloutLimits>;
  /** Judge seeds of one `validate`. Default 1. */
  readonly validationSeedCount?: number;
}

/** Contract: dispose it; that removes what its environments left. */
export interface Gym extends AsyncDisposable {
  readonly task: Task;
  readonly limits: RolloutLimits;
  /** The tools as a text prompt lists them, and as a model takes them natively. */
  readonly toolDocs: string;
  readonly toolSchemas: readonly ToolSchema[];
  /** A fresh sandbox and environment for one episode. Contract: dispose it. */
  createEnv(signal?: AbortSignal): Promise<Env>;
  /** Reads a command as text scaffolds write it; a string says what is wrong with it. */
  actionOf(command: string): Action | string;
  /** Scores of record: one evaluation for each seed, each in fresh sandboxes. */
  evaluate(
    submission: SubmissionId,
    seeds: readonly number[],
    signal?: AbortSignal,
  ): Promise<readonly Evaluation[]>;
}

/** Opens the Gym on one task. Throws UserError where the task, the backend or the image is not there. */
export async function openGym(options: GymOptions): Promise<Gym> {
  const world = await createWorld();
  const limitsOf = (of: TaskDefinition) => resolveLimits({ limits: options.limits ?? {} }, of);
  const task = await openTask(world, options.task, limitsOf);
  requireData([task]);
  const tools = await toolsOf(options, "tools");
  const { definition } = task;
  const limits = limitsOf(definition);
  const sandbox = pipelineSchema.shape.sandbox.parse(options.sandbox);
  const folder = await mkdtemp(path.join(tmpdir(), "nightshift-gym-"));
  const runId = path.basename(folder);
  try {
    const blobs = await openBlobs(folder);
    const { name } = await chooseBackend(world, sandbox);
    const turns = machineTurns(world);
    const backend = takingTurns(namedBackend(world, name, sandbox.docker, blobs), turns);
    await backend.probe();
    await backend.checkImage(definition.image);
    const evaluator = judge({ backend, blobs, clock: world.clock, runId, log: world.log, turns });
    const validationSeedCount = options.validationSeedCount ?? 1;
    let episodeCount = 0;
    return {
      task,
      limits,
      toolDocs: toolDocs(tools),
      toolSchemas: toolSchemas(tools),
      async createEnv(signal = NEVER) {
        const owner = `${runId}-${episodeCount++}`;
        const episode = { task, tools, limits, backend, blobs, evaluator, validationSeedCount, runId, owner };
        return (await openEpisode(world, episode, signal)).env;
      },
      actionOf(command) {
        const parsed = parseCommand(tools, command);
        if (typeof parsed === "string") return parsed;
        return { tool: parsed.tool, arguments: { ...parsed.arguments }, text: command, callId: null };
      },
      evaluate: (submission, seeds, signal = NEVER) =>
        evaluator.evaluate(task, submission, "record", seeds, signal),
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
