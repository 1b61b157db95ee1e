// What one simulated run is: its pipeline, its tasks and its bad days, all drawn from one seed.

import type { AgentParts } from "../../src/agent/agentParts.ts";
import { agentIdentity } from "../../src/agent/scaffolds.ts";
import { loadAgents } from "../../src/compose/agents.ts";
import type { AgentConfig } from "../../src/core/cell.ts";
import {
  type ModelFaults,
  modelFaultsSchema,
  type SandboxFaults,
  sandboxFaultsSchema,
} from "../../src/core/faults.ts";
import { hashOf, seedOf } from "../../src/core/hash.ts";
import { NO_HOST } from "../../src/core/host.ts";
import { type Prng, prng } from "../../src/core/prng.ts";
import type { Task } from "../../src/core/task.ts";
import type { Tool } from "../../src/core/tool.ts";
import { type Pipeline, pipelineSchema } from "../../src/pipeline/pipelineFile.ts";
import { makePlan, type Plan } from "../../src/pipeline/plan.ts";
import { forfeitTool } from "../../src/tools/forfeit.ts";
import { shellTool } from "../../src/tools/shell.ts";
import { submitTool } from "../../src/tools/submit.ts";
import { validateTool } from "../../src/tools/validate.ts";
import { testTask } from "../fixtures/task.ts";
import { STEPS_MAX } from "./policy.ts";
import { MODEL_ID, OUTPUT_TOKENS_MAX, PRICE } from "./seller.ts";

const TOOLS: readonly Tool[] = [shellTool, validateTool, submitTool, forfeitTool];
const CRASHES_MAX = 6;
/** Tokens of a call, from which on histories are shortened: a few steps come to as many. */
const LONG_TOKENS = 1_000;

/** What befalls one session before it ends. Operations are counted on its disk. */
export interface Mishap {
  /** The process dies at this operation; null: it lives. */
  readonly crashAt: number | null;
  readonly crash: "kill" | "power";
  /** Whether it may also die while the dataset's end is written. */
  readonly diesWriting: boolean;
  /** The user stops it in good order at this operation; null: never. */
  readonly interruptAt: number | null;
  /** From this operation on the disk has no room to spare, so that the run pauses; null: never. */
  readonly fullAt: number | null;
  /** Milliseconds that the session may take; null: any. */
  readonly sessionMsMax: number | null;
  /** Share of the living sandboxes that outlive the process. */
  readonly survivalShare: number;
  /** How far the wall clock jumps before it starts. */
  readonly clockJumpMs: number;
  /** Plays the first seeds first, as a pilot does. */
  readonly pilotSeeds: number | null;
  readonly sandbox: SandboxFaults;
  readonly model: ModelFaults;
  readonly judgeFailShare: number;
}

export interface Scenario {
  readonly seed: number;
  readonly rollouts: number;
  /** As it is meant to end, without a budget. */
  readonly pipeline: Pipeline;
  /** As the sessions with mishaps see it: perhaps smaller. */
  readonly smaller: Pipeline;
  /** Share of what the calm run cost that those may spend, in dollars or tokens; null: no limit. */
  readonly budget: { readonly share: number; readonly unit: "usd" | "tokens" } | null;
  /** Size at which steps and archive begin a new segment; null: none ever comes so far. */
  readonly segmentBytesMax: number | null;
  readonly mishaps: readonly Mishap[];
}

export interface ScenarioOptions {
  readonly seed: number;
  /** Fewest and most rollouts that the plan wants. */
  readonly rollouts: readonly [number, number];
}

const CALM_SANDBOX = sandboxFaultsSchema.parse({});
const CALM_MODEL = modelFaultsSchema.parse({});

/** A session in which nothing happens but work. */
export const CALM: Mishap = {
  crashAt: null,
  crash: "kill",
  diesWriting: false,
  interruptAt: null,
  fullAt: null,
  sessionMsMax: null,
  survivalShare: 1,
  clockJumpMs: 0,
  pilotSeeds: null,
  sandbox: CALM_SANDBOX,
  model: CALM_MODEL,
  judgeFailShare: 0,
};

