// A ledger of which some records cannot be read: what they must have said as far as the others show it, so that what is left folds again. No I/O.
import { StoreError } from "./errors.ts";
import type { LedgerEvent } from "./ledger.ts";
import { RunState } from "./runState.ts";

/** Which rollout of the plan a key is; null for none of it. */
export type PlannedKey = (key: string) => { readonly cell: string; readonly seedIndex: number } | null;

export interface MendedEvents {
  readonly events: readonly LedgerEvent[];
  readonly state: RunState;
  /** Records that were put in: admissions and starts that later records presuppose. */
  readonly addedCount: number;
  /** Records that fit nowhere any more, and were left out. */
  readonly leftOut: readonly LedgerEvent[];
}

/** Takes whole records in their order; puts in the admission and the start of a rollout where a later record shows that they are missing. */
export function mendEvents(events: Iterable<LedgerEvent>, planned: PlannedKey): MendedEvents {
  const state = new RunState();
  const kept: LedgerEvent[] = [];
  const leftOut: LedgerEvent[] = [];
  let addedCount = 0;
  const take = (event: LedgerEvent) => {
    state.apply(event);
    kept.push(event);
  };
  const add = (event: LedgerEvent) => {
    take(event);
    addedCount += 1;
  };
  for (const event of events) {
    const of = tryOf(event);
    if (of !== null) {
      const { atMs } = event;
      const place = state.rollouts.has(of.key) ? null : planned(of.key);
      if (place !== null) add({ kind: "rollout-admitted", atMs, key: of.key, ...place });
      const rollout = state.rollouts.get(of.key);
      if (of.isBegun && rollout?.status === "admitted" && rollout.retry <= of.retry) {
        add({ kind: "rollout-started", atMs, key: of.key, retry: of.retry });
      }
    }
    try {
      take(event);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      leftOut.push(event);
    }
  }
  return { events: kept, state, addedCount, leftOut };
}

/** The try that a record is about, and whether it must have begun by then; null where it is about none. */
function tryOf(event: LedgerEvent): { key: string; retry: number; isBegun: boolean } | null {
  switch (event.kind) {
    case "rollout-started":
      return { key: event.key, retry: event.retry, isBegun: false };
    case "rollout-resumed":
    case "rollout-ended":
      return { key: event.key, retry: event.retry, isBegun: true };
    case "call-started": {
      const [key = "", retry = ""] = event.call.split("/");
      return { key, retry: Number(retry), isBegun: true };
    }
    default:
      return null;
  }
}
