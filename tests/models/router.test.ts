// Several base URLs behind one model: stickiness, failover and resting endpoints, under a fake clock.
import { describe, expect, it } from "vitest";
import { UserError } from "../../src/core/errors.ts";
import type { Model } from "../../src/core/model.ts";
import { ContextOverflowError } from "../../src/core/model.ts";
import type { CallFailure } from "../../src/models/callError.ts";
import { ModelCallError } from "../../src/models/callError.ts";
import type { RebuyableRequest } from "../../src/models/rebuy.ts";
import { DEFAULT_RETRY_POLICY, withRetry } from "../../src/models/retry.ts";
import { router } from "../../src/models/router.ts";
import { modelContract, simpleRequest } from "../contracts/model.ts";
import type { FakeClock } from "./fakeWorld.ts";
import { fakeClock, listModel, memoryLog, plainReply } from "./fakeWorld.ts";

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

/** Endpoints by name, each with the list it plays. */
function setUp(
  lists: Readonly<Record<string, Parameters<typeof listModel>[0]>>,
  clock: FakeClock = fakeClock(),
) {
  const log = memoryLog();
  const inner = Object.fromEntries(
    Object.entries(lists).map(([name, plays]) => [
      name,
      listModel(plays.length === 0 ? [plainReply({ endpoint: name })] : plays, clock),
    ]),
  );
  const endpoints = Object.entries(inner).map(([name, model]) => ({ name, model }));
  const model = router({
    id: "m",
    provider: "openai",
    endpoints,
    clock,
    log,
    failuresMax: 3,
    restMs: 10_000,
  });
  return { clock, inner, log, model };
}

const sticky = (key: string | number) => simpleRequest("x", { stickyKey: `rollout-${key}` });

async function placesOf(model: Model, keys: number): Promise<string[]> {
  return await Promise.all(
    Array.from({ length: keys }, async (_, key) => (await model.complete(sticky(key), signal)).endpoint),
  );
}

/** A key whose first choice is the named endpoint. */
async function keyFor(name: string, names: readonly string[]): Promise<string> {
  const { model } = setUp(Object.fromEntries(names.map((each) => [each, []])));
  for (let key = 0; key < 1000; key++) {
    if ((await model.complete(sticky(key), signal)).endpoint === name) return `rollout-${key}`;
  }
  throw new Error(`no key goes to ${name}`);
}

