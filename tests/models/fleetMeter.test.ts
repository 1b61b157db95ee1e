import { describe, expect, it } from "vitest";
import type { Clock } from "../../src/core/runtime.ts";
import { fleetMeter } from "../../src/models/fleetMeter.ts";
import { simpleRequest } from "../contracts/model.ts";
import { listModel } from "../fixtures/listModel.ts";

const NEVER = new AbortController().signal;
/** One dollar a second for the whole fleet. */
const PRICE = { perGpuHourUsd: 1800, gpus: 2 };

function handClock() {
  let nowMs = 0;
  const clock: Clock = { now: () => nowMs, monotonic: () => nowMs, sleep: async () => {} };
  return {
    clock,
    pass: (ms: number) => {
      nowMs += ms;
    },
  };
}

/** A model whose calls end when they are told to. */
function heldModel(count: number) {
  const held: { end: () => void; fail: () => void }[] = [];
  const model = listModel(
    Array.from({ length: count }, () => "x"),
    async (call) => {
      await new Promise<void>((resolve, reject) => {
        held[call] = { end: resolve, fail: () => reject(new Error("lost")) };
      });
      return undefined;
    },
  );
  return { model, held };
}
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe("a fleet's meter", () => {
  it("shares each moment among the calls in flight, so that they add up to the time it was busy", async () => {
    const { clock, pass } = handClock();
    const { model, held } = heldModel(2);
    const priced = fleetMeter(PRICE, 60_000, clock).priced(model);
    const first = priced.complete(simpleRequest("a"), NEVER);
    await settle();
    pass(1000);
    const second = priced.complete(simpleRequest("b"), NEVER);
    await settle();
    pass(2000);
    held[0]?.end();
    expect((await first).costUsd).toBeCloseTo(2, 9);
    pass(1000);
    held[1]?.end();
    expect((await second).costUsd).toBeCloseTo(2, 9);
  });

  it("charges nobody for idle time, and the next reply for a lost one", async () => {
    const { clock, pass } = handClock();
    const { model, held } = heldModel(2);
    const priced = fleetMeter(PRICE, 60_000, clock).priced(model);
    const lost = priced.complete(simpleRequest("a"), NEVER);
    await settle();
    pass(3000);
    held[0]?.fail();
    await expect(lost).rejects.toThrow("lost");
    pass(100_000);
    const next = priced.complete(simpleRequest("b"), NEVER);
    await settle();
    pass(1000);
    held[1]?.end();
    expect((await next).costUsd).toBeCloseTo(4, 9);
  });

  it("reserves a call's share of the fleet over its timeout", async () => {
    const { clock } = handClock();
    const { model, held } = heldModel(1);
    const meter = fleetMeter(PRICE, 60_000, clock);
    expect(meter.mostUsd()).toBeCloseTo(60, 9);
    const call = meter.priced(model).complete(simpleRequest("a"), NEVER);
    await settle();
    expect(meter.mostUsd()).toBeCloseTo(30, 9);
    held[0]?.end();
    await call;
    expect(meter.mostUsd()).toBeCloseTo(60, 9);
  });
});
