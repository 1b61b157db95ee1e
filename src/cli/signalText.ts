// Integrity signals as text: how many rollouts of a run have each, and those of one rollout at its steps.
import type { Signal } from "../core/signal.ts";
import type { SignalCounts } from "../pipeline/signalCounts.ts";

/** One line: how many rollouts were looked through, and what was found. */
export function signalCountsText({ inspected, waiting, byName }: SignalCounts): string {
  const found = Object.entries(byName).map(([name, count]) => `${name} ${count}`);
  const owed = waiting === 0 ? "" : ` (${waiting} more wait for it: \`nightshift evaluate\` does it)`;
  return `integrity: ${inspected} rollouts looked through${owed}; ${found.join(", ") || "no signals"}`;
}

/** One line a signal. */
export function signalText({ name, step, evidence, source }: Signal): string {
  return `── signal ── ${name}${step === null ? "" : ` at step ${step}`} (${source}): ${evidence}`;
}
