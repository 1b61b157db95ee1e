// Select: pure. With a target, the dataset takes the shortest prefix of each cell, in seed order, that reaches it; the rest is surplus.
import type { Verdict } from "../core/verdict.ts";

/** A rollout of a cell; one that is owed or that infrastructure failed has no verdict but its place in the order. */
export interface Candidate {
  readonly key: string;
  readonly seedIndex: number;
  readonly verdict: Verdict | null;
}

/**
 * Marks what lies beyond the shortest prefix that holds `accepted` kept rollouts as `dropped: surplus`. Neither finish order nor crashes
 * can choose the data this way. With no target, or one not reached, everything stays as it is.
 */
export function markSurplus(
  candidates: readonly Candidate[],
  accepted: number | null,
): ReadonlyMap<string, Verdict> {
  const marked = new Map<string, Verdict>();
  let kept = 0;
  for (const { key, seedIndex, verdict } of [...candidates].sort((a, b) => a.seedIndex - b.seedIndex)) {
    if (verdict === null) continue;
    if (accepted !== null && kept >= accepted) {
      marked.set(key, { kind: "dropped", stage: "select", reason: "surplus", detail: `seed ${seedIndex}` });
      continue;
    }
    marked.set(key, verdict);
    if (verdict.kind === "kept") kept++;
  }
  return marked;
}
