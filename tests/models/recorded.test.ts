// Money and the journal around calls: what is reserved, written down and settled, whatever the call does.
import { describe, expect, it } from "vitest";
import type { Amount, Budget } from "../../src/core/budget.ts";
import { BoundaryError } from "../../src/core/errors.ts";
import type { Model, Price } from "../../src/core/model.ts";
import { BudgetExceededError, ContextOverflowError, NO_USAGE } from "../../src/core/model.ts";
import { prng } from "../../src/core/prng.ts";
import { ModelCallError } from "../../src/models/callError.ts";
import { mostUsd, promptTokensUpperBound, withPrice } from "../../src/models/pricing.ts";
import type { RebuyableRequest } from "../../src/models/rebuy.ts";
import { withRecording } from "../../src/models/recorded.ts";
import { withRetry } from "../../src/models/retry.ts";
import { router } from "../../src/models/router.ts";
import { modelContract, simpleRequest } from "../contracts/model.ts";
import { fakeClock, listModel, memoryLog, plainReply } from "./fakeWorld.ts";

const price: Price = { inputPerMillion: 1000, outputPerMillion: 2000 };
const signal = new AbortController().signal;

/** A budget of dollars with one limit; it refuses to be overdrawn or settled twice. */
function purse(limitUsd: number) {
  let spentUsd = 0;
  let spentTokens = 0;
  let reservedUsd = 0;
  let openCount = 0;
  const budget: Budget = {
    reserve: async (most) => {
      if (spentUsd + reservedUsd + most.usd > limitUsd) throw new BudgetExceededError("run", "usd", "limit");
      reservedUsd += most.usd;
      openCount += 1;
      let open = true;
      return {
        settle: (actual: Amount) => {
          if (!open) throw new Error("settled twice");
          open = false;
          openCount -= 1;
          reservedUsd -= most.usd;
          spentUsd += actual.usd;
          spentTokens += actual.tokens;
        },
      };
    },
  };
  return {
    budget,
    books: () => ({ spentUsd, spentTokens, reservedUsd: openCount === 0 ? 0 : reservedUsd, openCount }),
  };
}

function journal() {
  const started: { callId: string; reservedUsd: number; reservedTokens: number }[] = [];
  const refused: string[] = [];
  return {
    started,
    refused,
    journal: {
      refused: async ({ callId }: { callId: string }) => {
        await Promise.resolve();
        refused.push(callId);
      },
      started: async (call: (typeof started)[number]) => {
        await Promise.resolve();
        started.push(call);
      },
    },
  };
}

function failure(mayBeBilled: boolean, transient = true): ModelCallError {
  return new ModelCallError("lost", {
    transient,
    status: null,
    throttled: false,
    retryAfterMs: null,
    mayBeBilled,
  });
}

const request = simpleRequest("hello", { sampling: { maxTokens: 50 } });
const promptMost = promptTokensUpperBound(listModel([]).encode(request));
const mostCall = mostUsd(price, promptMost, 50);
/** Of the plain reply: 100 in, 10 out. */
const realCall = (100 * 1000 + 10 * 2000) / 1e6;

function setUp(inner: Model, limitUsd = 100) {
  const { budget, books } = purse(limitUsd);
  const written = journal();
  const model = withRecording(inner, { budget, journal: written.journal, price });
  return { model, books, started: written.started, refused: written.refused };
}

