// Token counts and the provider's own cost out of a chat completion's `usage`, whose members differ between providers.
import { z } from "zod";
import type { Usage } from "../core/model.ts";
import { NO_USAGE } from "../core/model.ts";

const count = z.int().nonnegative().optional().catch(undefined);
const usageSchema = z.looseObject({
  prompt_tokens: z.int().nonnegative(),
  completion_tokens: z.int().nonnegative(),
  total_tokens: count,
  prompt_cache_hit_tokens: count,
  cache_creation_input_tokens: count,
  prompt_tokens_details: z
    .looseObject({ cached_tokens: count, cache_write_tokens: count })
    .nullish()
    .catch(null),
  completion_tokens_details: z.looseObject({ reasoning_tokens: count }).nullish().catch(null),
});
const costSchema = z.looseObject({ cost: z.number().nonnegative() });

/** The usage of one reply; NO_USAGE and a warning where the server sent none or nonsense. */
export function chatUsage(usage: unknown, warnings: string[]): Usage {
  const parsed = usageSchema.safeParse(usage);
  if (!parsed.success) {
    warnings.push(usage === undefined || usage === null ? "usage-missing" : "usage-unreadable");
    return NO_USAGE;
  }
  const { prompt_tokens: input, completion_tokens: completion, total_tokens: total } = parsed.data;
  const details = parsed.data.prompt_tokens_details;
  const reasoning = parsed.data.completion_tokens_details?.reasoning_tokens ?? 0;
  const cacheRead = details?.cached_tokens ?? parsed.data.prompt_cache_hit_tokens ?? 0;
  const cacheWrite = details?.cache_write_tokens ?? parsed.data.cache_creation_input_tokens ?? 0;
  // Most providers count reasoning inside completion_tokens; where the total says otherwise, it is added.
  const apart = reasoning > completion || (reasoning > 0 && total === input + completion + reasoning);
  if (cacheRead + cacheWrite > input) warnings.push("usage-cache-exceeds-input");
  return {
    input,
    cacheRead: Math.min(cacheRead, input),
    cacheWrite: Math.min(cacheWrite, input - Math.min(cacheRead, input)),
    output: apart ? completion + reasoning : completion,
    reasoning,
  };
}

/** Dollars as the provider reports them (`usage.cost`); null where it does not. */
export function providerCostUsd(usage: unknown): number | null {
  const parsed = costSchema.safeParse(usage);
  return parsed.success ? parsed.data.cost : null;
}
