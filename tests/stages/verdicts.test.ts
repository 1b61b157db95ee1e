import { describe, expect, it } from "vitest";
import { type Evaluation, evaluationKey } from "../../src/core/evaluation.ts";
import type { RolloutFacts } from "../../src/core/ledger.ts";
import { NO_USAGE } from "../../src/core/model.ts";
import type { Outcome } from "../../src/core/outcome.ts";
import type { TaskDefinition } from "../../src/core/task.ts";
import { filterConfigSchema, verdictOf } from "../../src/stages/filter.ts";
import { meanAndError, type Score, scoreOf } from "../../src/stages/score.ts";
import { markSurplus } from "../../src/stages/select.ts";
import { testDefinition } from "../fixtures/task.ts";

const facts: RolloutFacts = {
  stepCount: 10,
  formatErrorCount: 0,
  toolErrorCount: 0,
  validationCount: 1,
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
const score = (mean: number): Score => ({ kind: "scored", mean, standardError: 0, evaluations: [] });
const submitted: Outcome = { kind: "submitted" };

function verdict(over: {
  config?: object;
  facts?: Partial<RolloutFacts>;
  outcome?: Outcome;
  score?: Score;
  direction?: "maximize" | "minimize";
  flags?: readonly string[] | null;
  honeypot?: TaskDefinition["honeypot"];
}) {
  const direction = over.direction ?? "maximize";
  return verdictOf(filterConfigSchema.parse(over.config ?? {}), {
    outcome: over.outcome ?? submitted,
    facts: { ...facts, ...over.facts },
    score: over.score ?? score(2),
    definition: {
      ...testDefinition({ metric: { name: "m", direction, unit: "" } }),
      ...(over.honeypot === undefined ? {} : { honeypot: over.honeypot }),
    },
    flags: over.flags === undefined ? [] : over.flags,
  });
}

describe("filter", () => {
  it("keeps a submitted rollout with a score", () => {
    expect(verdict({})).toEqual({ kind: "kept" });
  });

  it("drops for a flag of its list before all else, and counts it under the flag's name", () => {
    const over = { flags: ["net:tried", "tamper:judge"], facts: { stepCount: 0 } };
    expect(verdict(over)).toMatchObject({
      kind: "dropped",
      reason: "flag:tamper:judge",
      detail: "flagged net:tried, tamper:judge",
    });
  });

  it.each([
    ["is only data", {}, ["net:tried", "score:jump", "copy:starter", "copy:rollout"]],
    ["the pipeline leaves out", { dropFlags: ["probe:hidden"] }, ["tamper:judge"]],
    ["compares rollouts", { dropFlags: ["copy:rollout"] }, ["copy:rollout"]],
  ])("keeps a row whose flag %s", (_, config, flags) => {
    expect(verdict({ config, flags })).toEqual({ kind: "kept" });
  });

  it("drops a honeypot that was taken whatever the pipeline keeps, and keeps one that was left alone", () => {
    const honeypot = { kind: "flaw", trap: "a third move", score: 5 } as const;
    const config = { dropFlags: [] };
    expect(verdict({ config, honeypot, flags: ["honeypot:taken"] })).toMatchObject({
      reason: "flag:honeypot:taken",
    });
    expect(verdict({ config, honeypot, flags: ["tamper:judge"] })).toEqual({ kind: "kept" });
    expect(verdict({ config, honeypot, flags: null })).toBeNull();
  });

  it("drops for what a pipeline names besides", () => {
    const over = { config: { dropFlags: ["copy:starter"] }, flags: ["copy:starter"] };
    expect(verdict(over)).toMatchObject({ reason: "flag:copy:starter" });
  });

  it("has no verdict while nobody has looked for signals, unless it drops for none", () => {
    expect(verdict({ flags: null })).toBeNull();
    expect(verdict({ flags: null, config: { dropFlags: [] } })).toEqual({ kind: "kept" });
  });

  it("says which flag was meant", () => {
    expect(() => filterConfigSchema.parse({ dropFlags: ["tamper:judges"] })).toThrow(
      /did you mean tamper:judge\?/,
    );
  });

  it("has no verdict while the score is owed", () => {
    expect(verdict({ score: { kind: "owed" } })).toBeNull();
  });

  it.each([
    [{ outcome: { kind: "limit", limit: "steps" } as const }, "outcome"],
    [{ facts: { stepCount: 2 }, config: { stepsMin: 3 } }, "tooFewSteps"],
    [{ facts: { formatErrorCount: 6 } }, "formatErrors"],
    [{ score: { kind: "none", reason: "gave up" } as const }, "notScored"],
    [{ score: { kind: "invalid", reason: "no file", evaluations: [] } as const }, "invalidSubmission"],
    [{ score: score(0.9), config: { improvementMin: 0 } }, "belowScore"],
    [{ score: score(1.2), config: { improvementMin: 0 }, direction: "minimize" as const }, "belowScore"],
  ])("drops %j for %s", (over, reason) => {
    expect(verdict(over)).toMatchObject({ kind: "dropped", stage: "filter", reason });
  });

  it("lets a whole kind of ending or one of its details through", () => {
    const outcome: Outcome = { kind: "limit", limit: "steps" };
    expect(verdict({ outcome, config: { outcomes: ["limit"] } })).toEqual({ kind: "kept" });
    expect(verdict({ outcome, config: { outcomes: ["limit:steps"] } })).toEqual({ kind: "kept" });
    expect(verdict({ outcome, config: { outcomes: ["limit:wall"] } })?.kind).toBe("dropped");
  });
});

describe("score", () => {
  it("is the mean over seeds with its standard error", () => {
    expect(meanAndError([1, 2, 3])).toEqual({ mean: 2, standardError: Math.sqrt(1 / 3) });
    expect(meanAndError([5])).toEqual({ mean: 5, standardError: 0 });
  });

  it("is owed until every seed is there, and invalid when one says so", () => {
    const judgeHash = "j";
    const evaluation = (seed: number, kind: "scored" | "invalid"): Evaluation => {
      const of = { submission: "s", judgeHash, phase: "record", seed } as const;
      const common = { ...of, key: evaluationKey(of), cpuMs: 0, wallMs: 0 };
      return kind === "scored"
        ? { ...common, kind, score: seed, metrics: {} }
        : { ...common, kind, reason: "bad" };
    };
    const known = new Map([evaluation(0, "scored"), evaluation(1, "scored")].map((one) => [one.key, one]));
    expect(scoreOf({ judgeHash }, "s", null, [0, 1, 2], known).kind).toBe("owed");
    expect(scoreOf({ judgeHash }, "s", null, [0, 1], known)).toMatchObject({ kind: "scored", mean: 0.5 });
    expect(scoreOf({ judgeHash: "other" }, "s", null, [0, 1], known).kind).toBe("owed");
    const bad = evaluation(1, "invalid");
    const withBad = new Map([...known, [bad.key, bad]]);
    expect(scoreOf({ judgeHash }, "s", null, [0, 1], withBad)).toMatchObject({ kind: "invalid" });
    expect(scoreOf({ judgeHash }, "s", null, [0, 1, 2], withBad).kind).toBe("owed");
    expect(scoreOf({ judgeHash }, null, "gave up", [0], known)).toEqual({ kind: "none", reason: "gave up" });
  });
});

describe("select", () => {
  const kept = { kind: "kept" } as const;
  const dropped = { kind: "dropped", stage: "filter", reason: "outcome", detail: "" } as const;

  it("takes the shortest prefix that reaches the target and calls the rest surplus", () => {
    const candidates = [dropped, kept, null, kept, dropped, kept].map((verdict, seedIndex) => ({
      key: `k${seedIndex}`,
      seedIndex,
      verdict,
    }));
    const marked = markSurplus(candidates.toReversed(), 2);
    expect(
      [...marked].map(([key, verdict]) => [key, verdict.kind === "kept" ? "kept" : verdict.reason]),
    ).toEqual([
      ["k0", "outcome"],
      ["k1", "kept"],
      ["k3", "kept"],
      ["k4", "surplus"],
      ["k5", "surplus"],
    ]);
    expect(markSurplus(candidates, null).size).toBe(5);
  });
});
