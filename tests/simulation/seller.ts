// The provider: sells replies of the policy, and keeps account of every one that it sold.
import { sha256 } from "../../src/core/hash.ts";
import { type Model, type ModelRequest, NO_USAGE, type Price } from "../../src/core/model.ts";
import type { Prng } from "../../src/core/prng.ts";
import type { Clock } from "../../src/core/runtime.ts";
import { priceUsd } from "../../src/models/pricing.ts";
import type { OutsideBooks } from "./books.ts";
import { replyOf } from "./policy.ts";
import { type Life, never } from "./timeline.ts";

export const PRICE: Price = { inputPerMillion: 3, outputPerMillion: 15 };
export const MODEL_ID = "simulated/policy";
/** Output tokens that a request may ask for at most; no reply has as many. */
export const OUTPUT_TOKENS_MAX = 400;

const LATENCY_MS_MAX = 8_000;
/** One reply in so many says nothing of its tokens. */
const UNCOUNTED_EVERY = 40;
const BYTES_PER_TOKEN = 4;

/** The provider as one process reaches it. A reply is sold when the request comes in, whoever is there to hear it. */
export function seller(of: {
  readonly clock: Clock;
  readonly life: Life;
  readonly draw: Prng;
  readonly books: OutsideBooks;
}): Model {
  const { clock, life, draw, books } = of;
  // Without the call's name: the same request is the same bytes.
  const encode = ({ messages, sampling, seed }: ModelRequest) =>
    JSON.stringify({ messages, maxTokens: sampling.maxTokens, seed });
  return {
    id: MODEL_ID,
    provider: "simulated",
    encode,
    async complete(request, signal) {
      if (life.dead) return never();
      signal.throwIfAborted();
      const { callId } = request;
      const body = encode(request);
      const said = replyOf(request);
      const output = Math.ceil((said.text.length + JSON.stringify(said.toolCalls).length) / BYTES_PER_TOKEN);
      const input = Math.ceil(body.length / BYTES_PER_TOKEN);
      const usage = { input, cacheRead: 0, cacheWrite: 0, output, reasoning: 0 };
      const usd = priceUsd(PRICE, usage);
      books.sell(callId, { usd, tokens: input + output });
      const latencyMs = draw.next() * LATENCY_MS_MAX;
      try {
        await clock.sleep(latencyMs, signal);
      } catch (error) {
        books.settle(callId, "stopped");
        throw error;
      }
      // Some servers count nothing now and then: the bill comes all the same.
      const isCounted = Number.parseInt(sha256(body).slice(0, 4), 16) % UNCOUNTED_EVERY > 0;
      return {
        ...said,
        reasoning: [],
        usage: isCounted ? usage : NO_USAGE,
        tokens: null,
        servedModel: MODEL_ID,
        requestId: null,
        policyVersion: null,
        latencyMs,
        throttledMs: 0,
        providerCostUsd: null,
        costUsd: isCounted ? usd : null,
        endpoint: "simulated",
        verbatim: said.text,
        requestSha256: sha256(body),
      };
    },
  };
}
