// What rollout tests stand on: one real task, the process sandbox, the real judge, and a model that says what the test wants.
import { loadAgentParts } from "../../src/agent/agentParts.ts";
import type { Demonstration } from "../../src/agent/demonstration.ts";
import { createAgent } from "../../src/agent/scaffolds.ts";
import type { BranchStart } from "../../src/core/branch.ts";
import type { AgentConfig, Cell, Origin } from "../../src/core/cell.ts";
import { rolloutKey, rolloutSeed } from "../../src/core/cell.ts";
import { DEFAULT_LIMITS, type RolloutLimits } from "../../src/core/limits.ts";
import type { Model } from "../../src/core/model.ts";
import { type ActionPlace, actionsOf, type Past } from "../../src/core/past.ts";
import type { Sandbox } from "../../src/core/sandbox.ts";
import { dataEnvironment, type Task } from "../../src/core/task.ts";
import type { StepsLogRecord, Trajectory } from "../../src/core/trajectory.ts";
import { createEnv } from "../../src/env/env.ts";
import { playRollout, type Resuming } from "../../src/rollout/rollout.ts";
import { toolset } from "../../src/tools/toolset.ts";
import { clock, NEVER, type World } from "../judge/world.ts";

export interface Played {
  readonly trajectory: Trajectory;
  readonly records: readonly StepsLogRecord[];
  /** How it was taken up, where it had a past. */
  readonly resumptions: readonly Resumption[];
}

type Resumption = Parameters<Resuming["resumed"]>[0];

export interface PlayOptions {
  readonly limits?: Partial<RolloutLimits>;
  readonly agent?: Partial<AgentConfig>;
  readonly demonstrations?: readonly Demonstration[];
  readonly signal?: AbortSignal;
  /** Called with the rollout's sandbox before the agent sees it. */
  readonly onSandbox?: (sandbox: Sandbox) => void;
  /** Goes on from here instead of from the beginning. */
  readonly past?: Past;
  readonly seedIndex?: number;
  /** Begins with the first steps of another rollout. */
  readonly branch?: { readonly start: BranchStart; readonly origin: Origin; readonly seedIndex: number };
  /** Takes snapshots, as a run does. Default: none but for going on. */
  readonly snapshotAfterMs?: number;
  /** What the sandbox is labelled with. */
  readonly runId?: string;
}

/** Plays one rollout of a task with a model, everything else real. */
export async function playWith(
  here: World,
  task: Task,
  model: Model,
  options: PlayOptions = {},
): Promise<Played> {
  const limits: RolloutLimits = { ...DEFAULT_LIMITS, steps: 30, actionSeconds: 20, ...options.limits };
  const cell: Cell = {
    taskId: task.id,
    playHash: task.playHash,
    agent: { name: "test", scaffold: "fenced", history: "appendOnly", ...options.agent },
    model: { id: model.id, revision: null },
    sampling: {},
    limits,
  };
  const { start = null, origin = null } = options.branch ?? {};
  const seedIndex = options.branch?.seedIndex ?? options.seedIndex ?? 0;
  const key = rolloutKey(cell, seedIndex, origin);
  const records: StepsLogRecord[] = [];
  const resumptions: Resumption[] = [];
  const agent = createAgent(cell.agent, await loadAgentParts(cell.agent, options.demonstrations), {
    model,
    tools: toolset,
    task,
    limits,
    sampling: {},
    seed: rolloutSeed(key),
    stickyKey: key,
    callIdOf: (step) => `${key}/0/${step}`,
  });
  const log = { info: () => {}, warn: () => {} };
  const trajectory = await playRollout(
    { key, retry: 0, cell, seedIndex, origin, task, past: options.past ?? null, branch: start },
    {
      agent,
      provider: model.provider,
      clock,
      log: {
        append: async (record) => {
          records.push(structuredClone(record));
        },
      },
      ...(options.past === undefined && start === null && options.snapshotAfterMs === undefined
        ? {}
        : {
            resuming: {
              isReplayed: (name: string) => toolset.find((tool) => tool.name === name)?.replay === "rerun",
              resumed: async (how: Resumption) => void resumptions.push(how),
              snapshotAfterMs: options.snapshotAfterMs ?? 600_000,
              events: log,
            },
          }),
      open: async (signal, past) => {
        const { resources, image } = task.definition;
        const sandbox = await here.backend.create(
          {
            runId: options.runId ?? "test",
            owner: key,
            purpose: "rollout",
            image,
            files: task.workspace,
            mounts: task.mounts,
            limits: { ...resources, lifetimeMs: 600_000 },
            env: dataEnvironment(task),
            network: false,
            orphanTtlMs: 60_000,
          },
          signal,
        );
        options.onSandbox?.(sandbox);
        const snapshot = past?.snapshot ?? null;
        if (snapshot !== null) await sandbox.restore(snapshot.id);
        const isSeen = ({ step, action }: ActionPlace) =>
          snapshot !== null &&
          (step < snapshot.step || (step === snapshot.step && action <= snapshot.action));
        const seenCount = past === null ? 0 : actionsOf(past).filter(isSeen).length;
        const env = createEnv({
          task,
          sandbox,
          evaluator: here.judgeOver(here.backend),
          blobs: here.blobs,
          tools: toolset,
          limits,
          validationSeeds: [0],
          clock,
          log,
        });
        return {
          env,
          place: { sandbox: sandbox.handle, capabilities: sandbox.capabilities, imageDigest: "test" },
          takenUp: past === null ? null : { how: "restored" as const, seenCount },
        };
      },
    },
    options.signal ?? NEVER,
  );
  return { trajectory, records, resumptions };
}
