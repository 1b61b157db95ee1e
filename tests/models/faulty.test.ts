// The faulty model: without faults it keeps the common contract; with one, it throws what a wire would throw, and says whether it was billed.
import { describe, expect, it } from "vitest";
import { modelFaultsSchema } from "../../src/core/faults.ts";
import { faultyModel } from "../../src/models/faulty.ts";
import { modelContract, simpleRequest } from "../contracts/model.ts";
import { fakeClock, listModel, memoryLog, plainReply } from "./fakeWorld.ts";

const signal = new AbortController().signal;

function befallen(faults: Parameters<typeof modelFaultsSchema.parse>[0]) {
  const clock = fakeClock();
  const inner = listModel([plainReply()]);
  const log = memoryLog();
  const model = faultyModel(inner, { faults: modelFaultsSchema.parse(faults), seed: 5, clock, log });
  const ask = () => model.complete(simpleRequest("hello"), signal);
  return { ask, inner, clock, log, model };
}

modelContract("faultyModel, without faults", async () => ({
  model: befallen({}).model,
  request: simpleRequest("hello"),
  project: null,
}));

describe("a faulty model", () => {
  it.each([
    ["throttled", { status: 429, throttled: true, retryAfterMs: 3_000, mayBeBilled: false }, 0],
    ["overloaded", { status: 503, throttled: true, retryAfterMs: null, mayBeBilled: false }, 0],
    ["hanging", { status: null, throttled: false, mayBeBilled: true }, 0],
    ["halfReply", { throttled: false, mayBeBilled: true }, 1],
    ["lost", { status: null, throttled: false, mayBeBilled: true }, 1],
  ])("%s: fails as a wire would, and was asked for the reply or not", async (kind, failure, sold) => {
    const { ask, inner, log, clock } = befallen({ [kind]: 1, waitSeconds: 3 });
    await expect(ask()).rejects.toMatchObject({ boundary: "model", transient: true, ...failure });
    expect(inner.calls).toHaveLength(sold);
    expect(log.lines.map(({ text }) => text)).toEqual([expect.stringContaining(`"model:${kind}"`)]);
    expect(clock.sleeps).toEqual(kind === "hanging" ? [3_000] : []);
  });

  it("befalls as often as it is told to, the same calls each time", async () => {
    const fates = async () => {
      const { ask } = befallen({ overloaded: 0.25, lost: 0.25 });
      const results: boolean[] = [];
      for (let call = 0; call < 400; call++) results.push(await ask().then(Boolean, () => false));
      return results;
    };
    const once = await fates();
    const share = once.filter(Boolean).length / once.length;
    expect(share).toBeGreaterThan(0.4);
    expect(share).toBeLessThan(0.6);
    expect(await fates()).toEqual(once);
  });

  it("says on every reply that it came through it", async () => {
    expect((await befallen({}).ask()).endpoint).toBe("faulty/a");
  });

  it("refuses shares that add up to more than everything", () => {
    expect(() => modelFaultsSchema.parse({ lost: 0.7, hanging: 0.4 })).toThrow(/add up to more than 1/);
  });
});
