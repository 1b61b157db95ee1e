// Realistic rollouts for the tests of this room and of export: an agent of the fenced scaffold that lists files, trains and
// submits. Every hash is taken the way the product takes it.
import { type Cell, rolloutKey, rolloutSeed } from "../../src/core/cell.ts";
import { type Evaluation, evaluationKey } from "../../src/core/evaluation.ts";
import { sha256 } from "../../src/core/hash.ts";
import { DEFAULT_LIMITS } from "../../src/core/limits.ts";
import {
  type Message,
  type MessageKind,
  messageSha256,
  type PooledMessage,
  promptSha256,
  type Reasoning,
} from "../../src/core/message.ts";
import type { FinishReason, ReasoningInHistory, ToolSchema } from "../../src/core/model.ts";
import type { Outcome } from "../../src/core/outcome.ts";
import type { Task, TaskDefinition } from "../../src/core/task.ts";
import { type StepRecord, type Trajectory, trajectorySchema } from "../../src/core/trajectory.ts";
import type { Verdict } from "../../src/core/verdict.ts";
import type { Funnel } from "../../src/dataset/manifest.ts";
import type { DatasetRecord, RunInfo } from "../../src/dataset/records.ts";

export const START_MS = 1_790_000_000_000;

export function fixtureTask(id = "ames-price", over: Partial<TaskDefinition> = {}): Task {
  const definition: TaskDefinition = {
    title: "House prices",
    domain: "tabular",
    family: "tabular-regression",
    tags: ["regression"],
    licence: "CC0-1.0",
    metric: { name: "rmse", direction: "minimize", unit: "log dollars" },
    anchors: { nothing: 0.4, starter: 0.2, probe: 0.15, best: 0.12, optimum: 0 },
    sigma: 0.001,
    limits: { steps: 20 },
    resources: { cpus: 1, memoryMb: 512, pids: 64, diskMb: 256 },
    image: "nightshift/python",
    submission: [{ path: "submission.csv", bytesMax: 1_000_000 }],
    judge: { kind: "csv", timeoutSeconds: 60, cpuSecondsMax: 30, cpuMsPerCallMax: null },
    use: "train",
    validation: 1,
    mlgym: null,
    ...over,
  };
  return {
    id,
    folder: `/tasks/${id}`,
    definition,
    description: `Predict the prices. Task ${id}.`,
    workspace: [],
    judgeFiles: [],
    harnessFiles: [],
    data: null,
    mounts: [],
    playHash: sha256(`play ${id}`),
    judgeHash: sha256(`judge ${id}`),
  };
}

/** One reply of the agent and what came of it. */
export interface FixtureStep {
  readonly text: string;
  readonly formatError?: boolean;
  readonly finish?: FinishReason;
  readonly reasoning?: readonly Reasoning[];
  readonly toolCall?: { readonly name: string; readonly arguments: string };
  readonly observation?: string | null;
}

export interface FixtureOptions {
  readonly task?: Task;
  readonly seedIndex?: number;
  readonly provider?: string;
  readonly model?: string;
  readonly steps?: readonly FixtureStep[];
  readonly outcome?: Outcome;
  /** Old observations are replaced by short stand-ins from the third step on, as a last-n history does it. */
  readonly rewritten?: boolean;
  /** Records token ids, three per message. */
  readonly tokens?: boolean;
  readonly tools?: readonly ToolSchema[];
  readonly reasoningInHistory?: ReasoningInHistory;
  readonly startedAtMs?: number;
  readonly latencyMs?: number;
}

export const THREE_STEPS: readonly FixtureStep[] = [
  { text: "Let me look.\n```\nls -la\n```", observation: "data.csv\ntrain.py" },
  { text: "Train it.\n```\npython train.py\n```", observation: "rmse 0.17 ✓ naïve" },
  { text: "Good.\n```\nsubmit\n```", observation: null },
];

