// Prices: what a reply cost, and what a call may cost at most. Per call, with cache tiers.
import type { Model, ModelRequest, Price, Usage } from "../core/model.ts";

const MILLION = 1_000_000;

/** What a chat template may add around the messages that a request holds: default system text, tool preambles, role marks. */
const TEMPLATE_TOKENS_MAX = 512;

/** Dollars for a usage. Cache reads and writes cost what uncached input costs where the price names no tier for them. */
export function priceUsd(price: Price, usage: Usage): number {
  const uncached = Math.max(0, usage.input - usage.cacheRead - usage.cacheWrite);
  const cacheRead = price.cacheReadPerMillion ?? price.inputPerMillion;
  const cacheWrite = price.cacheWritePerMillion ?? price.inputPerMillion;
  const cacheWrite1h = price.cacheWrite1hPerMillion ?? cacheWrite;
  const forAnHour = Math.min(usage.cacheWrite1h ?? 0, usage.cacheWrite);
  return (
    (uncached * price.inputPerMillion +
      usage.cacheRead * cacheRead +
      (usage.cacheWrite - forAnHour) * cacheWrite +
      forAnHour * cacheWrite1h +
      usage.output * price.outputPerMillion) /
    MILLION
  );
}

/** The most a call can cost in dollars: every prompt token at the dearest input tier, every output token used. */
export function mostUsd(price: Price, promptTokensUpperBound: number, maxTokens: number): number {
  const dearest = Math.max(
    price.inputPerMillion,
    price.cacheReadPerMillion ?? 0,
    price.cacheWritePerMillion ?? 0,
    price.cacheWrite1hPerMillion ?? 0,
  );
  return (promptTokensUpperBound * dearest + maxTokens * price.outputPerMillion) / MILLION;
}

/**
 * An upper bound on the prompt tokens of an encoded request: no token of a byte-level vocabulary is shorter than a byte. Real
 * prompts are about a quarter of it.
 */
export function promptTokensUpperBound(body: string): number {
  return Buffer.byteLength(body) + TEMPLATE_TOKENS_MAX;
}

/** True when the server reported token counts: no real call has none. */
export function isUsageReported(usage: Usage): boolean {
  return usage.input > 0 || usage.output > 0;
}

/**
 * Puts `costUsd` on every reply. Null price, or a reply without usage: the cost stays null, since an unknown cost is not zero.
 */
export function withPrice(model: Model, price: Price | null): Model {
  if (price === null) return model;
  return {
    id: model.id,
    provider: model.provider,
    encode: (request) => model.encode(request),
    complete: async (request: ModelRequest, signal) => {
      const reply = await model.complete(request, signal);
      return { ...reply, costUsd: isUsageReported(reply.usage) ? priceUsd(price, reply.usage) : null };
    },
  };
}
