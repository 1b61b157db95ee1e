// The place of one episode: a sandbox, fresh with the task's starter files or with a past behind it, and the environment around it. The
// player and the Gym share it.
import type { Env } from "../core/env.ts";
import { BoundaryError, errorText, StoreError } from "../core/errors.ts";
import type { Evaluator } from "../core/evaluation.ts";
import { NO_HOST, type ToolHost } from "../core/host.ts";
import type { RolloutLimits } from "../core/limits.ts";
import { actionsOf, type Past, underWay } from "../core/past.ts";
import type { BlobStore, Capabilities, Sandbox, SandboxBackend, SandboxHandle } from "../core/sandbox.ts";
import { dataEnvironment, type Task } from "../core/task.ts";
import type { Tool } from "../core/tool.ts";
import { createEnv } from "../env/env.ts";
import type { TakenUp } from "../rollout/takeUp.ts";
import type { World } from "./world.ts";

/** A sandbox may live as long as its rollout's clock allows, plus this for judging and queues. */
const LIFETIME_HEADROOM_MS = 3_600_000;
const ORPHAN_TTL_MS = 3_600_000;

export interface EpisodeOptions {
  readonly task: Task;
  readonly tools: readonly Tool[];
  /** What tools may reach outside the sandbox; left out: nothing. */
  readonly host?: Pick<ToolHost, "memory" | "web">;
  readonly limits: RolloutLimits;
  readonly backend: SandboxBackend;
  readonly blobs: BlobStore;
  readonly evaluator: Evaluator;
  /** Judge seeds 0, 1, … of one `validate`. */
  readonly validationSeedCount: number;
  readonly runId: string;
  /** What the sandbox is for: the rollout's key. */
  readonly owner: string;
}

/** Contract: disposing `env` disposes the sandbox. */
export interface Episode {
  readonly env: Env;
  readonly sandbox: SandboxHandle;
  readonly capabilities: Capabilities;
}

type Ground = Pick<World, "clock" | "log" | "secrets">;

/** An environment for one episode, in a fresh sandbox. */
export async function openEpisode(
  world: Ground,
  options: EpisodeOptions,
  signal: AbortSignal,
): Promise<Episode> {
  return episodeIn(world, options, await freshSandbox(options, signal));
}

/**
 * An environment for an episode that was cut off: in its own sandbox where that still lives, else in a fresh one as the newest snapshot has
 * it, or as the task's starter files are. `snapshots` tells which are still there.
 */
export async function reopenEpisode(
  world: Ground,
  options: EpisodeOptions,
  { past, snapshots }: { readonly past: Past; readonly snapshots: Pick<BlobStore, "has"> },
  signal: AbortSignal,
): Promise<Episode & { readonly takenUp: TakenUp }> {
  const seen = actionsOf(past);
  const living = await livingSandbox(options, past);
  if (living !== null) {
    return {
      ...episodeIn(world, options, living),
      takenUp: { how: "attached", seenCount: seen.length },
    };
  }
  const sandbox = await freshSandbox(options, signal);
  const { snapshot } = past;
  if (snapshot === null || !(await snapshots.has(snapshot.id))) {
    return { ...episodeIn(world, options, sandbox), takenUp: { how: "restored", seenCount: 0 } };
  }
  try {
    await sandbox.restore(snapshot.id);
  } catch (error) {
    await sandbox[Symbol.asyncDispose]();
    if (!(error instanceof StoreError && error.isLocal)) throw error;
    // Everything can be carried out again from the starter files; it only takes longer.
    world.log.warn("snapshot-not-read", { rollout: options.owner, error: errorText(error) });
    const afresh = episodeIn(world, options, await freshSandbox(options, signal));
    return { ...afresh, takenUp: { how: "restored", seenCount: 0 } };
  }
  const isWithin = ({ step, action }: { step: number; action: number }) =>
    step < snapshot.step || (step === snapshot.step && action <= snapshot.action);
  return {
    ...episodeIn(world, options, sandbox),
    takenUp: { how: "restored", seenCount: seen.filter(isWithin).length },
  };
}

/** The rollout's own sandbox, where it answers and can be asked again for what was under way; else null, and it is gone. */
async function livingSandbox({ backend, tools }: EpisodeOptions, past: Past): Promise<Sandbox | null> {
  const sandbox = await backend.attach(past.place.sandbox);
  if (sandbox === null) return null;
  const interrupted = underWay(past);
  const tool = tools.find(({ name }) => name === interrupted?.tool);
  if ((interrupted === null || tool?.repeatable) && (await sandbox.probe())) return sandbox;
  try {
    await sandbox[Symbol.asyncDispose]();
  } catch (error) {
    if (!(error instanceof BoundaryError)) throw error;
  }
  return null;
}

async function freshSandbox(options: EpisodeOptions, signal: AbortSignal): Promise<Sandbox> {
  const { task, limits } = options;
  const { resources, image } = task.definition;
  return options.backend.create(
    {
      runId: options.runId,
      owner: options.owner,
      purpose: "rollout",
      image,
      files: task.workspace,
      mounts: task.mounts,
      limits: { ...resources, lifetimeMs: limits.wallSeconds * 1000 + LIFETIME_HEADROOM_MS },
      env: dataEnvironment(task),
      network: false,
      orphanTtlMs: ORPHAN_TTL_MS,
    },
    signal,
  );
}

function episodeIn({ clock, log, secrets }: Ground, options: EpisodeOptions, sandbox: Sandbox): Episode {
  const { task, limits, blobs, evaluator } = options;
  const validationSeeds = Array.from({ length: options.validationSeedCount }, (_, seed) => seed);
  const env = createEnv({
    task,
    sandbox,
    evaluator,
    blobs,
    tools: options.tools,
    host: { ...NO_HOST, ...options.host, gpuCount: task.definition.resources.gpus ?? 0 },
    limits,
    validationSeeds,
    clock,
    log,
    secrets,
  });
  return { env, sandbox: sandbox.handle, capabilities: sandbox.capabilities };
}
