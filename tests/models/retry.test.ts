// Retrying under a clock that only moves when somebody waits.
import { describe, expect, it } from "vitest";
import { BoundaryError } from "../../src/core/errors.ts";
import { BudgetExceededError, ContextOverflowError } from "../../src/core/model.ts";
import type { CallFailure } from "../../src/models/callError.ts";
import { ModelCallError } from "../../src/models/callError.ts";
import { retryAfterMs } from "../../src/models/chatErrors.ts";
import { openaiChat } from "../../src/models/openaiChat.ts";
import type { RebuyableRequest } from "../../src/models/rebuy.ts";
import type { RetryPolicy } from "../../src/models/retry.ts";
import { DEFAULT_RETRY_POLICY, withRetry } from "../../src/models/retry.ts";
import { modelContract, simpleRequest } from "../contracts/model.ts";
import { fakeClock, listModel, memoryLog, plainReply, realClock } from "./fakeWorld.ts";
import { cutMidBody, faultyServer, refusal } from "./faultyServer.ts";

const policy: RetryPolicy = {
  attemptsMax: 4,
  throttledMax: 10,
  totalMsMax: 600_000,
  backoffMs: 1000,
  backoffMsMax: 8000,
};
const signal = new AbortController().signal;

function failure(changes: Partial<CallFailure> = {}): ModelCallError {
  return new ModelCallError("it broke", {
    transient: true,
    status: 500,
    throttled: false,
    retryAfterMs: null,
    mayBeBilled: false,
    ...changes,
  });
}
const throttle = (retryAfter: number | null) =>
  failure({ status: 429, throttled: true, retryAfterMs: retryAfter });

function setUp(plays: Parameters<typeof listModel>[0], changes: Partial<RetryPolicy> = {}, random = () => 1) {
  const clock = fakeClock();
  const inner = listModel(plays, clock);
  const log = memoryLog();
  const model = withRetry(inner, { ...policy, ...changes }, { clock, random, log });
  return { clock, inner, log, model };
}

