// What an earlier session left under way, as whoever opens the run must know it before anything is swept or deleted.
import { pastOf } from "../core/past.ts";
import { attemptId, fold } from "../core/runState.ts";
import type { OpenRun } from "../store/runDirectory.ts";
import type { StepsReader } from "../store/stepsLog.ts";

/** What rollouts that are to be taken up go on from: their newest snapshots by attempt id, and the sandboxes they were played in last. */
export async function leftUnderWay({
  events,
  stepsLog,
}: Pick<OpenRun, "events"> & { readonly stepsLog: StepsReader }) {
  const snapshotIds = new Map<string, string>();
  const sandboxIds = new Set<string>();
  for (const { key, retry } of fold(events).underWay()) {
    const past = pastOf(await stepsLog.records(key, retry));
    // A try without a step is begun anew under the next number: nothing of it is gone on from.
    if (past === null || past.steps.length === 0) continue;
    sandboxIds.add(past.place.sandbox.id);
    if (past.snapshot !== null) snapshotIds.set(attemptId(key, retry), past.snapshot.id);
  }
  return { snapshotIds, sandboxIds };
}