describe("withRecording", () => {
  it("reserves the most, writes it down before it calls, and settles what it cost", async () => {
    const seen: unknown[] = [];
    const inner = withPrice(listModel([plainReply()]), price);
    const { model, books, started } = setUp({
      ...inner,
      complete: async (asked, abort) => {
        seen.push([...started], books().reservedUsd);
        return await inner.complete(asked, abort);
      },
    });
    const reply = await model.complete(request, signal);
    const call = { callId: "0f/0/0", reservedUsd: mostCall, reservedTokens: promptMost + 50 };
    expect(seen).toEqual([[call], mostCall]);
    expect(started).toEqual([call]);
    expect(books()).toEqual({ spentUsd: reply.costUsd, spentTokens: 110, reservedUsd: 0, openCount: 0 });
    expect(reply.costUsd).toBeCloseTo(realCall, 12);
  });

  it("lets a reservation stand until what becomes of its call is durable", async () => {
    const replied = purse(100);
    const settles: (() => void)[] = [];
    const { journal: calls } = journal();
    const model = withRecording(withPrice(listModel([plainReply()]), price), {
      budget: replied.budget,
      journal: calls,
      price,
      whenDurable: (settle) => void settles.push(settle),
    });
    await model.complete(request, signal);
    expect(replied.books()).toMatchObject({ spentUsd: 0, reservedUsd: mostCall, openCount: 1 });
    for (const settle of settles) settle();
    expect(replied.books()).toMatchObject({ reservedUsd: 0, openCount: 0 });

    const refused = purse(100);
    const seen: number[] = [];
    const unsent = withRecording(listModel([failure(false)]), {
      budget: refused.budget,
      journal: { ...calls, refused: async () => void seen.push(refused.books().reservedUsd) },
      price,
    });
    await expect(unsent.complete(request, signal)).rejects.toThrow("lost");
    expect(seen).toEqual([mostCall]);
    expect(refused.books()).toMatchObject({ spentUsd: 0, openCount: 0 });
  });

  it("sends nothing that the budget does not allow", async () => {
    const inner = listModel([plainReply()]);
    const { model, books, started } = setUp(inner, mostCall * 0.99);
    await expect(model.complete(request, signal)).rejects.toThrow(BudgetExceededError);
    expect(inner.calls).toHaveLength(0);
    expect(started).toEqual([]);
    expect(books()).toEqual({ spentUsd: 0, spentTokens: 0, reservedUsd: 0, openCount: 0 });
  });

  it("sends nothing that could not be written down", async () => {
    const inner = listModel([plainReply()]);
    const { budget, books } = purse(100);
    const broken = new Error("disk full");
    const model = withRecording(inner, { budget, journal: { started: () => Promise.reject(broken) }, price });
    await expect(model.complete(request, signal)).rejects.toBe(broken);
    expect(inner.calls).toHaveLength(0);
    expect(books()).toMatchObject({ spentUsd: 0, openCount: 0 });
  });

  it("writes down that a call came to nothing, but not of one that may have been billed", async () => {
    const refusedOnce = setUp(listModel([failure(false)]));
    await expect(refusedOnce.model.complete(request, signal)).rejects.toThrow("lost");
    expect(refusedOnce.refused).toEqual(["0f/0/0"]);
    const lost = setUp(listModel([failure(true)]));
    await expect(lost.model.complete(request, signal)).rejects.toThrow("lost");
    expect(lost.refused).toEqual([]);
    const again = {
      ...listModel([]),
      complete: async (asked: RebuyableRequest) => {
        await asked.rebuy?.();
        throw failure(false);
      },
    };
    const second = setUp(again);
    await expect(second.model.complete(request, signal)).rejects.toThrow("lost");
    expect(second.refused).toEqual(["0f/0/0/2"]);
    // The budget allows no second copy: the first one, which may have been billed, is not called refused.
    const poor = setUp(again, mostCall * 1.5);
    await expect(poor.model.complete(request, signal)).rejects.toThrow(BudgetExceededError);
    expect(poor.refused).toEqual([]);
    expect(poor.books()).toMatchObject({ spentUsd: mostCall, openCount: 0 });
  });

  it("settles at zero what was refused, at the reservation what may have been billed", async () => {
    const free = [
      failure(false),
      new ContextOverflowError("long"),
      new BoundaryError("model", "script over"),
    ];
    const dear = [failure(true), new DOMException("stop", "AbortError"), new Error("odd")];
    for (const [errors, spent] of [
      [free, 0],
      [dear, mostCall],
    ] as const) {
      for (const error of errors) {
        const { model, books } = setUp(listModel([error]));
        await expect(model.complete(request, signal)).rejects.toBe(error);
        expect(books().spentUsd, error.message).toBeCloseTo(spent, 12);
        expect(books().openCount).toBe(0);
      }
    }
  });

  it("settles a reply without usage at the reservation: unknown is not free", async () => {
    const { model, books } = setUp(withPrice(listModel([plainReply({ usage: NO_USAGE })]), price));
    await model.complete(request, signal);
    expect(books()).toMatchObject({ spentUsd: mostCall, spentTokens: promptMost + 50 });
  });

  it("takes the provider's figure where there is no price", async () => {
    const { budget, books } = purse(100);
    const inner = listModel([plainReply({ providerCostUsd: 0.25 })]);
    const model = withRecording(inner, { budget, journal: journal().journal, price: null });
    await model.complete(request, signal);
    expect(books().spentUsd).toBe(0.25);
  });

  it("pays for a lost reply before it buys it again, and journals both", async () => {
    const clock = fakeClock();
    const inner = withPrice(listModel([failure(true), failure(false), failure(true), plainReply()]), price);
    const policy = { attemptsMax: 9, throttledMax: 9, totalMsMax: 1e9, backoffMs: 1, backoffMsMax: 1 };
    const patient = withRetry(inner, policy, { clock, random: () => 0, log: memoryLog() });
    const { model, books, started } = setUp(patient);
    await model.complete(request, signal);
    expect(books().spentUsd).toBeCloseTo(2 * mostCall + realCall, 12);
    expect(books().openCount).toBe(0);
    expect(started.map(({ callId }) => callId)).toEqual(["0f/0/0", "0f/0/0/2", "0f/0/0/3"]);
  });

  it("does not buy a lost reply again past the limit", async () => {
    const clock = fakeClock();
    const inner = listModel([failure(true), plainReply()]);
    const policy = { attemptsMax: 9, throttledMax: 9, totalMsMax: 1e9, backoffMs: 1, backoffMsMax: 1 };
    const patient = withRetry(inner, policy, { clock, random: () => 0, log: memoryLog() });
    const { model, books } = setUp(patient, mostCall * 1.5);
    await expect(model.complete(request, signal)).rejects.toThrow(BudgetExceededError);
    expect(inner.calls).toHaveLength(1);
    expect(books()).toMatchObject({ spentUsd: mostCall, openCount: 0 });
  });

  it("keeps spent + reserved within the limit over a thousand bad calls of the whole stack", async () => {
    const random = prng(7);
    const clock = fakeClock();
    const plays = Array.from({ length: 4000 }, () => {
      if (random.chance(0.5)) return plainReply();
      return failure(random.chance(0.5), random.chance(0.9));
    });
    const limitUsd = mostCall * 150;
    const endpoints = ["a", "b"].map((name) => ({
      name,
      model: withPrice(listModel(name === "a" ? plays : plays.toReversed(), clock), price),
    }));
    const log = memoryLog();
    const routed = router({ id: "m", provider: "test", endpoints, clock, log });
    const policy = { attemptsMax: 4, throttledMax: 9, totalMsMax: 1e9, backoffMs: 10, backoffMsMax: 100 };
    const patient = withRetry(routed, policy, { clock, random: () => random.next(), log });
    const { model, books } = setUp(patient, limitUsd);
    let exceeded = 0;
    for (let batch = 0; batch < 100; batch++) {
      const calls = Array.from({ length: 10 }, (_, index) =>
        model.complete({ ...request, stickyKey: `${batch}/${index}` }, signal),
      );
      for (const outcome of await Promise.allSettled(calls)) {
        if (outcome.status === "rejected" && outcome.reason instanceof BudgetExceededError) exceeded += 1;
      }
      expect(books().spentUsd).toBeLessThanOrEqual(limitUsd);
      expect(books().openCount).toBe(0);
    }
    expect(exceeded).toBeGreaterThan(0);
    expect(books().spentUsd).toBeGreaterThan(limitUsd * 0.95);
  });
});

modelContract("withRecording", async () => ({
  model: setUp(listModel([])).model,
  request,
  project: null,
}));
