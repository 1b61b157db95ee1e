// Real-looking records for the store's tests: events, steps and trajectories, drawn from a seed where that matters.
import { hashOf } from "../../src/core/hash.ts";
import type { ArchiveRef, LedgerEvent, RolloutFacts } from "../../src/core/ledger.ts";
import { DEFAULT_LIMITS } from "../../src/core/limits.ts";
import { messageSha256, type PooledMessage } from "../../src/core/message.ts";
import type { Outcome } from "../../src/core/outcome.ts";
import type { Prng } from "../../src/core/prng.ts";
import type { StepRecord, StepsLogRecord, Trajectory } from "../../src/core/trajectory.ts";

export function rolloutKeyOf(name: string | number): string {
  return hashOf("rollout", name);
}

export function facts(change: Partial<RolloutFacts> = {}): RolloutFacts {
  return {
    stepCount: 2,
    formatErrorCount: 0,
    toolErrorCount: 1,
    validationCount: 1,
    usage: { input: 100, cacheRead: 40, cacheWrite: 0, output: 20, reasoning: 5 },
    costUsd: 0.25,
    chargedUsd: change.costUsd === undefined ? 0.25 : (change.costUsd ?? 0),
    chargedTokens: change.usage === undefined ? 120 : change.usage.input + change.usage.output,
    wallMs: 12_000,
    modelMs: 9000,
    toolMs: 1500,
    finalSubmission: null,
    finalReason: "nothing was submitted",
    bestValidated: null,
    ...change,
  };
}

export const admitted = (key: string, seedIndex = 0, cell = "cell"): LedgerEvent => ({
  kind: "rollout-admitted",
  atMs: 1,
  key,
  cell,
  seedIndex,
});
export const started = (key: string, retry = 0): LedgerEvent => ({
  kind: "rollout-started",
  atMs: 2,
  key,
  retry,
});
export const called = (key: string, retry: number, step: number): LedgerEvent => ({
  kind: "call-started",
  atMs: 3,
  call: `${key}/${retry}/${step}`,
  reservedUsd: 0.5,
  reservedTokens: 1000,
});
export const retried = (key: string, retry = 0): LedgerEvent => ({
  kind: "rollout-retried",
  atMs: 4,
  key,
  retry,
  reason: "failed:sandbox",
  spentUsd: 0.125,
  spentTokens: 50,
  lostCallCount: 1,
  stepCount: 1,
});
export const ended = (
  key: string,
  outcome: Outcome = { kind: "submitted" },
  more: { retry?: number; archive?: ArchiveRef; facts?: RolloutFacts } = {},
): LedgerEvent => ({
  kind: "rollout-ended",
  atMs: 5,
  key,
  retry: more.retry ?? 0,
  outcome,
  archive: more.archive ?? { segment: 0, offset: 0, length: 100 },
  facts: more.facts ?? facts(),
});

const OUTCOMES: readonly Outcome[] = [
  { kind: "submitted" },
  { kind: "forfeit" },
  { kind: "limit", limit: "steps" },
  { kind: "stopped", rule: "plateau" },
  { kind: "failed", boundary: "sandbox", error: "the container is gone" },
  { kind: "failed", boundary: "model", error: "no answer" },
  { kind: "cancelled" },
  { kind: "interrupted" },
];

