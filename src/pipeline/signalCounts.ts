// How many rollouts of a run have which integrity signal: from the ledger alone, as verdicts are.
import { isEpisodeEnd } from "../core/outcome.ts";
import type { RunState } from "../core/runState.ts";
import type { Verdict } from "../core/verdict.ts";
import type { Plan } from "./plan.ts";
import { copiesAmong } from "./verdicts.ts";

export interface SignalCounts {
  /** Rollouts whose record was looked through. */
  readonly inspected: number;
  /** Rollouts that came to their own end and wait for it: they have no verdict yet. */
  readonly waiting: number;
  /** Rollouts by the name of a signal, in the order of names; a rollout may have several. */
  readonly byName: Readonly<Record<string, number>>;
}

/** The counts. Copies of one another count among the rollouts that have a verdict. */
export function signalCounts(
  plan: Plan,
  state: RunState,
  verdicts: ReadonlyMap<string, Verdict>,
): SignalCounts {
  const counts = new Map<string, number>();
  for (const { flags } of state.inspections.values()) {
    for (const flag of flags) counts.set(flag, (counts.get(flag) ?? 0) + 1);
  }
  const copies = copiesAmong(plan, state, verdicts).size;
  if (copies > 0) counts.set("copy:rollout", copies);
  const byName = Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
  const waiting = [...state.rollouts.values()].filter(
    ({ key, outcome }) => outcome !== null && isEpisodeEnd(outcome) && !state.inspections.has(key),
  ).length;
  return { inspected: state.inspections.size, waiting, byName };
}
