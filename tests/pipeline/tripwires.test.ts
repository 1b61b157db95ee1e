import { describe, expect, it } from "vitest";
import type { LedgerEvent, RolloutFacts } from "../../src/core/ledger.ts";
import { NO_USAGE, type Usage } from "../../src/core/model.ts";
import type { Outcome } from "../../src/core/outcome.ts";
import type { StepsLogRecord } from "../../src/core/trajectory.ts";
import { type TripwireName, tripwiresSchema, watchTripwires } from "../../src/pipeline/tripwires.ts";

type Validation = Extract<StepsLogRecord, { kind: "observation-made" }>["result"]["validation"];

function reply(
  key: string,
  over: { bad?: boolean; command?: string; usage?: Partial<Usage> } = {},
): StepsLogRecord {
  const action = {
    tool: "shell",
    arguments: { command: over.command ?? Math.random().toString() },
    text: "",
    callId: null,
    error: null,
    result: null,
  };
  return {
    kind: "reply-received",
    key,
    retry: 0,
    standIns: [],
    message: {
      index: 0,
      kind: "reply",
      step: 0,
      derivedFrom: null,
      sha256: "",
      message: { role: "assistant", content: "", reasoning: [], toolCalls: [] },
    },
    step: {
      index: 0,
      startedAtMs: 0,
      prompt: [],
      promptSha256: "",
      response: 0,
      reply: {
        finish: "stop",
        usage: { ...NO_USAGE, ...over.usage },
        tokens: null,
        servedModel: "m",
        requestId: null,
        policyVersion: null,
        latencyMs: 0,
        throttledMs: 0,
        providerCostUsd: null,
        costUsd: null,
        endpoint: "e",
        requestSha256: "",
        verbatim: "",
      },
      actions: over.bad ? [] : [action],
      formatError: over.bad ? "no command" : null,
      complaint: null,
    },
  };
}

function validated(key: string, validation: Validation): StepsLogRecord {
  const result = {
    message: null,
    ok: true,
    exitCode: null,
    timedOut: false,
    oomKilled: false,
    durationMs: 0,
    cpuMs: 0,
    validation,
    state: { openFile: null, firstLine: 1, cwd: "." },
  };
  return { kind: "observation-made", key, retry: 0, index: 0, action: 0, result, message: null };
}

const FACTS: RolloutFacts = {
  stepCount: 1,
  formatErrorCount: 0,
  toolErrorCount: 0,
  validationCount: 0,
  usage: NO_USAGE,
  costUsd: 0,
  chargedUsd: 0,
  chargedTokens: 0,
  wallMs: 1,
  modelMs: 1,
  toolMs: 1,
  finalSubmission: "s",
  finalReason: null,
  bestValidated: null,
};
const ended = (key: string, outcome: Outcome, facts: Partial<RolloutFacts> = {}): LedgerEvent => ({
  kind: "rollout-ended",
  atMs: 0,
  key,
  retry: 0,
  outcome,
  archive: { segment: 0, offset: 0, length: 1 },
  facts: { ...FACTS, ...facts },
});

function watch(settings: object) {
  const trips: { wire: TripwireName; reason: string }[] = [];
  const off = { failedRollouts: null, deadSandboxes: null, formatErrors: null, identicalActions: null };
  const config = tripwiresSchema.parse({ ...off, invalidSubmissions: null, cacheMisses: null, ...settings });
  // A rollout's key is `<model>-<number>` here.
  const groups = (key: string) => ({ model: key.split("-")[0] ?? "", task: "t" });
  const watching = watchTripwires(config, groups, (wire, reason) => trips.push({ wire, reason }));
  return { trips, ...watching };
}
const times = (count: number, work: (index: number) => void) => {
  for (let index = 0; index < count; index++) work(index);
};

