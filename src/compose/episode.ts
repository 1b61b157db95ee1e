// The place of one episode: a fresh sandbox with the task's starter files, and the environment around it. The player and the Gym share it.
import type { Env } from "../core/env.ts";
import type { Evaluator } from "../core/evaluation.ts";
import { NO_HOST, type ToolHost } from "../core/host.ts";
import type { RolloutLimits } from "../core/limits.ts";
import type { BlobStore, Capabilities, SandboxBackend, SandboxHandle } from "../core/sandbox.ts";
import { dataEnvironment, type Task } from "../core/task.ts";
import type { Tool } from "../core/tool.ts";
import { createEnv } from "../env/env.ts";
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

/** An environment for one episode. Contract: disposing `env` disposes the sandbox. */
export async function openEpisode(
  { clock, log }: Pick<World, "clock" | "log">,
  options: EpisodeOptions,
  signal: AbortSignal,
): Promise<{ readonly env: Env; readonly sandbox: SandboxHandle; readonly capabilities: Capabilities }> {
  const { task, limits, blobs, evaluator } = options;
  const { resources, image } = task.definition;
  const sandbox = await options.backend.create(
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
  const validationSeeds = Array.from({ length: options.validationSeedCount }, (_, seed) => seed);
  const env = createEnv({
    task,
    sandbox,
    evaluator,
    blobs,
    tools: options.tools,
    host: { ...NO_HOST, ...options.host, gpuCount: resources.gpus ?? 0 },
    limits,
    validationSeeds,
    clock,
    log,
  });
  return { env, sandbox: sandbox.handle, capabilities: sandbox.capabilities };
}
