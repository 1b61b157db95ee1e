// How one try of a rollout is put together: a fresh sandbox, environment and agent around the cell's model.
import type { AgentParts } from "../agent/agentParts.ts";
import { createAgent } from "../agent/scaffolds.ts";
import { type AgentConfig, rolloutSeed } from "../core/cell.ts";
import type { WebAccess } from "../core/host.ts";
import type { StepsLog } from "../core/journal.ts";
import type { Past } from "../core/past.ts";
import type { SandboxBackend } from "../core/sandbox.ts";
import type { StepsLogRecord } from "../core/trajectory.ts";
import { withRecording } from "../models/recorded.ts";
import { withSamePrompt } from "../models/samePrompt.ts";
import type { Plan } from "../pipeline/plan.ts";
import type { PlayerGiven } from "../pipeline/plannedRun.ts";
import { type Opened, playRollout, type RolloutParts, type RolloutSpec } from "../rollout/rollout.ts";
import { createBudget } from "../schedule/budget.ts";
import type { Prior } from "../stages/generate.ts";
import { openEpisode, reopenEpisode } from "./episode.ts";
import { modelPrice } from "./models.ts";
import { parkingFor } from "./parking.ts";
import type { Place } from "./place.ts";
import type { ModelFor } from "./playing.ts";
import { agentWithout, stepsWithout } from "./withoutSecrets.ts";
import type { World } from "./world.ts";

/** How one try of a rollout is played, from its beginning or from where it was cut off: a sandbox, environment and agent around the cell's model. */
export function playerOf(
  world: Pick<World, "clock" | "log" | "random" | "secrets">,
  given: PlayerGiven & {
    plan: Plan;
    place: Pick<Place, "imageDigests">;
    backend: SandboxBackend;
    runId: string;
    modelFor: ModelFor;
    /** What agents reach of the web; null: nothing. */
    web: WebAccess | null;
    /** The words of each agent, by its entry in the pipeline. */
    agents: ReadonlyMap<AgentConfig, AgentParts>;
  },
) {
  const { clock, secrets } = world;
  const { plan, place, backend, blobs, runId, modelFor, ledger, steps, snapshots } = given;
  const { snapshotAfterSeconds } = plan.pipeline.stages.generate;
  const hold = AbortSignal.any([given.pause, given.drain]);
  const parked = parkingFor(world, plan.pipeline, { watch: given.endpoints ?? null, hold });
  const plannedBy = new Map(plan.cells.map((planned) => [planned.cell, planned]));
  return async (spec: RolloutSpec, prior: Prior, signal: AbortSignal) => {
    const { key, retry, cell, task } = spec;
    const planned = plannedBy.get(cell);
    if (planned === undefined) throw new RangeError(`no cell for rollout ${key}`);
    const { model: config, tools, memory } = planned;
    const words = given.agents.get(planned.agent);
    if (words === undefined) throw new RangeError(`no words were read for the agent of rollout ${key}`);
    const stepCount = (spec.past ?? spec.branch)?.steps.length ?? 0;
    // Where a branch is taken up later than that, its first reply is behind it.
    const opensBranch = spec.branch?.steps.length === stepCount ? spec.branch : null;
    const { model, fleet } = await modelFor(planned, spec.seedIndex, stepCount);
    const { costUsd } = cell.limits;
    const budget = createBudget("rollout", { usdMax: costUsd, tokensMax: null }, given.budget);
    // The run's budget has it already.
    budget.charge(prior.charged);
    const { whenDurable, settle, log } = settledWhenDurable(stepsWithout(secrets, steps));
    const recorded = withRecording(model, {
      budget,
      whenDurable,
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
        refused: ({ callId }) => ledger.append({ kind: "call-refused", atMs: clock.now(), call: callId }),
      },
    });
    const agent = agentWithout(
      secrets,
      createAgent(cell.agent, words, {
        model: parked(config, opensBranch ? withSamePrompt(recorded, opensBranch.promptSha256) : recorded),
        tools,
        task,
        limits: cell.limits,
        sampling: cell.sampling,
        seed: rolloutSeed(key),
        stickyKey: key,
        callIdOf: (step) => `${key}/${retry}/${step}`,
      }),
    );
    const open = async (openSignal: AbortSignal, past: Past | null): Promise<Opened> => {
      const episode = {
        task,
        tools,
        host: { memory, web: given.web },
        limits: cell.limits,
        backend,
        blobs,
        evaluator: given.judge,
        validationSeedCount: plan.pipeline.stages.evaluate.validationSeeds,
        runId,
        owner: key,
      };
      const { env, sandbox, capabilities, takenUp } =
        past === null || snapshots === null
          ? { ...(await openEpisode(world, episode, openSignal)), takenUp: null }
          : await reopenEpisode(world, episode, { past, snapshots }, openSignal);
      const imageDigest = place.imageDigests.get(task.definition.image) ?? "";
      return { env, place: { sandbox, capabilities, imageDigest }, takenUp };
    };
    const resuming: RolloutParts["resuming"] = {
      isReplayed: (name) => tools.find((tool) => tool.name === name)?.replay === "rerun",
      resumed: ({ how, replayedCount, savedMs }) =>
        ledger.append({
          kind: "rollout-resumed",
          atMs: clock.now(),
          key,
          retry,
          how,
          reason: prior.reason,
          stepCount: spec.past?.steps.length ?? 0,
          replayedCount,
          savedMs,
          lostCallCount: prior.lostCallCount,
          lostUsd: prior.lost.usd,
          lostTokens: prior.lost.tokens,
        }),
      snapshotAfterMs: snapshotAfterSeconds * 1000,
      events: world.log,
    };
    const parts: RolloutParts = {
      agent,
      provider: model.provider,
      open,
      log,
      clock,
      ...(snapshots === null ? {} : { resuming }),
      pause: given.pause,
      drain: given.drain,
    };
    try {
      const trajectory = secrets.redactValue(await playRollout(spec, parts, signal));
      settle();
      return { trajectory, charged: budget.spent };
    } finally {
      settle();
    }
  };
}

/** A rollout's steps log that settles what a reply cost once the reply is in it; one that never comes there is settled with the next, or at the end. */
function settledWhenDurable(steps: StepsLog) {
  let settleLast = () => {};
  const settle = () => {
    settleLast();
    settleLast = () => {};
  };
  return {
    whenDurable: (next: () => void) => {
      settle();
      settleLast = next;
    },
    settle,
    log: {
      async append(record: StepsLogRecord) {
        await steps.append(record);
        if (record.kind === "reply-received") settle();
      },
    } satisfies StepsLog,
  };
}