/** A well-formed ledger of about `length` events: rollouts in every state, retries, several sessions. */
export function randomLedger(random: Prng, length: number): LedgerEvent[] {
  const events: LedgerEvent[] = [{ kind: "run-opened", atMs: 0, session: 0, codeVersion: "test" }];
  const idle: { key: string; retry: number }[] = [];
  const running: { key: string; retry: number; step: number }[] = [];
  const over: { key: string; retry: number }[] = [];
  const take = <T>(list: T[]): T | undefined => list.splice(random.below(list.length), 1)[0];
  let sessions = 1;
  while (events.length < length) {
    const draw = random.next();
    if (draw < 0.2) {
      const seedIndex = idle.length + running.length + over.length;
      const key = rolloutKeyOf(seedIndex);
      idle.push({ key, retry: 0 });
      events.push(admitted(key, seedIndex, `cell-${seedIndex % 3}`));
    } else if (draw < 0.4 && idle.length > 0) {
      const rollout = take(idle);
      if (rollout === undefined) continue;
      running.push({ ...rollout, step: 0 });
      events.push(started(rollout.key, rollout.retry));
    } else if (draw < 0.7 && running.length > 0) {
      const rollout = random.pick(running);
      events.push(called(rollout.key, rollout.retry, rollout.step++));
    } else if (draw < 0.9 && running.length > 0) {
      const rollout = take(running);
      if (rollout === undefined) continue;
      over.push(rollout);
      const own = facts({ stepCount: rollout.step, costUsd: random.chance(0.2) ? null : random.next() });
      events.push(ended(rollout.key, random.pick(OUTCOMES), { retry: rollout.retry, facts: own }));
    } else if (draw < 0.93 && running.length > 0) {
      const rollout = take(running);
      if (rollout === undefined) continue;
      idle.push({ key: rollout.key, retry: rollout.retry + 1 });
      events.push(retried(rollout.key, rollout.retry));
    } else if (draw < 0.95 && over.length > 0) {
      const rollout = take(over);
      if (rollout === undefined) continue;
      idle.push({ key: rollout.key, retry: rollout.retry + 1 });
      events.push(retried(rollout.key, rollout.retry));
    } else if (draw < 0.97) {
      events.push({ kind: "run-ended", atMs: 9, status: random.pick(["complete", "short", "interrupted"]) });
      events.push({ kind: "run-opened", atMs: 10, session: sessions++, codeVersion: "test" });
    }
  }
  return events;
}

export function pooled(index: number, text: string): PooledMessage {
  const message = { role: "user" as const, content: text };
  return {
    index,
    kind: "observation",
    step: null,
    derivedFrom: null,
    sha256: messageSha256(message),
    message,
  };
}

export function stepRecord(index: number, verbatim = `{"choices":[${index}]}`): StepRecord {
  return {
    index,
    startedAtMs: 1000 + index,
    prompt: [[0, index + 1]],
    promptSha256: hashOf("prompt", index),
    response: index + 1,
    reply: {
      finish: "stop",
      usage: { input: 10, cacheRead: 0, cacheWrite: 0, output: 3, reasoning: 0 },
      tokens: { promptIds: [1, 2, 3], completionIds: [4, 5], logprobs: [-0.5, -0.25], source: "vllm" },
      servedModel: "tiny",
      requestId: null,
      policyVersion: null,
      latencyMs: 12.5,
      throttledMs: 0,
      providerCostUsd: null,
      costUsd: 0.001,
      endpoint: "local",
      requestSha256: hashOf("request", index),
      verbatim,
    },
    actions: [
      {
        tool: "shell",
        arguments: { command: "ls" },
        text: "ls",
        callId: null,
        error: null,
        result: null,
      },
    ],
    formatError: null,
    complaint: null,
  };
}

export const replyReceived = (key: string, index: number, retry = 0): StepsLogRecord => ({
  kind: "reply-received",
  key,
  retry,
  step: stepRecord(index),
  standIns: [],
  message: pooled(index + 1, `reply ${index} — naïve “quotes”\n\ttabs and lines`),
});
export const snapshotTaken = (key: string, index: number, retry = 0): StepsLogRecord => ({
  kind: "snapshot-taken",
  key,
  retry,
  index,
  action: 0,
  snapshot: hashOf("snapshot", index),
});

export function trajectory(key: string, stepCount = 2, text = "observed"): Trajectory {
  return {
    version: 1,
    key,
    retry: 0,
    cell: {
      taskId: "sample",
      playHash: hashOf("play", 1),
      agent: { name: "plain", scaffold: "fenced", history: "appendOnly" },
      model: { id: "tiny", revision: null },
      sampling: { temperature: 0.7 },
      limits: DEFAULT_LIMITS,
    },
    seedIndex: 3,
    seed: 42,
    origin: null,
    agentIdentity: "plain@1",
    provider: "scripted",
    taskPlayHash: hashOf("play", 2),
    place: null,
    startedAtMs: 1,
    endedAtMs: 2,
    tools: [],
    pool: Array.from({ length: stepCount + 1 }, (_, index) => pooled(index, `${text} ${index}`)),
    steps: Array.from({ length: stepCount }, (_, index) => stepRecord(index)),
    outcome: { kind: "submitted" },
    finalSubmission: null,
    finalReason: "nothing was submitted",
    bestValidated: null,
  };
}