describe("router", () => {
  it("keeps a rollout on one endpoint and spreads rollouts", async () => {
    const { model } = setUp({ a: [], b: [], c: [] });
    const places = await placesOf(model, 300);
    expect(await placesOf(model, 300)).toEqual(places);
    for (const name of ["a", "b", "c"]) {
      const count = places.filter((place) => place === name).length;
      expect(count).toBeGreaterThan(60);
      expect(count).toBeLessThan(140);
    }
  });

  it("moves only the rollouts of an endpoint that is taken away", async () => {
    const three = await placesOf(setUp({ a: [], b: [], c: [] }).model, 200);
    const two = await placesOf(setUp({ a: [], c: [] }).model, 200);
    const moved = three.filter((place, key) => place !== two[key]);
    expect(new Set(moved)).toEqual(new Set(["b"]));
  });

  it("fails over when an endpoint fails transiently, and comes back", async () => {
    const stickyKey = await keyFor("a", ["a", "b"]);
    const { inner, model } = setUp({ a: [failure(), plainReply({ endpoint: "a" })], b: [] });
    const request = simpleRequest("x", { stickyKey });
    expect((await model.complete(request, signal)).endpoint).toBe("b");
    expect((await model.complete(request, signal)).endpoint).toBe("a");
    expect(inner["a"]?.calls).toHaveLength(2);
    expect(inner["b"]?.calls).toHaveLength(1);
  });

  it("does not carry a permanent failure or an overflow to another endpoint", async () => {
    const stickyKey = await keyFor("a", ["a", "b"]);
    for (const error of [failure({ transient: false, status: 401 }), new ContextOverflowError("too long")]) {
      const { inner, model } = setUp({ a: [error], b: [] });
      await expect(model.complete(simpleRequest("x", { stickyKey }), signal)).rejects.toBe(error);
      expect(inner["b"]?.calls).toHaveLength(0);
    }
  });

  it("asks before a possibly billed call goes to another endpoint", async () => {
    const stickyKey = await keyFor("a", ["a", "b"]);
    const { model } = setUp({ a: [failure({ mayBeBilled: true }), failure()], b: [] });
    let asked = 0;
    const request: RebuyableRequest = {
      ...simpleRequest("x", { stickyKey }),
      rebuy: async () => {
        asked += 1;
      },
    };
    await model.complete(request, signal);
    expect(asked).toBe(1);
    await model.complete(request, signal);
    expect(asked).toBe(1);
  });

  it("lets an endpoint rest after failures in a row, then tries it with one call", async () => {
    const stickyKey = await keyFor("a", ["a", "b"]);
    const plays = [failure(), failure(), failure(), plainReply({ endpoint: "a" })];
    const { clock, inner, log, model } = setUp({ a: plays, b: [] });
    const request = simpleRequest("x", { stickyKey });
    for (let call = 0; call < 6; call++) {
      expect((await model.complete(request, signal)).endpoint).toBe("b");
    }
    expect(inner["a"]?.calls).toHaveLength(3);
    expect(log.lines.map(({ event }) => event)).toEqual(["model-endpoint-resting"]);
    clock.advance(10_000);
    const both = await Promise.all([model.complete(request, signal), model.complete(request, signal)]);
    expect(both.map(({ endpoint }) => endpoint).sort()).toEqual(["a", "b"]);
    expect((await model.complete(request, signal)).endpoint).toBe("a");
  });

  it("rests again at once when the trial fails", async () => {
    const stickyKey = await keyFor("a", ["a", "b"]);
    const { clock, inner, model } = setUp({ a: [failure()], b: [] });
    const request = simpleRequest("x", { stickyKey });
    for (let call = 0; call < 4; call++) await model.complete(request, signal);
    clock.advance(10_000);
    for (let call = 0; call < 3; call++) await model.complete(request, signal);
    expect(inner["a"]?.calls).toHaveLength(4);
  });

  it("does not rest an endpoint for its rate limit", async () => {
    const stickyKey = await keyFor("a", ["a", "b"]);
    const { inner, model } = setUp({ a: [failure({ status: 429, throttled: true })], b: [] });
    for (let call = 0; call < 6; call++) await model.complete(simpleRequest("x", { stickyKey }), signal);
    expect(inner["a"]?.calls).toHaveLength(6);
  });

  it("takes a rate limit after a rest as a sign of life", async () => {
    const stickyKey = await keyFor("a", ["a", "b"]);
    const limited = failure({ status: 429, throttled: true });
    const plays = [failure(), failure(), failure(), limited, plainReply({ endpoint: "a" })];
    const { clock, model } = setUp({ a: plays, b: [] });
    const request = simpleRequest("x", { stickyKey });
    for (let call = 0; call < 3; call++) await model.complete(request, signal);
    clock.advance(10_000);
    expect((await model.complete(request, signal)).endpoint).toBe("b");
    expect((await model.complete(request, signal)).endpoint).toBe("a");
  });

  it("names the server's wait when every endpoint fails", async () => {
    const limited = failure({ status: 429, throttled: true, retryAfterMs: 4000 });
    for (const lists of [
      { a: [limited], b: [failure()] },
      { a: [failure()], b: [limited] },
    ]) {
      const { model } = setUp(lists);
      await expect(model.complete(sticky(1), signal)).rejects.toBe(limited);
    }
  });

  it("fails at once while all rest, with the wait until one does not", async () => {
    const { clock, inner, model } = setUp({ a: [failure()] });
    for (let call = 0; call < 3; call++)
      await expect(model.complete(sticky(1), signal)).rejects.toThrow("it broke");
    clock.advance(4000);
    await expect(model.complete(sticky(1), signal)).rejects.toMatchObject({
      transient: true,
      throttled: true,
      retryAfterMs: 6000,
      mayBeBilled: false,
    });
    expect(inner["a"]?.calls).toHaveLength(3);
  });

  it("under a retry waits out the rest without the agent's clock", async () => {
    const clock = fakeClock();
    const plays = [failure(), failure(), failure(), plainReply({ endpoint: "a" })];
    const { model } = setUp({ a: plays }, clock);
    const patient = withRetry(model, DEFAULT_RETRY_POLICY, { clock, random: () => 0, log: memoryLog() });
    const reply = await patient.complete(sticky(1), signal);
    expect(reply.endpoint).toBe("a");
    // The rest, and three tries of 7 ms that failed before it.
    expect(reply.throttledMs).toBe(10_021);
    expect(clock.sleeps).toEqual([0, 0, 0, 10_000]);
  });

  it("refuses no endpoint, a name twice, and endpoints that would send different requests", () => {
    const clock = fakeClock();
    const build = (endpoints: { name: string; model: Model }[]) =>
      router({ id: "m", provider: "openai", endpoints, clock, log: memoryLog() });
    const one = listModel([]);
    expect(() => build([])).toThrow(UserError);
    expect(() =>
      build([
        { name: "a", model: one },
        { name: "a", model: one },
      ]),
    ).toThrow(/two endpoints of one name/);
    expect(() =>
      build([
        { name: "a", model: one },
        { name: "b", model: { ...one, encode: (request) => `${one.encode(request)} ` } },
      ]),
    ).toThrow(/"a" and "b" .* different requests/);
  });
});

modelContract("router", async () => ({
  model: setUp({ a: [], b: [] }).model,
  request: simpleRequest("hello"),
  project: null,
}));
