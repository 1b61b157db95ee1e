// Which ended rollouts a session begins anew, and what that means in money: their paid steps are paid for a second time. Pure.
import type { Amount } from "../core/budget.ts";
import { isEpisodeEnd } from "../core/outcome.ts";
import type { RolloutState, RunState } from "../core/runState.ts";

/** All failed rollouts, which is what a user resumes a run for, or those with the given keys. */
export type Again = "all" | ReadonlySet<string>;

/**
 * Whether an ended rollout is played again. What failed may have been mended since, and what a pause cancelled is owed. What was interrupted
 * beyond going on, and what has lost its record, is paid for: it is begun again only where it is named.
 */
export function isPlayedAgain({ lost }: RunState, { key, outcome }: RolloutState, again: Again): boolean {
  if (outcome === null) return false;
  if (lost.has(key)) return again !== "all" && again.has(key);
  if (isEpisodeEnd(outcome)) return false;
  if (outcome.kind === "cancelled") return true;
  return again === "all" ? outcome.kind !== "interrupted" : again.has(key);
}

/** Rollouts that a session begins anew though steps of theirs are paid for, and what those steps cost. */
export interface BegunAnew extends Amount {
  readonly rollouts: number;
  readonly steps: number;
}

/** What beginning a session means for what is paid for already. */
export function priceAgain(state: RunState, again: Again): BegunAnew {
  const sum = { rollouts: 0, steps: 0, usd: 0, tokens: 0 };
  for (const rollout of state.rollouts.values()) {
    const { facts } = rollout;
    if (facts === null || facts.stepCount === 0 || !isPlayedAgain(state, rollout, again)) continue;
    sum.rollouts += 1;
    sum.steps += facts.stepCount;
    sum.usd += facts.chargedUsd;
    sum.tokens += facts.chargedTokens;
  }
  return sum;
}