/** Seeds in a row that share one plan, and so its calm run. */
export const SEEDS_PER_PLAN = 8;

/** The scenario of a seed: its plan, drawn for all seeds that share it, and bad days of its own. */
export function drawScenario({ seed, rollouts: [least, most] }: ScenarioOptions): Scenario {
  const draw = prng(seedOf("simulated plan", Math.floor(seed / SEEDS_PER_PLAN)));
  const own = prng(seedOf("simulated mishaps", seed));
  // As many runs of the lower half of the range's doublings as of the upper.
  const wanted = Math.round(least * (most / least) ** draw.next());
  const taskCount = 1 + draw.below(3);
  const groupSize = draw.pick([1, 1, 2, 4]);
  const perCell = Math.max(1, Math.ceil(wanted / taskCount / groupSize)) * groupSize;
  const accepted = draw.chance(0.3) ? 1 + draw.below(Math.ceil(perCell * 0.6)) : null;
  const pipeline = pipelineOf(draw, { taskCount, perCell, accepted, groupSize, seed });
  const smallerCount = Math.max(1, Math.ceil((perCell / groupSize) * own.next())) * groupSize;
  const isSmaller = accepted === null && own.chance(0.2);
  const rollouts = perCell * taskCount;
  return {
    seed,
    rollouts,
    pipeline,
    smaller: isSmaller
      ? { ...pipeline, rollouts: { ...pipeline.rollouts, perCell: smallerCount } }
      : pipeline,
    budget: own.chance(0.3)
      ? { share: 0.2 + 1.3 * own.next(), unit: own.pick(["usd", "usd", "tokens"]) }
      : null,
    segmentBytesMax: own.pick([null, null, 4_000, 60_000]),
    mishaps: Array.from({ length: 1 + own.below(CRASHES_MAX) }, () => mishapOf(own, rollouts)),
  };
}

function pipelineOf(
  draw: Prng,
  of: { taskCount: number; perCell: number; accepted: number | null; groupSize: number; seed: number },
): Pipeline {
  const { taskCount, perCell, accepted, groupSize, seed } = of;
  return pipelineSchema.parse({
    name: `simulation-${Math.floor(seed / SEEDS_PER_PLAN)}`,
    cells: {
      tasks: Array.from({ length: taskCount }, (_, index) => `simulated-${index}`),
      agents: [
        {
          name: "researcher",
          scaffold: draw.pick(["fenced", "native"]),
          history: draw.pick([
            "appendOnly",
            "appendOnly",
            { kind: "lastObservations", keep: 2 },
            { kind: "blockElision", tokens: LONG_TOKENS, keep: 1 },
            { kind: "summary", tokens: LONG_TOKENS, keep: 1 },
          ]),
        },
      ],
      models: [
        {
          name: "policy",
          wire: "openai",
          model: MODEL_ID,
          baseUrls: ["http://127.0.0.1:9/v1"],
          price: PRICE,
        },
      ],
      sampling: [{ maxTokens: OUTPUT_TOKENS_MAX }],
    },
    rollouts: { perCell, accepted, groupSize },
    limits: { steps: STEPS_MAX, wallSeconds: 86_400, actionSeconds: 120, validations: 2 },
    sandbox: { backend: "process", unsafe: true },
    concurrency: { rollouts: draw.pick([1, 4, 16, 64]), evaluations: draw.pick([1, 4, 16]) },
    tripwires: {
      failedRollouts: null,
      deadSandboxes: null,
      formatErrors: null,
      identicalActions: null,
      invalidSubmissions: null,
      cacheMisses: null,
    },
    stages: {
      generate: {
        retriesMax: draw.below(4),
        snapshotAfterSeconds: draw.pick([0, 20, 20]),
        snapshotsDiskMb: draw.pick([0, 64, 64, 64]),
      },
      evaluate: {
        seeds: draw.pick([1, 3]),
        validationSeeds: draw.pick([1, 2]),
        lastValid: draw.chance(0.5),
        everyValidated: draw.chance(0.3),
      },
      filter: { outcomes: ["submitted", "limit"], formatErrorShareMax: 0.5 },
    },
    allow: ["notTrainable"],
  });
}

