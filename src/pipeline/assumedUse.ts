// What a rollout may use when none has been played yet: from its limits, with assumptions that are named and said aloud. Pure.
import type { Price } from "../core/model.ts";
import type { Interval } from "./logInterval.ts";
import { priceOf } from "./modelConfig.ts";
import type { PlannedCell } from "./plan.ts";

/** Bytes of text for one token, in prompts and observations. */
const BYTES_PER_TOKEN = 4;
/** System prompt and tools. */
const SYSTEM_TOKENS = 1_500;
const REPLY_TOKENS_MAX = 4_096;
const LIKELY = { stepShare: 0.5, replyTokens: 250, observationTokens: 400, replyMs: 6_000, actionMs: 2_000 };
const LOWEST = { steps: 3, replyTokens: 80, observationTokens: 100, replyMs: 1_000, actionMs: 100 };
/** A scripted policy thinks in no time; its steps take what their actions take. */
const SCRIPTED_STEP_MS = 200;

export interface Use {
  readonly usd: Interval | null;
  readonly tokens: Interval;
  readonly wallMs: Interval;
}

/** What `assumedUse` rests on, in one sentence. */
export const ASSUMPTION_TEXT =
  `lowest: ${LOWEST.steps} short steps a rollout; likely: half of the steps, replies of ${LIKELY.replyTokens} tokens, observations of ` +
  `${LIKELY.observationTokens}, ${(LIKELY.replyMs + LIKELY.actionMs) / 1000} s a step; highest: every limit reached, nothing cached`;

/** Lowest, likely and highest use of one rollout of a cell; dollars are null without a price by the token. */
export function assumedUse({ cell, model, task }: PlannedCell): Use {
  const { steps, wallSeconds, observationBytes } = cell.limits;
  const opening = SYSTEM_TOKENS + Math.ceil(Buffer.byteLength(task.description) / BYTES_PER_TOKEN);
  const wallMsMax = wallSeconds * 1000;
  const paid = priceOf(model);
  const price = paid === null || "gpus" in paid ? null : paid;
  const replyMax = cell.sampling.maxTokens ?? REPLY_TOKENS_MAX;
  const low = played(Math.min(steps, LOWEST.steps), opening, LOWEST.replyTokens, LOWEST.observationTokens);
  const likelySteps = Math.max(1, Math.ceil(steps * LIKELY.stepShare));
  const likely = played(
    likelySteps,
    opening,
    Math.min(replyMax, LIKELY.replyTokens),
    LIKELY.observationTokens,
  );
  const high = played(steps, opening, replyMax, Math.ceil(observationBytes / BYTES_PER_TOKEN));
  const capped = (value: number, max: number | null) => (max === null ? value : Math.min(value, max));
  const usd = (use: Played, cached: boolean) =>
    price === null ? 0 : capped(costOf(price, use, cached), cell.limits.costUsd);
  const tokens = (use: Played) => capped(use.input + use.output, cell.limits.tokens);
  const stepMs =
    model.wire === "scripted"
      ? SCRIPTED_STEP_MS + model.thinkMs
      : model.wire === "replay"
        ? SCRIPTED_STEP_MS
        : LIKELY.replyMs + LIKELY.actionMs;
  return {
    usd: price === null ? null : { low: usd(low, true), likely: usd(likely, true), high: usd(high, false) },
    tokens: { low: tokens(low), likely: tokens(likely), high: tokens(high) },
    wallMs: {
      low: Math.min(wallMsMax, Math.min(stepMs, LOWEST.replyMs + LOWEST.actionMs) * LOWEST.steps),
      likely: Math.min(wallMsMax, stepMs * likelySteps),
      high: wallMsMax,
    },
  };
}

interface Played {
  readonly input: number;
  /** Of the input, what an endpoint has seen in the prompt before. */
  readonly seen: number;
  readonly output: number;
}

/** An append-only history: each prompt is the one before, the reply and the observation. */
function played(steps: number, opening: number, reply: number, observation: number): Played {
  const grown = ((steps - 1) * steps) / 2;
  const input = steps * opening + grown * (reply + observation);
  const last = opening + (steps - 1) * (reply + observation);
  return { input, seen: Math.max(0, input - last), output: steps * reply };
}

function costOf(price: Price, use: Played, cached: boolean): number {
  const seen = cached && price.cacheReadPerMillion !== undefined ? use.seen : 0;
  const dollars =
    (use.input - seen) * price.inputPerMillion +
    seen * (price.cacheReadPerMillion ?? 0) +
    use.output * price.outputPerMillion;
  return dollars / 1_000_000;
}
