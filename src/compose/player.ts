// How one try of a rollout is put together: a fresh sandbox, environment and agent around the cell's model.
import { createAgent, type ScaffoldPrompts } from "../agent/scaffolds.ts";
import { rolloutSeed } from "../core/cell.ts";
import type { SandboxBackend } from "../core/sandbox.ts";
import { withRecording } from "../models/recorded.ts";
import type { Plan } from "../pipeline/plan.ts";
import type { PlayerGiven } from "../pipeline/plannedRun.ts";
import { playRollout, type RolloutSpec } from "../rollout/rollout.ts";
import { createBudget } from "../schedule/budget.ts";
import { openEpisode } from "./episode.ts";
import { fleetOf, modelOf, modelPrice } from "./models.ts";
import type { Place } from "./place.ts";
import { webOf } from "./web.ts";
import type { World } from "./world.ts";

/** How one try of a rollout is played: a fresh sandbox, environment and agent around the cell's model. */
export function playerOf(
  world: World,
  given: PlayerGiven & {
    plan: Plan;
    place: Place;
    backend: SandboxBackend;
    runId: string;
    prompts: ScaffoldPrompts;
  },
) {
  const { clock } = world;
  const { plan, place, backend, blobs, runId, ledger, steps } = given;
  const models = new Map(
    plan.pipeline.cells.models.map((config) => {
      const fleet = fleetOf(world, config);
      return [config.name, { model: modelOf(world, config, fleet), fleet }];
    }),
  );
  const plannedBy = new Map(plan.cells.map((planned) => [planned.cell, planned]));
  const web = webOf(world, plan);
  return async (spec: RolloutSpec, signal: AbortSignal) => {
    const { key, retry, cell, task } = spec;
    const planned = plannedBy.get(cell);
    const found = planned && models.get(planned.model.name);
    if (planned === undefined || found === undefined) throw new RangeError(`no model for rollout ${key}`);
    const { model: config, tools, memory } = planned;
    const { model, fleet } = found;
    const { costUsd } = cell.limits;
    const budget = createBudget("rollout", { usdMax: costUsd, tokensMax: null }, given.budget);
    const recorded = withRecording(model, {
      budget,
      price: modelPrice(config),
      ...(config.wire === "anthropic" ? { outputTokensMax: config.maxOutputTokens } : {}),
      ...(fleet === null ? {} : { mostUsd: fleet.mostUsd }),
      journal: {
        started: ({ callId, reservedUsd, reservedTokens }) =>
          ledger.append({
            kind: "call-started",
            atMs: clock.now(),
            call: callId,
            reservedUsd,
            reservedTokens,
          }),
      },
    });
    const agent = createAgent(cell.agent, given.prompts, {
      model: recorded,
      tools,
      task,
      limits: cell.limits,
      sampling: cell.sampling,
      seed: rolloutSeed(key),
      stickyKey: key,
      callIdOf: (step) => `${key}/${retry}/${step}`,
    });
    const open = async (openSignal: AbortSignal) => {
      const episode = {
        task,
        tools,
        host: { memory, web },
        limits: cell.limits,
        backend,
        blobs,
        evaluator: given.judge,
        validationSeedCount: plan.pipeline.stages.evaluate.validationSeeds,
        runId,
        owner: key,
      };
      const { env, sandbox, capabilities } = await openEpisode(world, episode, openSignal);
      const imageDigest = place.imageDigests.get(task.definition.image) ?? "";
      return { env, place: { sandbox, capabilities, imageDigest } };
    };
    const parts = { agent, provider: model.provider, open, log: steps, clock, pause: given.pause };
    const trajectory = await playRollout(spec, parts, signal);
    return { trajectory, charged: budget.spent };
  };
}
