// Parking under a clock that only moves when somebody waits.
import { describe, expect, it } from "vitest";
import { DrainedError } from "../../src/core/drainedError.ts";
import { BudgetExceededError, ContextOverflowError } from "../../src/core/model.ts";
import { type CallFailure, EndpointsRestingError, ModelCallError } from "../../src/models/callError.ts";
import { type ParkingPolicy, parkingLot } from "../../src/models/parking.ts";
import type { RebuyableRequest } from "../../src/models/rebuy.ts";
import { modelContract, simpleRequest } from "../contracts/model.ts";
import { fakeClock, listModel, plainReply } from "./fakeWorld.ts";

const policy: ParkingPolicy = { probeMs: 1000, probeMsMax: 4000, parkedMsMax: 60_000, refusalsMax: 3 };
const signal = new AbortController().signal;
const CALL_MS = 7;

function failure(changes: Partial<CallFailure> = {}): ModelCallError {
  const plain = { transient: true, status: null, throttled: false, retryAfterMs: null, mayBeBilled: false };
  return new ModelCallError("it is gone", { ...plain, trouble: "down", ...changes });
}
const keyRefused = () => failure({ transient: false, status: 401, trouble: "key" });

function setUp(plays: Parameters<typeof listModel>[0], changes: Partial<ParkingPolicy> = {}) {
  const clock = fakeClock();
  const inner = listModel(plays, clock);
  const hold = new AbortController();
  const told: unknown[] = [];
  const lot = parkingLot(
    { ...policy, ...changes },
    {
      clock,
      // No jitter.
      random: () => 0.5,
      hold: hold.signal,
      parked: ({ trouble, reason }) => told.push(["parked", trouble, reason]),
      back: ({ parkedMs }) => told.push(["back", parkedMs]),
      givenUp: ({ trouble, parkedMs }) => {
        told.push(["givenUp", trouble, parkedMs]);
        hold.abort();
      },
    },
  );
  return { clock, inner, hold, told, model: lot.around(inner), lot };
}