export function fixtureTrajectory(options: FixtureOptions = {}): Trajectory {
  const { task = fixtureTask(), seedIndex = 0, provider = "openai", model = "gpt-fixture" } = options;
  const { steps = THREE_STEPS, tools = [], latencyMs = 812.5 } = options;
  const startedAtMs = options.startedAtMs ?? START_MS + seedIndex * 1000;
  const cell: Cell = {
    taskId: task.id,
    playHash: task.playHash,
    agent: {
      name: "fenced",
      scaffold: "fenced",
      history: "appendOnly",
      ...(options.reasoningInHistory === undefined ? {} : { reasoningInHistory: options.reasoningInHistory }),
    },
    model: { id: model, revision: "r1" },
    sampling: { temperature: 0.7, maxTokens: 2048, stop: ["\n\n\n\n"] },
    limits: DEFAULT_LIMITS,
  };
  const key = rolloutKey(cell, seedIndex, null);
  const pool: PooledMessage[] = [];
  const add = (
    kind: MessageKind,
    message: Message,
    step: number | null,
    derivedFrom: number | null = null,
  ) => {
    const index = pool.length;
    pool.push({ index, kind, step, derivedFrom, sha256: messageSha256(message), message });
    return index;
  };
  const context = [
    add("system", { role: "system", content: "You do research." }, null),
    add("task", { role: "user", content: task.description }, null),
  ];
  let observation: number | null = null;
  const records = steps.map((step, index): StepRecord => {
    if (options.rewritten === true && index >= 2 && observation !== null) {
      const elided = context.findIndex((at) => pool[at]?.kind === "observation");
      const at = context[elided];
      if (at !== undefined) {
        context[elided] = add("elided", { role: "user", content: "Old output omitted." }, index, at);
      }
    }
    const prompt = spansOf(context);
    const hashes = context.map((at) => pool[at]?.sha256 ?? "");
    const response = add("reply", replyMessage(step, index), index);
    const sent = [...context];
    context.push(response);
    const failed = step.formatError === true;
    observation = null;
    if (step.observation !== null) {
      const content = step.observation ?? "ok";
      const message: Message =
        step.toolCall === undefined || failed
          ? { role: "user", content }
          : { role: "tool", content, toolCallId: `call-${index}`, name: step.toolCall.name };
      observation = add(failed ? "formatError" : "observation", message, index);
      context.push(observation);
    }
    const ids = (at: number) => [at * 3, at * 3 + 1, at * 3 + 2];
    return {
      index,
      startedAtMs: startedAtMs + index * 100,
      prompt,
      promptSha256: promptSha256(tools, hashes),
      response,
      reply: {
        finish: step.finish ?? "stop",
        usage: { input: 100 + index, cacheRead: 40, cacheWrite: 0, output: 20, reasoning: 4 },
        tokens:
          options.tokens === true
            ? {
                promptIds: sent.flatMap(ids),
                completionIds: ids(response),
                logprobs: [-0.1, -0.2, -0.3],
                source: "vllm",
              }
            : null,
        servedModel: model,
        requestId: `req-${seedIndex}-${index}`,
        policyVersion: null,
        latencyMs,
        throttledMs: 0,
        providerCostUsd: null,
        costUsd: 0.001,
        endpoint: "main",
        requestSha256: sha256(`request ${key} ${index}`),
        verbatim: JSON.stringify({ choices: [{ message: { content: step.text } }] }),
      },
      actions: failed
        ? []
        : [
            {
              tool: "shell",
              arguments: { command: step.text },
              text: step.text,
              callId: step.toolCall === undefined ? null : `call-${index}`,
              error: null,
              result: {
                message: observation,
                ok: true,
                exitCode: 0,
                timedOut: false,
                oomKilled: false,
                durationMs: 50,
                cpuMs: 12,
                validation: null,
                state: { openFile: null, firstLine: 1, cwd: "." },
              },
            },
          ],
      formatError: failed ? "no fenced block" : null,
      complaint: failed ? observation : null,
    };
  });
  return trajectorySchema.parse({
    version: 1,
    key,
    retry: 0,
    cell,
    seedIndex,
    seed: rolloutSeed(key),
    origin: null,
    agentIdentity: "fenced@1 shell@1",
    provider,
    taskPlayHash: task.playHash,
    place: {
      sandbox: { backend: "process", host: "h", id: "1", locator: "l" },
      capabilities: {
        backend: "process",
        isolation: "none",
        cpu: "none",
        memory: "partial",
        pids: "none",
        disk: "none",
        network: "none",
        hostFiles: "none",
        survivesOrchestrator: false,
      },
      imageDigest: "none",
    },
    startedAtMs,
    endedAtMs: startedAtMs + 5000.25,
    tools,
    pool,
    steps: records,
    outcome: options.outcome ?? { kind: "submitted" },
    finalSubmission: sha256(`submission ${key}`),
    finalReason: null,
    bestValidated: null,
  });
}