function mishapOf(draw: Prng, rollouts: number): Mishap {
  // Early, in the middle and late are as likely: the number of operations of a session is not known beforehand.
  const moment = () => Math.floor(Math.exp(draw.next() * Math.log(rollouts * 40)));
  const isFaulty = draw.chance(0.8);
  const rate = (most: number) => (isFaulty && draw.chance(0.6) ? most * draw.next() ** 2 : 0);
  const crashes = draw.chance(0.85);
  return {
    crashAt: crashes ? moment() : null,
    crash: draw.pick(["kill", "kill", "power"]),
    diesWriting: draw.chance(0.1),
    interruptAt: draw.chance(0.2) ? moment() : null,
    fullAt: draw.chance(0.1) ? moment() : null,
    sessionMsMax: draw.chance(0.1) ? 1_000 * (1 + draw.below(1_200)) : null,
    survivalShare: draw.pick([0, 0.5, 1, 1]),
    clockJumpMs: draw.chance(0.2) ? Math.floor(draw.normal() * 86_400_000) : 0,
    pilotSeeds: draw.chance(0.15) ? 1 + draw.below(3) : null,
    sandbox: sandboxFaultsSchema.parse({
      createRefused: rate(0.3),
      died: rate(0.2),
      slow: rate(0.2),
      slowSeconds: draw.pick([5, 30]),
      snapshotLost: rate(0.5),
      tornOutput: rate(0.2),
      replyLost: rate(0.1),
    }),
    model: modelFaultsSchema.parse({
      throttled: rate(0.3),
      overloaded: rate(0.2),
      halfReply: rate(0.1),
      hanging: rate(0.1),
      lost: rate(0.1),
    }),
    judgeFailShare: rate(0.2),
  };
}

const words = new Map<string, AgentParts>();

/** The plan of a pipeline, and the words of its agents. */
export async function planOf(pipeline: Pipeline): Promise<{
  readonly plan: Plan;
  readonly agents: ReadonlyMap<AgentConfig, AgentParts>;
}> {
  const agents = new Map<AgentConfig, AgentParts>();
  for (const config of pipeline.cells.agents) {
    const name = JSON.stringify(config);
    const known = words.get(name) ?? (await loadAgents(pipeline)).get(config);
    if (known === undefined) throw new Error("the agent has no words");
    words.set(name, known);
    agents.set(config, known);
  }
  const tasks = new Map(pipeline.cells.tasks.map((id) => [id, taskOf(id)]));
  const plan = makePlan(pipeline, tasks, {
    agent: (config) => {
      const parts = agents.get(config);
      if (parts === undefined) throw new Error("the agent has no words");
      return agentIdentity(config, parts, TOOLS);
    },
    tools: () => TOOLS,
    memory: () => NO_HOST.memory,
    reach: () => ({}),
    agentWith: (config) => config,
    model: () => ({ id: MODEL_ID, revision: "1" }),
  });
  return { plan, agents };
}

function taskOf(id: string): Task {
  const task = testTask({
    id,
    description: `Write the best solution of ${id}.`,
    workspace: [{ path: "solution.txt", data: Buffer.from("starter\n"), executable: false }],
    playHash: hashOf("simulated play", id),
    judgeHash: hashOf("simulated judge", id),
  });
  const submission = [{ path: "solution.txt", bytesMax: 10_000 }];
  return { ...task, definition: { ...task.definition, submission } };
}
