// Which limit a rollout has hit, as a pure function of its totals.
import type { RolloutLimits } from "../core/limits.ts";
import type { LimitName } from "../core/outcome.ts";

export interface Totals {
  readonly stepCount: number;
  readonly tokens: number;
  readonly costUsd: number;
  /** Replies of the wrong form since the last good one. */
  readonly formatErrorsInRow: number;
  readonly refusals: number;
  /** The agent's clock: wall time without throttled time. */
  readonly wallMs: number;
}

/** The first limit that the totals have reached, in a fixed order, or null. */
export function limitHit(limits: RolloutLimits, totals: Totals): LimitName | null {
  if (totals.formatErrorsInRow >= limits.formatErrors) return "format";
  if (totals.refusals >= limits.refusals) return "refusal";
  if (limits.costUsd !== null && totals.costUsd >= limits.costUsd) return "cost";
  if (limits.tokens !== null && totals.tokens >= limits.tokens) return "tokens";
  if (totals.wallMs >= limits.wallSeconds * 1000) return "wall";
  if (totals.stepCount >= limits.steps) return "steps";
  return null;
}
