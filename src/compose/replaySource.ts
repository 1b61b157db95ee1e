// The recorded rollouts that a `replay` model plays again, found in a run directory by task and seed index.

import { UserError } from "../core/errors.ts";
import type { ArchiveRef } from "../core/ledger.ts";
import type { Model, ModelReply } from "../core/model.ts";
import { isEpisodeEnd } from "../core/outcome.ts";
import type { StepRecord, Trajectory } from "../core/trajectory.ts";
import { type RecordedCall, replayModel } from "../models/replay.ts";
import type { ModelConfig, ReplayModelConfig } from "../pipeline/modelConfig.ts";
import type { Plan } from "../pipeline/plan.ts";
import { type RunReader, readRun } from "../store/readRun.ts";

/** What a `replay` model plays from. */
export interface ReplaySource {
  /** What it is in keys: the recorded model, and the run that holds its rollouts. */
  readonly identity: { readonly id: string; readonly revision: string };
  has(taskId: string, seedIndex: number): boolean;
  /**
   * The model of one rollout, from the step on that has `stepCount` before it; `differs` is told of requests that do. Throws UserError
   * where `has` is false.
   */
  model(
    of: { readonly taskId: string; readonly seedIndex: number; readonly stepCount: number },
    differs: (call: number) => void,
  ): Promise<Model>;
}

/** The sources of all `replay` models of a pipeline. Throws UserError where a run cannot be read, or holds more than one to choose from. */
export async function openReplays(
  models: readonly ModelConfig[],
): Promise<ReadonlyMap<ModelConfig, ReplaySource>> {
  const sources = new Map<ModelConfig, ReplaySource>();
  for (const [index, config] of models.entries()) {
    if (config.wire === "replay") sources.set(config, await openReplay(config, `cells.models[${index}]`));
  }
  return sources;
}

/** Throws UserError unless every rollout of the plan that is to be replayed has been recorded to its end. */
export function checkReplays(plan: Plan, sources: ReadonlyMap<ModelConfig, ReplaySource>): void {
  for (const { model, cell, demand } of plan.cells) {
    const source = sources.get(model);
    if (source === undefined || model.wire !== "replay") continue;
    for (let seed = 0; seed < demand.rolloutsMax; seed++) {
      if (source.has(cell.taskId, seed)) continue;
      throw new UserError(
        `cells.models: ${model.name} replays ${model.run}, which has no finished rollout of ${cell.taskId} with seed ${seed}; ` +
          (seed === 0 ? "take the task out, or replay another run" : `set rollouts.perCell to ${seed}`),
      );
    }
  }
}

async function openReplay(config: ReplayModelConfig, place: string): Promise<ReplaySource> {
  const reader = await readRun(config.run);
  const wanted = await recordedCells(reader, config, place);
  const rollouts = new Map<string, ArchiveRef>();
  for (const { cell, seedIndex, archive, outcome } of reader.state.rollouts.values()) {
    const recorded = wanted.cells.get(cell);
    if (recorded === undefined || archive === null || outcome === null || !isEpisodeEnd(outcome)) continue;
    rollouts.set(nameOf(recorded.taskId, seedIndex), archive);
  }
  return {
    identity: { id: `replay/${wanted.modelId}`, revision: `run:${reader.runJson.runId}` },
    has: (taskId, seedIndex) => rollouts.has(nameOf(taskId, seedIndex)),
    async model({ taskId, seedIndex, stepCount }, differs) {
      const archive = rollouts.get(nameOf(taskId, seedIndex));
      if (archive === undefined) {
        throw new UserError(
          `${place}.run: ${config.run} has no finished rollout of ${taskId} with seed ${seedIndex}`,
        );
      }
      const trajectory = await reader.archive.read(archive);
      return replayModel({
        id: `replay/${wanted.modelId}`,
        calls: trajectory.steps.map((step) => callOf(trajectory, step)),
        onDifference: config.onDifference,
        first: stepCount,
        differs,
      });
    },
  };
}

const nameOf = (taskId: string, seedIndex: number) => `${taskId} ${seedIndex}`;

/** The recorded cells that the configuration means, at most one a task: each is known by the first rollout that it has in the archive. */
async function recordedCells(reader: RunReader, config: ReplayModelConfig, place: string) {
  const found = new Map<string, Trajectory["cell"]>();
  for (const { cell, archive } of reader.state.rollouts.values()) {
    if (archive !== null && !found.has(cell)) found.set(cell, (await reader.archive.read(archive)).cell);
  }
  const cells = new Map(
    [...found].filter(
      ([, { model, agent }]) =>
        (config.model === null || model.id === config.model) &&
        (config.agent === null || agent.name === config.agent),
    ),
  );
  const chosen = [...cells.values()];
  const [first] = chosen;
  if (first === undefined) {
    const there = names([...found.values()].map(({ model, agent }) => `${model.id} by ${agent.name}`));
    throw new UserError(
      `${place}: ${config.run} has no finished rollout of that model and agent; it has ${there || "none"}`,
    );
  }
  const models = names(chosen.map(({ model }) => model.id));
  if (chosen.some(({ model }) => model.id !== first.model.id)) {
    throw new UserError(`${place}: ${config.run} has rollouts of ${models}; say whose with model`);
  }
  const agents = names(chosen.map(({ agent }) => agent.name));
  if (chosen.some(({ agent }) => agent.name !== first.agent.name)) {
    throw new UserError(`${place}: ${config.run} has rollouts of the agents ${agents}; say which with agent`);
  }
  const tasks = chosen.map(({ taskId }) => taskId);
  const twice = tasks.find((id, at) => tasks.indexOf(id) !== at);
  if (twice !== undefined) {
    throw new UserError(
      `${place}: ${config.run} plays ${twice} in two cells of ${models} that differ in sampling or revision only; such a run cannot be replayed, since a seed would name two rollouts`,
    );
  }
  return { cells, modelId: first.model.id };
}

function names(all: readonly string[]): string {
  return [...new Set(all)].sort().join(", ");
}

/** What a step's model was asked and said. */
function callOf({ pool, tools }: Trajectory, { promptSha256, response, reply }: StepRecord): RecordedCall {
  const message = pool[response]?.message;
  if (message?.role !== "assistant") throw new RangeError(`pool message ${response} is no reply`);
  const { content: text, reasoning, layout } = message;
  // A text scaffold keeps no stray native call in its history, and refuses the reply for having one: one without a name has it refused again.
  const isStray = tools.length === 0 && reply.finish === "toolCalls" && message.toolCalls.length === 0;
  const toolCalls = isStray ? [{ id: "", name: "", arguments: "" }] : message.toolCalls;
  const said: ModelReply = { ...reply, text, reasoning, toolCalls };
  return { promptSha256, reply: layout === undefined ? said : { ...said, layout } };
}
