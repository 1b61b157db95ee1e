// The books: every admitted rollout stands in exactly one column, at every moment of a run.
import { isEpisodeEnd, outcomeText } from "./outcome.ts";
import type { RolloutState, RunState } from "./runState.ts";
import type { DropReason, Verdict } from "./verdict.ts";

/** Counts of rollouts: admitted = kept + all of dropped + all of failed + owed. */
export interface Books {
  readonly admitted: number;
  readonly kept: number;
  /** By reason; reasons without a rollout are absent. */
  readonly dropped: Readonly<Partial<Record<DropReason, number>>>;
  /** By class: `failed:<boundary>`, `cancelled`, `interrupted`, `lost` (its sealed record is damaged); absent where there are none. */
  readonly failed: Readonly<Record<string, number>>;
  /** Not ended yet, or ended and still without a verdict. */
  readonly owed: number;
}

/**
 * Keeps the books of a run. A verdict counts only for a rollout whose episode came to its own end; `undefined` says that
 * there is none yet (an evaluation is missing), which makes the rollout owed.
 */
export function keepBooks(state: RunState, verdictOf: (key: string) => Verdict | undefined): Books {
  let kept = 0;
  let owed = 0;
  const dropped: Partial<Record<DropReason, number>> = {};
  const failed: Record<string, number> = {};
  for (const rollout of state.rollouts.values()) {
    const column = columnOf(rollout, state, verdictOf);
    if (column.kind === "kept") kept += 1;
    else if (column.kind === "owed") owed += 1;
    else if (column.kind === "dropped") dropped[column.reason] = (dropped[column.reason] ?? 0) + 1;
    else failed[column.failure] = (failed[column.failure] ?? 0) + 1;
  }
  return { admitted: state.rollouts.size, kept, dropped, failed, owed };
}

/** Throws when the columns do not add up to what was admitted: a fault in this program, never in the data. */
export function assertBooksClose(books: Books): void {
  const columns = [books.kept, ...Object.values(books.dropped), ...Object.values(books.failed), books.owed];
  const sum = columns.reduce((total, count) => total + count, 0);
  if (sum !== books.admitted || columns.some((count) => !Number.isSafeInteger(count) || count < 0)) {
    throw new Error(`the books do not close: ${books.admitted} admitted, ${sum} accounted for`);
  }
}

/** The class of a rollout whose sealed record is damaged. */
export const LOST = "lost";

type Column =
  | { readonly kind: "kept" }
  | { readonly kind: "owed" }
  | { readonly kind: "dropped"; readonly reason: DropReason }
  | { readonly kind: "failed"; readonly failure: string };

function columnOf(
  rollout: RolloutState,
  state: RunState,
  verdictOf: (key: string) => Verdict | undefined,
): Column {
  if (rollout.outcome === null) return { kind: "owed" };
  if (state.lost.has(rollout.key)) return { kind: "failed", failure: LOST };
  if (!isEpisodeEnd(rollout.outcome)) return { kind: "failed", failure: outcomeText(rollout.outcome) };
  const verdict = verdictOf(rollout.key);
  if (verdict === undefined) return { kind: "owed" };
  return verdict.kind === "kept" ? { kind: "kept" } : { kind: "dropped", reason: verdict.reason };
}
