// A sandbox as it was at a step of a recorded rollout: fresh, with the starter files, and the recorded actions carried out again.
import type { Env, StepResult } from "../core/env.ts";
import { UserError } from "../core/errors.ts";
import type { PooledMessage } from "../core/message.ts";
import type { Sandbox, SandboxBackend } from "../core/sandbox.ts";
import type { StepAction, StepRecord } from "../core/trajectory.ts";
import type { Pipeline } from "../pipeline/pipelineFile.ts";
import type { PlannedCell } from "../pipeline/plan.ts";
import { endingDifference } from "../rollout/endingDifference.ts";
import { chooseBackend, NO_BLOBS, namedBackend } from "./backends.ts";
import { openEpisode } from "./episode.ts";
import type { World } from "./world.ts";

const SHOWN_CHARS = 120;

/** What is replayed, and up to which step. */
export interface Recorded {
  readonly key: string;
  readonly planned: PlannedCell;
  readonly pool: readonly PooledMessage[];
  /** The steps before the one that is asked for. */
  readonly steps: readonly StepRecord[];
}

export interface Replayed extends AsyncDisposable {
  readonly sandbox: Sandbox;
  readonly backend: string;
  /** Actions that were carried out again. */
  readonly actionCount: number;
  /** One line for each action that went otherwise than recorded. */
  readonly differences: readonly string[];
}

/**
 * Replays a rollout's actions in a sandbox of the backend that the pipeline names. Tools with `replay: "record"` (validate, submit) take
 * their record: nothing is judged. Contract: dispose it; the sandbox goes with it.
 */
export async function replayRollout(
  world: World,
  settings: Pipeline["sandbox"],
  recorded: Recorded,
  signal: AbortSignal,
): Promise<Replayed> {
  const { key, planned, steps } = recorded;
  const { name } = await chooseBackend(world, settings);
  const backend = namedBackend(world, name, settings.docker, NO_BLOBS);
  await using opened = new AsyncDisposableStack();
  opened.defer(() => backend.close());
  await backend.probe();
  await backend.checkImage(planned.task.definition.image);
  const { backend: watched, created } = keepingSandbox(backend);
  const { env } = await openEpisode(
    world,
    {
      task: planned.task,
      tools: planned.tools,
      limits: planned.cell.limits,
      backend: watched,
      blobs: NO_BLOBS,
      evaluator: { evaluate: () => Promise.reject(new Error("a replay judges nothing")) },
      validationSeedCount: 1,
      runId: `shell-${world.timeStamp()}-${Math.floor(world.random() * 1e9).toString(36)}`,
      owner: key,
    },
    signal,
  );
  opened.use(env);
  const sandbox = created();
  await env.reset({ actionScope: `${key.slice(0, 16)}/shell` }, signal);
  const { differences, actionCount } = await carryOut(env, recorded, steps, signal);
  const parts = opened.move();
  return {
    sandbox,
    backend: name,
    actionCount,
    differences,
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

async function carryOut(
  env: Env,
  { pool, planned }: Recorded,
  steps: readonly StepRecord[],
  signal: AbortSignal,
) {
  const differences: string[] = [];
  let actionCount = 0;
  for (const step of steps) {
    for (const action of step.actions) {
      const tool = planned.tools.find(({ name }) => name === action.tool);
      if (action.error !== null || action.arguments === null || tool?.replay === "record") continue;
      const { text, callId } = action;
      const result = await env.step({ tool: action.tool, arguments: action.arguments, text, callId }, signal);
      actionCount += 1;
      const difference = differenceOf(action, result, pool);
      if (difference !== null) differences.push(`step ${step.index}, ${action.tool}: ${difference}`);
    }
  }
  return { differences, actionCount };
}

/** How an action went otherwise than recorded, in one line; null where it went the same, or where there is no record to hold it against. */
function differenceOf(action: StepAction, now: StepResult, pool: readonly PooledMessage[]): string | null {
  const was = action.result;
  if (was === null) return "it was cut off when it was recorded, and is carried out whole now";
  const ending = endingDifference(was, now.info);
  if (ending !== null) return ending;
  const message = was.message === null ? undefined : pool[was.message]?.message;
  if (message === undefined) return null;
  const lines = now.observation.text.trim().split("\n");
  const recordedLines = new Set(message.content.split("\n").map((line) => line.trimEnd()));
  const other = lines.find((line) => !recordedLines.has(line.trimEnd()));
  return other === undefined ? null : `a line that the record has not: ${other.trim().slice(0, SHOWN_CHARS)}`;
}

/** Lets the episode own its sandbox, and us see it. */
function keepingSandbox(backend: SandboxBackend) {
  let sandbox: Sandbox | null = null;
  const watched: SandboxBackend = {
    name: backend.name,
    probe: () => backend.probe(),
    checkImage: (image) => backend.checkImage(image),
    async create(spec, signal) {
      sandbox = await backend.create(spec, signal);
      return sandbox;
    },
    attach: (handle) => backend.attach(handle),
    sweep: (options) => backend.sweep(options),
    close: () => backend.close(),
  };
  return {
    backend: watched,
    created(): Sandbox {
      if (sandbox === null) throw new UserError("the backend made no sandbox");
      return sandbox;
    },
  };
}