describe("withRetry", () => {
  it("doubles the upper bound of its waits up to the longest", async () => {
    const plays = [...Array.from({ length: 5 }, () => failure()), plainReply()];
    const { clock, model } = setUp(plays, { attemptsMax: 6 });
    await model.complete(simpleRequest("x"), signal);
    expect(clock.sleeps).toEqual([1000, 2000, 4000, 8000, 8000]);
  });

  it("draws each wait from the whole interval", async () => {
    const draws = [0.5, 0, 0.25];
    const { clock, model } = setUp(
      [failure(), failure(), failure(), plainReply()],
      {},
      () => draws.shift() ?? 1,
    );
    await model.complete(simpleRequest("x"), signal);
    expect(clock.sleeps).toEqual([500, 0, 1000]);
  });

  it("waits as long as the server asks, with a little jitter on top", async () => {
    const { clock, model } = setUp([throttle(45_000), plainReply()], {}, () => 0.5);
    await model.complete(simpleRequest("x"), signal);
    expect(clock.sleeps).toEqual([45_500]);
  });

  it("counts lost time apart from latency", async () => {
    const plays = [throttle(2000), failure(), throttle(3000), plainReply({ latencyMs: 5, throttledMs: 11 })];
    const { model } = setUp(plays, {}, () => 0);
    const reply = await model.complete(simpleRequest("x"), signal);
    // Three failed tries of 7 ms each and their waits, and what the inner model had lost itself.
    expect(reply.throttledMs).toBe(2007 + 7 + 3007 + 11);
    expect(reply.latencyMs).toBe(5);
  });

  it("counts a server that merely breaks as lost time, too: it is not the agent's", async () => {
    const { model } = setUp([failure({ status: 500 }), plainReply()]);
    expect((await model.complete(simpleRequest("x"), signal)).throttledMs).toBe(1007);
  });

  it("gives up after attemptsMax failures, saying how often and why", async () => {
    const { inner, model } = setUp([failure()]);
    await expect(model.complete(simpleRequest("x"), signal)).rejects.toThrow(
      /gave up after 4 tries in 7 s .*it broke/,
    );
    expect(inner.calls).toHaveLength(4);
  });

  it("has more patience with throttling, up to throttledMax", async () => {
    const { inner, model } = setUp([throttle(1)]);
    await expect(model.complete(simpleRequest("x"), signal)).rejects.toThrow(/gave up after 10 tries/);
    expect(inner.calls).toHaveLength(10);
  });

  it("begins no wait that would end past totalMsMax", async () => {
    const { clock, inner, model } = setUp([throttle(400_000)], {}, () => 0);
    await expect(model.complete(simpleRequest("x"), signal)).rejects.toMatchObject({
      transient: true,
      throttled: true,
      status: 429,
      retryAfterMs: 400_000,
    });
    expect(inner.calls).toHaveLength(2);
    expect(clock.sleeps).toEqual([400_000]);
  });

  it("passes on at once what cannot be tried again", async () => {
    const finals = [
      failure({ transient: false, status: 401 }),
      new ContextOverflowError("too long"),
      new BudgetExceededError("run", "usd", "spent"),
      new BoundaryError("sandbox", "gone", { transient: true }),
      new TypeError("a bug"),
    ];
    for (const error of finals) {
      const { inner, model } = setUp([error]);
      await expect(model.complete(simpleRequest("x"), signal)).rejects.toBe(error);
      expect(inner.calls).toHaveLength(1);
    }
  });

  it("asks before a possibly billed call is repeated, and stops when that is refused", async () => {
    let asked = 0;
    const request: RebuyableRequest = {
      ...simpleRequest("x"),
      rebuy: async () => {
        asked += 1;
        if (asked === 2) throw new BudgetExceededError("rollout", "usd", "no money for another");
      },
    };
    const { inner, model } = setUp([
      failure(),
      failure({ mayBeBilled: true }),
      failure({ mayBeBilled: true }),
    ]);
    await expect(model.complete(request, signal)).rejects.toThrow(BudgetExceededError);
    expect(asked).toBe(2);
    expect(inner.calls).toHaveLength(3);
    expect(inner.calls[0]).toBe(request);
  });

  it("stops waiting when aborted", async () => {
    const controller = new AbortController();
    const reason = new Error("over");
    const { inner, model } = setUp([throttle(5000), plainReply()], {}, () => {
      controller.abort(reason);
      return 0;
    });
    await expect(model.complete(simpleRequest("x"), controller.signal)).rejects.toBe(reason);
    expect(inner.calls).toHaveLength(1);
  });

  it("brings a call through a real server's bad patch", async () => {
    await using server = await faultyServer();
    server.next(
      refusal(503, "loading", { headers: { "retry-after": "0" } }),
      cutMidBody,
      refusal(500, "oops"),
    );
    const log = memoryLog();
    const wire = openaiChat({
      id: "m",
      modelName: "served-model",
      baseUrl: server.baseUrl,
      endpointName: "main",
      apiKey: null,
      extraBody: {},
      timeoutMs: 20_000,
      connectionsMax: 2,
      thinkTags: false,
      clock: realClock,
      log,
    });
    const model = withRetry(wire, { ...policy, backoffMs: 1 }, { clock: realClock, random: () => 0.5, log });
    const reply = await model.complete(simpleRequest("x"), signal);
    expect(reply.text).toMatch(/Let us look/);
    expect(reply.throttledMs).toBeGreaterThan(0);
    expect(server.requests).toHaveLength(4);
    expect(new Set(server.requests.map(({ body }) => body.toString())).size).toBe(1);
    expect(log.lines.map(({ event }) => event)).toEqual([
      "model-call-retried",
      "model-call-retried",
      "model-call-retried",
    ]);
  });
});

describe("retryAfterMs", () => {
  const nowMs = Date.UTC(2026, 9, 21, 7, 28, 0);
  const read = (headers: Record<string, string>) => retryAfterMs(new Headers(headers), nowMs);

  it("reads seconds, milliseconds and HTTP dates", () => {
    expect(read({ "retry-after": "120" })).toBe(120_000);
    expect(read({ "retry-after": "0.5" })).toBe(500);
    expect(read({ "retry-after-ms": "1500", "retry-after": "9" })).toBe(1500);
    expect(read({ "retry-after": "Wed, 21 Oct 2026 07:28:30 GMT" })).toBe(30_000);
    expect(read({ "retry-after": "Wed, 21 Oct 2026 07:27:00 GMT" })).toBe(0);
  });

  it("takes nonsense as no answer", () => {
    expect(read({})).toBeNull();
    expect(read({ "retry-after": "soon" })).toBeNull();
    expect(read({ "retry-after": "-5" })).toBeNull();
    expect(read({ "retry-after-ms": "x" })).toBeNull();
  });
});

modelContract("withRetry", async () => {
  const clock = fakeClock();
  return {
    model: withRetry(listModel([]), DEFAULT_RETRY_POLICY, { clock, random: () => 0, log: memoryLog() }),
    request: simpleRequest("hello"),
    project: null,
  };
});
