import { describe, expect, test } from "vitest";
import { StoreError } from "../../src/core/errors.ts";
import type { Evaluation } from "../../src/core/evaluation.ts";
import type { LedgerEvent } from "../../src/core/ledger.ts";
import { prng } from "../../src/core/prng.ts";
import { fold, RunState } from "../../src/core/runState.ts";
import { admitted, called, ended, facts, randomLedger, retried, started } from "../store/samples.ts";

const opened: LedgerEvent = { kind: "run-opened", atMs: 0, session: 0, codeVersion: "1" };

describe("the life of a rollout", () => {
  test("from admission to its end", () => {
    const state = fold([opened]);
    expect([state.status, state.sessionCount, state.rollouts.size]).toEqual(["open", 1, 0]);
    state.apply(admitted("a", 4, "cell-1"));
    expect(state.rollouts.get("a")).toEqual({
      key: "a",
      cell: "cell-1",
      seedIndex: 4,
      admittedOrder: 0,
      status: "admitted",
      retry: 0,
      outcome: null,
      facts: null,
      archive: null,
    });
    expect(state.isOpen("a", 0)).toBe(false);
    state.apply(started("a"));
    expect([state.isOpen("a", 0), state.isOpen("a", 1), state.isOpen("b", 0)]).toEqual([true, false, false]);
    state.apply(ended("a", { kind: "forfeit" }));
    expect(state.isOpen("a", 0)).toBe(false);
    expect(state.rollouts.get("a")).toMatchObject({
      status: "ended",
      outcome: { kind: "forfeit" },
      facts: facts(),
      archive: { segment: 0, offset: 0, length: 100 },
    });
  });

  test("keeps the order of admission, whatever ends first", () => {
    const state = fold([admitted("c"), admitted("a"), admitted("b"), started("b"), ended("b"), ended("a")]);
    expect([...state.rollouts.keys()]).toEqual(["c", "a", "b"]);
    expect([...state.rollouts.values()].map((rollout) => rollout.admittedOrder)).toEqual([0, 1, 2]);
  });

  test("a retry begins again under the same key, also after an end", () => {
    const state = fold([admitted("a"), started("a"), retried("a", 0)]);
    expect(state.rollouts.get("a")).toMatchObject({ status: "admitted", retry: 1, outcome: null });
    state.apply(started("a", 1));
    expect(state.isOpen("a", 1)).toBe(true);
    state.apply(ended("a", { kind: "failed", boundary: "model", error: "e" }, { retry: 1 }));
    state.apply(retried("a", 1));
    expect(state.rollouts.get("a")).toMatchObject({
      status: "admitted",
      retry: 2,
      outcome: null,
      facts: null,
    });
  });

  test.each([
    ["started", [started("a")]],
    ["ended", [ended("a")]],
    ["retried", [retried("a")]],
    ["admitted twice", [admitted("a"), admitted("a")]],
    ["ended twice", [admitted("a"), ended("a"), ended("a")]],
    ["started after its end", [admitted("a"), ended("a"), started("a")]],
  ])("%s out of order is refused by name", (_, events) => {
    expect(() => fold(events)).toThrow(StoreError);
    expect(() => fold(events)).toThrow(/for rollout a, that/);
  });
});

describe("what was spent", () => {
  test("is the cost of ends and of given-up tries", () => {
    const state = fold([
      admitted("a"),
      started("a"),
      retried("a"),
      started("a", 1),
      ended("a", undefined, { retry: 1 }),
    ]);
    expect(state.spent).toEqual({ usd: 0.125 + 0.25, tokens: 50 + 120 });
  });

  test("counts an ended try that is given up afterwards once", () => {
    const state = fold([
      admitted("a"),
      started("a"),
      ended("a", { kind: "failed", boundary: "model", error: "" }),
    ]);
    expect(state.spent).toEqual({ usd: 0.25, tokens: 120 });
    state.apply(retried("a", 0));
    expect(state.spent).toEqual({ usd: 0.125, tokens: 50 });
  });

  test("takes calls without a price for nothing", () => {
    const state = fold([admitted("a"), ended("a", undefined, { facts: facts({ costUsd: null }) })]);
    expect(state.spent).toEqual({ usd: 0, tokens: 120 });
  });
});