describe("parking", () => {
  it("passes replies and failures of a request on as they are", async () => {
    const overflow = new ContextOverflowError("too long");
    const spent = new BudgetExceededError("rollout", "usd", "spent");
    const bad = failure({ transient: false, status: 400, trouble: null });
    const { model, told } = setUp([plainReply({ throttledMs: 3 }), overflow, spent, bad]);
    expect((await model.complete(simpleRequest("x"), signal)).throttledMs).toBe(3);
    for (const error of [overflow, spent, bad]) {
      await expect(model.complete(simpleRequest("x"), signal)).rejects.toBe(error);
    }
    expect(told).toEqual([]);
  });

  it("waits until a probe is answered, longer each time, and counts all of it as lost", async () => {
    const plays = [failure(), failure(), failure(), failure(), plainReply({ throttledMs: 3 })];
    const { model, clock, told, inner } = setUp(plays);
    const reply = await model.complete(simpleRequest("x"), signal);
    expect(clock.sleeps).toEqual([1000, 2000, 4000, 4000]);
    expect(reply.throttledMs).toBe(11_000 + 4 * CALL_MS + 3);
    expect(told).toEqual([
      ["parked", "down", "it is gone"],
      ["back", 11_000 + 4 * CALL_MS],
    ]);
    const probes = inner.calls.map((call: RebuyableRequest) => call.parking?.isProbe);
    expect(probes).toEqual([false, true, true, true, true]);
  });

  it("asks no sooner than the server wants to be asked", async () => {
    const busy = failure({ status: 429, throttled: true, retryAfterMs: 9000, trouble: "throttled" });
    const { model, clock } = setUp([busy, busy, plainReply()]);
    await model.complete(simpleRequest("x"), signal);
    expect(clock.sleeps).toEqual([9000, 9000]);
  });

  it("names the failure itself, not how often it was tried", async () => {
    const gaveUp = failure({ cause: failure({ status: 500 }) });
    const { model, told } = setUp([gaveUp, plainReply()]);
    await model.complete(simpleRequest("x"), signal);
    expect(told[0]).toEqual(["parked", "down", "it is gone"]);
  });

  it("lets one call at a time find out, in turn, and then all go on", async () => {
    const clock = fakeClock();
    const seen: string[] = [];
    let isBack = false;
    const { lot } = setUp([]);
    const model = lot.around({
      ...listModel([]),
      complete: async (request) => {
        seen.push(request.callId);
        clock.advance(CALL_MS);
        if (seen.length === 9) isBack = true;
        if (!isBack) throw failure();
        return plainReply();
      },
    });
    const calls = ["a", "b", "c"].map((callId) => model.complete({ ...simpleRequest("x"), callId }, signal));
    await Promise.all(calls);
    // Each once, then probes in turn; the ninth is answered and frees the two others.
    expect(seen.slice(0, 9)).toEqual(["a", "b", "c", "a", "b", "c", "a", "b", "c"]);
    expect(seen.slice(9).sort()).toEqual(["a", "b"]);
  });

  it("takes a request that fails while others are answered for a bad request, at its second failure", async () => {
    const { lot, clock, told } = setUp([]);
    const well = lot.around(listModel([plainReply()]));
    const poison: string[] = [];
    const model = lot.around({
      ...listModel([]),
      complete: async () => {
        poison.push("try");
        await well.complete(simpleRequest("other"), signal);
        throw failure({ mayBeBilled: true });
      },
    });
    await expect(model.complete(simpleRequest("x"), signal)).rejects.toThrow("it is gone");
    expect(poison).toHaveLength(2);
    expect(clock.sleeps).toEqual([1000]);
    expect(told).toEqual([]);
  });

  it("gives up after its longest wait, and whoever waits leaves with nothing in flight", async () => {
    const { model, told } = setUp([plainReply(), failure()], { parkedMsMax: 10_000 });
    await model.complete(simpleRequest("x"), signal);
    const calls = [model.complete(simpleRequest("x"), signal), model.complete(simpleRequest("y"), signal)];
    for (const call of calls) await expect(call).rejects.toBeInstanceOf(DrainedError);
    expect(told).toMatchObject([
      ["parked", "down", "it is gone"],
      ["givenUp", "down", expect.any(Number)],
    ]);
  });

  it("gives a refused key up at once where it never worked, else after its probes", async () => {
    const never = setUp([keyRefused()]);
    await expect(never.model.complete(simpleRequest("x"), signal)).rejects.toBeInstanceOf(DrainedError);
    expect(never.inner.calls).toHaveLength(1);
    const revoked = setUp([plainReply(), keyRefused()]);
    await revoked.model.complete(simpleRequest("x"), signal);
    await expect(revoked.model.complete(simpleRequest("x"), signal)).rejects.toBeInstanceOf(DrainedError);
    expect(revoked.inner.calls).toHaveLength(1 + 1 + 3);
    expect(revoked.told.map((line) => (Array.isArray(line) ? line[0] : line))).toEqual(["parked", "givenUp"]);
  });

  it("says so when the trouble becomes another", async () => {
    const { model, told } = setUp([plainReply(), failure(), keyRefused(), plainReply()]);
    await model.complete(simpleRequest("x"), signal);
    await model.complete(simpleRequest("x"), signal);
    expect(told.slice(0, 2)).toEqual([
      ["parked", "down", "it is gone"],
      ["parked", "key", "it is gone"],
    ]);
  });

  it("lets whoever waits go when the run is to stop, and throws the signal's reason when aborted", async () => {
    const held = setUp([new EndpointsRestingError("all rest", { ...failure(), trouble: "down" })]);
    const call = held.model.complete(simpleRequest("x"), signal);
    held.hold.abort();
    await expect(call).rejects.toBeInstanceOf(DrainedError);
    const { model } = setUp([failure()], { parkedMsMax: Number.MAX_SAFE_INTEGER });
    const stop = new AbortController();
    const reason = new Error("over");
    const aborted = model.complete(simpleRequest("x"), stop.signal);
    stop.abort(reason);
    await expect(aborted).rejects.toBe(reason);
  });

  it("takes a prompt that is too long for a sign that the endpoint is back", async () => {
    const overflow = new ContextOverflowError("too long");
    const { model, told } = setUp([failure(), overflow]);
    await expect(model.complete(simpleRequest("x"), signal)).rejects.toBe(overflow);
    expect(told.at(-1)).toEqual(["back", 1000 + CALL_MS]);
  });
});

modelContract("parking", async () => ({
  model: setUp([plainReply()]).model,
  request: simpleRequest("hello"),
  project: null,
}));
