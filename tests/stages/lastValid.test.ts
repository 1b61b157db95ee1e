import { describe, expect, it } from "vitest";
import { systemClock } from "../../src/compose/world.ts";
import { BoundaryError } from "../../src/core/errors.ts";
import { type Evaluation, type Evaluator, evaluationKey } from "../../src/core/evaluation.ts";
import { type RolloutFacts, rolloutFactsSchema } from "../../src/core/ledger.ts";
import { NO_USAGE } from "../../src/core/model.ts";
import type { Outcome } from "../../src/core/outcome.ts";
import { judgeForRecord } from "../../src/stages/evaluate.ts";
import { lastValidStandIn } from "../../src/stages/lastValid.ts";
import { testTask } from "../fixtures/task.ts";

const FACTS: RolloutFacts = {
  ...{ stepCount: 3, formatErrorCount: 0, toolErrorCount: 0, validationCount: 2, usage: NO_USAGE },
  ...{ costUsd: 0, chargedUsd: 0, chargedTokens: 0, wallMs: 1, modelMs: 1, toolMs: 1 },
  finalSubmission: "final",
  finalReason: null,
  bestValidated: { submission: "best", score: 3 },
  lastValidated: { submission: "last", score: 2 },
};
const LIMIT: Outcome = { kind: "limit", limit: "steps" };

describe("the last valid submission", () => {
  it.each([
    ["stands in for a refused one", true, LIMIT, {}, "invalid", "last"],
    ["stands in for a missing one", true, LIMIT, { finalSubmission: null }, "none", "last"],
    [
      "stands in for a bad one that was handed in",
      true,
      { kind: "submitted" } as const,
      {},
      "invalid",
      "last",
    ],
    ["does not where it is not allowed", false, LIMIT, {}, "invalid", null],
    ["does not where the final one is scored", true, LIMIT, {}, "scored", null],
    ["does not before the final one is judged", true, LIMIT, {}, "owed", null],
    ["does not for an agent that gave up", true, { kind: "forfeit" } as const, {}, "none", null],
    ["does not where nothing validated", true, LIMIT, { lastValidated: null }, "none", null],
    [
      "does not where a ledger from before does not know it",
      true,
      LIMIT,
      { lastValidated: undefined },
      "none",
      null,
    ],
    ["does not stand in for itself", true, LIMIT, { finalSubmission: "last" }, "invalid", null],
  ] as const)("%s", (_, allowed, outcome, over, final, expected) => {
    expect(lastValidStandIn(allowed, { outcome, facts: { ...FACTS, ...over } }, final)).toBe(expected);
  });

  it("is absent from facts that were written before it was kept, which stay readable", () => {
    const { lastValidated: _, ...before } = FACTS;
    expect(rolloutFactsSchema.parse(before)).toEqual(before);
  });
});

describe("judging for the record", () => {
  const task = testTask();
  async function judgedIn(
    lastValid: boolean,
    verdictOn: (submission: string) => Evaluation["kind"] | "broken",
    everyValidated = false,
  ) {
    const asked: string[] = [];
    const judge: Evaluator = {
      async evaluate(_task, submission, phase, seeds) {
        asked.push(submission);
        const verdict = verdictOn(submission);
        if (verdict === "broken") throw new BoundaryError("judge", "it broke");
        return seeds.map((seed): Evaluation => {
          const of = { submission, judgeHash: task.judgeHash, phase, seed };
          const common = { key: evaluationKey(of), ...of, cpuMs: 1, wallMs: 1 };
          return verdict === "scored"
            ? { kind: "scored", ...common, score: 1, metrics: {} }
            : { kind: "invalid", ...common, reason: "bad" };
        });
      },
    };
    const deps = { judge, ledger: { append: async () => {} }, clock: systemClock, log: SILENT };
    const facts = { ...FACTS, validated: ["first", "best", "second", "last"] };
    const rollout = { key: "k", outcome: LIMIT, facts };
    const rules = { seeds: [0, 1], lastValid, everyValidated };
    await judgeForRecord(task, rollout, rules, deps, new AbortController().signal);
    return asked;
  }
  const SILENT = { info: () => {}, warn: () => {} };
  const finalIs = (verdict: Evaluation["kind"] | "broken") => (submission: string) =>
    submission === "final" ? verdict : "scored";

  it("asks for the last valid one after the others, and only where the final one is refused", async () => {
    expect(await judgedIn(true, finalIs("invalid"))).toEqual(["final", "best", "last"]);
    expect(await judgedIn(true, finalIs("scored"))).toEqual(["final", "best"]);
    expect(await judgedIn(false, finalIs("invalid"))).toEqual(["final", "best"]);
  });

  it("asks for every one that validated where all of them are wanted, each once for itself", async () => {
    const asked = await judgedIn(true, finalIs("scored"), true);
    expect(asked).toEqual(["final", "best", "first", "second", "last"]);
    expect((await judgedIn(false, finalIs("broken"), true)).slice(2)).toEqual(["first", "second", "last"]);
  });

  it("leaves it for later where the judge broke over the final one", async () => {
    expect(await judgedIn(true, finalIs("broken"))).toEqual(["final", "best"]);
  });
});