export function scored(trajectory: Trajectory, task: Task, scores: readonly number[]): Evaluation[] {
  const submission = trajectory.finalSubmission ?? "";
  return scores.map((score, seed) => ({
    kind: "scored",
    key: evaluationKey({ submission, judgeHash: task.judgeHash, phase: "record", seed }),
    submission,
    judgeHash: task.judgeHash,
    phase: "record",
    seed,
    cpuMs: 3,
    wallMs: 5,
    score,
    metrics: { rmse: score },
  }));
}

export function fixtureRecord(
  options: FixtureOptions & { readonly scores?: readonly number[]; readonly verdict?: Verdict } = {},
): DatasetRecord {
  const task = options.task ?? fixtureTask();
  const trajectory = fixtureTrajectory({ ...options, task });
  const scores = options.scores ?? [0.15, 0.15];
  const isScored = scores.length > 0;
  return {
    trajectory,
    finalEvaluations: scored(trajectory, task, scores),
    bestEvaluations: [],
    verdict: options.verdict ?? { kind: "kept" },
    rewards: {
      fn: "anchored@1",
      value: isScored ? 0.6 : null,
      success: isScored ? true : null,
      standardError: isScored ? 0.0007 : null,
      components: { "final:raw@1": isScored ? 0.15 : null },
    },
  };
}

/** Records of one cell in key order. */
export function fixtureRecords(count: number, options: FixtureOptions = {}): DatasetRecord[] {
  const records = Array.from({ length: count }, (_, seedIndex) => fixtureRecord({ ...options, seedIndex }));
  return inKeyOrder(records);
}

export function inKeyOrder(records: readonly DatasetRecord[]): DatasetRecord[] {
  return [...records].sort((a, b) => (a.trajectory.key < b.trajectory.key ? -1 : 1));
}

export const FIXTURE_RUN: RunInfo = {
  runId: "run-1",
  title: "Fixture trajectories",
  codeVersion: "0.1.0-test",
  createdAtMs: START_MS,
  groupSize: 4,
  rewardFn: "anchored@1",
  license: "cc-by-4.0",
};

export function fixtureFunnel(kept: number): Funnel {
  return { admitted: kept + 3, kept, dropped: { belowScore: 2 }, failed: { sandbox: 1 }, owed: 0 };
}

export async function* streamed<T>(items: Iterable<T>): AsyncGenerator<T> {
  for (const item of items) yield item;
}

function replyMessage(step: FixtureStep, index: number): Message {
  const { toolCall, reasoning = [] } = step;
  return {
    role: "assistant",
    content: step.text,
    reasoning: [...reasoning],
    toolCalls: toolCall === undefined ? [] : [{ id: `call-${index}`, ...toolCall }],
  };
}

function spansOf(indices: readonly number[]): [number, number][] {
  const spans: [number, number][] = [];
  for (const index of indices) {
    const last = spans.at(-1);
    if (last !== undefined && last[1] === index) last[1] = index + 1;
    else spans.push([index, index + 1]);
  }
  return spans;
}