describe("calls in flight", () => {
  const calls = [admitted("a"), started("a"), called("a", 0, 0), called("a", 0, 1), called("a", 0, 2)];
  const steps = (state: RunState, replied: readonly number[]) =>
    state.callsInFlight(new Map([["a/0", new Set(replied)]])).map((call) => call.step);

  test("are those of open rollouts without a durable reply", () => {
    const state = fold(calls);
    expect(steps(state, [0, 1])).toEqual([2]);
    expect(steps(state, [0, 1, 2])).toEqual([]);
    expect(state.callsInFlight(new Map())).toEqual(
      [0, 1, 2].map((step) => ({ call: `a/0/${step}`, step, reservedUsd: 0.5, reservedTokens: 1000 })),
    );
  });

  test("a step called again after a crash leaves the first call unanswered", () => {
    const state = fold([...calls, called("a", 0, 2)]);
    expect(steps(state, [0, 1])).toEqual([2, 2]);
    expect(steps(state, [0, 1, 2])).toEqual([2]);
  });

  test("are settled by an end or a retry, and what left no step is counted", () => {
    const done = fold([...calls, ended("a", undefined, { facts: facts({ stepCount: 2 }) })]);
    expect([done.callsInFlight(new Map()).length, done.callCount, done.unansweredCallCount]).toEqual([
      0, 3, 1,
    ]);
    const again = fold([...calls, retried("a"), started("a", 1), called("a", 1, 0)]);
    expect(again.callsInFlight(new Map()).map((call) => call.call)).toEqual(["a/1/0"]);
    expect([again.callCount, again.unansweredCallCount]).toEqual([4, 2]);
  });

  test("of a rollout that was cut off before are unanswered at once", () => {
    const state = fold([
      ...calls,
      ended("a", undefined, { facts: facts({ stepCount: 3 }) }),
      called("a", 0, 3),
    ]);
    expect([state.callsInFlight(new Map()).length, state.unansweredCallCount]).toEqual([0, 1]);
  });

  test("must name rollout, retry and step", () => {
    for (const call of ["", "a", "a/0", "a/0/x", "a/-1/2"]) {
      const event: LedgerEvent = { kind: "call-started", atMs: 0, call, reservedUsd: 0, reservedTokens: 0 };
      expect(() => fold([event])).toThrow(/is not key\/retry\/step/);
    }
  });
});

describe("evaluations, datasets and sessions", () => {
  const scored: Evaluation = {
    kind: "scored",
    key: "e1",
    submission: "s",
    judgeHash: "j",
    phase: "record",
    seed: 0,
    cpuMs: 1,
    wallMs: 2,
    score: 0.5,
    metrics: {},
  };

  test("a failed evaluation is owed until it ends", () => {
    const failed: LedgerEvent = {
      kind: "evaluation-failed",
      atMs: 1,
      key: "e1",
      rolloutKey: "a",
      error: "lost",
    };
    const state = fold([failed]);
    expect([...state.evaluationFailures]).toEqual([["e1", { rolloutKey: "a", error: "lost" }]]);
    state.apply({ kind: "evaluation-ended", atMs: 2, evaluation: scored });
    expect(state.evaluationFailures.size).toBe(0);
    expect(state.evaluations.get("e1")).toEqual(scored);
  });

  test("a run's status is that of its last session", () => {
    const state = new RunState();
    expect([state.status, state.manifestSha256]).toEqual(["new", null]);
    state.apply(opened);
    state.apply({ kind: "dataset-written", atMs: 1, manifestSha256: "m1" });
    state.apply({ kind: "run-ended", atMs: 2, status: "short" });
    expect([state.status, state.sessionCount, state.manifestSha256]).toEqual(["short", 1, "m1"]);
    state.apply(opened);
    expect([state.status, state.sessionCount]).toEqual(["open", 2]);
  });
});

describe("folding", () => {
  test("event by event is folding at once, at every prefix of random ledgers", () => {
    for (let seed = 1; seed <= 5; seed++) {
      const events = randomLedger(prng(seed), 120);
      const live = new RunState();
      for (const [index, event] of events.entries()) {
        live.apply(event);
        expect(summary(live)).toEqual(summary(fold(events.slice(0, index + 1))));
      }
    }
  });

  test("100,000 rollouts fold", () => {
    const events = Array.from({ length: 100_000 }, (_, index) => [
      admitted(`k${index}`, index),
      started(`k${index}`),
      called(`k${index}`, 0, 0),
      ended(`k${index}`, undefined, { facts: facts({ stepCount: 1 }) }),
    ]).flat();
    const state = fold(events);
    expect([state.rollouts.size, state.callCount, state.unansweredCallCount]).toEqual([100_000, 100_000, 0]);
    expect(state.spent).toEqual({ usd: 25_000, tokens: 12_000_000 });
  });
});

function summary(state: RunState) {
  const { rollouts, evaluations, spent, callCount, unansweredCallCount, sessionCount, status } = state;
  const inFlight = state.callsInFlight(new Map());
  return {
    rollouts: [...rollouts],
    evaluations,
    spent,
    callCount,
    unansweredCallCount,
    sessionCount,
    status,
    inFlight,
  };
}
