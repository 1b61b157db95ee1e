import { describe, expect, it } from "vitest";
import type { Price } from "../../src/core/model.ts";
import { NO_USAGE } from "../../src/core/model.ts";
import { mostUsd, priceUsd, promptTokensUpperBound, withPrice } from "../../src/models/pricing.ts";
import { modelContract, simpleRequest } from "../contracts/model.ts";
import { listModel, plainReply } from "./fakeWorld.ts";

const signal = new AbortController().signal;
const flat: Price = { inputPerMillion: 3, outputPerMillion: 15 };
const tiered: Price = { ...flat, cacheReadPerMillion: 0.3, cacheWritePerMillion: 3.75 };
const usage = {
  input: 1_000_000,
  cacheRead: 600_000,
  cacheWrite: 100_000,
  output: 200_000,
  reasoning: 50_000,
};

describe("prices", () => {
  it("charge each cache tier its own, reasoning as output", () => {
    // 300k × 3 + 600k × 0.3 + 100k × 3.75 + 200k × 15, per million.
    expect(priceUsd(tiered, usage)).toBeCloseTo(0.9 + 0.18 + 0.375 + 3, 12);
  });

  it("charge what is cached for an hour at its own tier, or as other writes where it has none", () => {
    const hour = { ...usage, cacheWrite1h: 40_000 };
    // 60k × 3.75 + 40k × 6 in place of 100k × 3.75.
    expect(priceUsd({ ...tiered, cacheWrite1hPerMillion: 6 }, hour)).toBeCloseTo(
      0.9 + 0.18 + 0.225 + 0.24 + 3,
      12,
    );
    expect(priceUsd(tiered, hour)).toBe(priceUsd(tiered, usage));
    expect(mostUsd({ ...tiered, cacheWrite1hPerMillion: 6 }, 1000, 0)).toBeCloseTo(0.006, 15);
  });

  it("charge cached tokens as input where no tier is named", () => {
    expect(priceUsd(flat, usage)).toBeCloseTo(3 + 3, 12);
  });

  it("bound a call by the dearest input tier and all of its output", () => {
    expect(mostUsd(tiered, 1000, 100)).toBeCloseTo((1000 * 3.75 + 100 * 15) / 1e6, 15);
    expect(mostUsd(flat, 1000, 100)).toBeCloseTo((1000 * 3 + 100 * 15) / 1e6, 15);
  });

  it("never bound below what a call within the bound costs", () => {
    for (const price of [flat, tiered, { ...flat, cacheReadPerMillion: 9 }]) {
      expect(mostUsd(price, usage.input, usage.output)).toBeGreaterThanOrEqual(priceUsd(price, usage));
    }
  });

  it("bound prompts by their bytes, not their characters", () => {
    expect(promptTokensUpperBound("😀😀") - promptTokensUpperBound("")).toBe(8);
  });
});

describe("withPrice", () => {
  it("puts our own cost beside the provider's", async () => {
    const model = withPrice(listModel([plainReply({ usage, providerCostUsd: 4.4 })]), tiered);
    const reply = await model.complete(simpleRequest("x"), signal);
    expect(reply.costUsd).toBeCloseTo(4.455, 12);
    expect(reply.providerCostUsd).toBe(4.4);
  });

  it("leaves an unknown cost null: no price, or no usage", async () => {
    const unpriced = withPrice(listModel([plainReply({ usage })]), null);
    const unreported = withPrice(listModel([plainReply({ usage: NO_USAGE })]), tiered);
    expect((await unpriced.complete(simpleRequest("x"), signal)).costUsd).toBeNull();
    expect((await unreported.complete(simpleRequest("x"), signal)).costUsd).toBeNull();
  });

  it("knows a free model from an unknown price", async () => {
    const model = withPrice(listModel([plainReply({ usage })]), { inputPerMillion: 0, outputPerMillion: 0 });
    expect((await model.complete(simpleRequest("x"), signal)).costUsd).toBe(0);
  });
});

modelContract("withPrice", async () => ({
  model: withPrice(listModel([]), tiered),
  request: simpleRequest("hello"),
  project: null,
}));