describe("tripwires", () => {
  it("trip at the share of the window, not before the count, and once", () => {
    const { trips, step } = watch({ formatErrors: { share: 0.5, minCount: 10, window: 20 } });
    times(9, () => step(reply("m-1", { bad: true })));
    expect(trips).toEqual([]);
    step(reply("m-1", { bad: true }));
    expect(trips).toHaveLength(1);
    expect(trips[0]?.wire).toBe("formatErrors");
    expect(trips[0]?.reason).toMatch(/^10 of the last 10 replies of m had the wrong form/);
    times(30, () => step(reply("m-1", { bad: true })));
    expect(trips).toHaveLength(1);
  });

  it("look at the last steps only, so that a good beginning does not hide a bad turn", () => {
    const { trips, step } = watch({ formatErrors: { share: 0.6, minCount: 40, window: 80 } });
    times(10_000, () => step(reply("m-1")));
    let bad = 0;
    while (trips.length === 0 && bad < 1000) {
      bad++;
      step(reply("m-1", { bad: true }));
    }
    expect(bad).toBe(48);
  });

  it("count each model by itself", () => {
    const { trips, step } = watch({ formatErrors: { share: 0.6, minCount: 10, window: 20 } });
    times(100, (index) => {
      step(reply(`good-${index}`));
      if (trips.length === 0) step(reply("broken-1", { bad: true }));
    });
    expect(trips.map(({ reason }) => reason)).toEqual([
      expect.stringMatching(/^10 of the last 10 replies of broken /),
    ]);
  });

  it("see an action that is repeated in a row within one rollout, not the same action in two", () => {
    const settings = { identicalActions: { share: 0.5, minCount: 10, window: 20 } };
    const across = watch(settings);
    times(100, (index) => across.step(reply(`m-${index}`, { command: "ls" })));
    expect(across.trips).toEqual([]);
    const within = watch(settings);
    times(100, () => within.step(reply("m-1", { command: "ls" })));
    expect(within.trips.map(({ wire }) => wire)).toEqual(["identicalActions"]);
  });

  it("count failed tries and dead sandboxes, retried ones too, and no cancelled ones", () => {
    const failed: Outcome = { kind: "failed", boundary: "sandbox", error: "gone" };
    const settings = { deadSandboxes: { share: 0.5, minCount: 4, window: 8 } };
    const calm = watch(settings);
    times(20, (index) => calm.event(ended(`m-${index}`, { kind: "cancelled" })));
    times(20, (index) => calm.event(ended(`m-${index}`, { ...failed, boundary: "model" })));
    expect(calm.trips).toEqual([]);
    const { trips, event } = watch(settings);
    times(2, (index) => event(ended(`m-${index}`, { kind: "submitted" })));
    const retried = { atMs: 0, retry: 0, spentUsd: 0, spentTokens: 0, lostCallCount: 0, stepCount: 0 };
    event({ kind: "rollout-retried", key: "m-8", reason: "failed:sandbox it died", ...retried });
    event({ kind: "rollout-retried", key: "m-9", reason: "interrupted", ...retried });
    expect(trips).toEqual([]);
    event(ended("m-9", failed));
    expect(trips.map(({ wire }) => wire)).toEqual(["deadSandboxes"]);
  });

  it("count invalid submissions at validation and of record, and no refused validation", () => {
    const settings = { invalidSubmissions: { share: 1, minCount: 4, window: 4 } };
    const invalid = { submission: "x", score: null, reason: "bad", evaluationKeys: ["k"], remaining: 1 };
    const { trips, event, step } = watch(settings);
    times(20, () => step(validated("m-1", { ...invalid, evaluationKeys: [], remaining: 0 })));
    expect(trips).toEqual([]);
    step(validated("m-1", invalid));
    step(validated("m-1", { ...invalid, submission: null, evaluationKeys: [] }));
    event(ended("m-1", { kind: "limit", limit: "steps" }, { finalSubmission: null }));
    event(ended("m-2", { kind: "forfeit" }, { finalSubmission: null }));
    event(ended("m-3", { kind: "submitted" }, { finalSubmission: "y" }));
    expect(trips).toEqual([]);
    const evaluation = { key: "k", submission: "y", judgeHash: "j", cpuMs: 0, wallMs: 0, reason: "bad" };
    const of = { kind: "invalid", phase: "record", seed: 0, ...evaluation } as const;
    event({ kind: "evaluation-ended", atMs: 0, evaluation: of });
    expect(trips.map(({ wire }) => wire)).toEqual(["invalidSubmissions"]);
  });

  it("expect a cache only of a model that has shown one", () => {
    const settings = { cacheMisses: { share: 0.9, minCount: 10, window: 20 } };
    const without = watch(settings);
    times(100, (index) => without.step(reply("m-1", { usage: { input: 100 * (index + 1) } })));
    expect(without.trips).toEqual([]);
    const { trips, step } = watch(settings);
    step(reply("m-1", { usage: { input: 100 } }));
    step(reply("m-1", { usage: { input: 200, cacheRead: 96 } }));
    times(40, (index) => step(reply("m-1", { usage: { input: 300 + 100 * index } })));
    expect(trips.map(({ wire }) => wire)).toEqual(["cacheMisses"]);
  });

  it("are all on by default, and refuse a count that the window cannot hold", () => {
    expect(Object.values(tripwiresSchema.parse({})).every((wire) => wire !== null)).toBe(true);
    expect(tripwiresSchema.safeParse({ formatErrors: { minCount: 10, window: 5 } }).success).toBe(false);
  });
});
