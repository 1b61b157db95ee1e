// Mends a run whose ledger is damaged: what the damaged records said is taken from the records beside them, and from the sealed rollouts of
// the archive, so that nothing that is whole anywhere is paid for again. The damaged ledger is kept beside the mended one.
import { cellId } from "../core/cell.ts";
import type { ArchiveRef, LedgerEvent } from "../core/ledger.ts";
import { mendEvents, type PlannedKey } from "../core/mendEvents.ts";
import type { RunState } from "../core/runState.ts";
import type { Trajectory } from "../core/trajectory.ts";
import { type Plan, plannedKey } from "../pipeline/plan.ts";
import { factsOf } from "../stages/generate.ts";
import { type ArchiveReader, archiveReader } from "../store/archive.ts";
import { takeLock } from "../store/lock.ts";
import { readRunJson, runPaths } from "../store/runJson.ts";
import { replaceLedger, salvageLedger } from "../store/salvageLedger.ts";
import { planOf } from "./plan.ts";
import { resolvedRun } from "./storedRun.ts";
import type { World } from "./world.ts";

export interface Mended {
  readonly damagedCount: number;
  /** Records that later ones presuppose, put in. */
  readonly addedCount: number;
  /** Whole records that fit nowhere without a damaged one. */
  readonly leftOutCount: number;
  /** Ended rollouts that the archive alone still knew of. */
  readonly adoptedCount: number;
  /** Where the damaged ledger is kept. */
  readonly keptAt: string;
}

/** Null where the ledger is whole: then nothing is written. Throws UserError where a process is playing the run. */
export async function mendRun(world: World, directory: string): Promise<Mended | null> {
  const paths = runPaths(directory);
  const runJson = await readRunJson(paths);
  const plan = await planOf(world, resolvedRun({ paths, runJson }).pipeline);
  const lock = await takeLock(paths.lock);
  try {
    const { events, damaged } = await salvageLedger(paths.ledger);
    if (damaged.length === 0) return null;
    const mended = mendEvents(events, plannedKeys(plan));
    const adopted = await adopt(mended.state, archiveReader(paths.archive), world.clock.now());
    const keptAt = await replaceLedger(paths.ledger, [...mended.events, ...adopted.events]);
    return {
      damagedCount: damaged.length,
      addedCount: mended.addedCount,
      leftOutCount: mended.leftOut.length,
      adoptedCount: adopted.count,
      keptAt,
    };
  } finally {
    await lock.release();
  }
}

/** Every key that the plan can have. */
export function plannedKeys(plan: Plan): PlannedKey {
  const places = new Map<string, { cell: string; seedIndex: number }>();
  for (const cell of plan.cells) {
    for (let seedIndex = 0; seedIndex < cell.demand.rolloutsMax; seedIndex++) {
      places.set(plannedKey(cell, seedIndex), { cell: cell.id, seedIndex });
    }
  }
  return (key) => places.get(key) ?? null;
}

/** The ends of rollouts that are sealed whole in the archive, and of which the ledger says nothing: of each the last try. */
async function adopt(state: RunState, archive: ArchiveReader, atMs: number) {
  const found = new Map<string, { ref: ArchiveRef; trajectory: Trajectory }>();
  for (const segment of await archive.segments()) {
    for await (const record of archive.scan(segment)) {
      if (record.kind === "damaged") continue;
      const { ref, trajectory } = record;
      const known = state.rollouts.get(trajectory.key);
      if (known?.status === "ended" || (known?.retry ?? 0) > trajectory.retry) continue;
      const before = found.get(trajectory.key);
      if (before === undefined || before.trajectory.retry <= trajectory.retry) {
        found.set(trajectory.key, { ref, trajectory });
      }
    }
  }
  const events: LedgerEvent[] = [];
  for (const { ref, trajectory } of found.values()) {
    const { key, retry, outcome, seedIndex, cell } = trajectory;
    const known = state.rollouts.get(key);
    const at = { atMs, key };
    const own: LedgerEvent[] = [];
    if (known === undefined) own.push({ kind: "rollout-admitted", ...at, cell: cellId(cell), seedIndex });
    if (known?.status !== "started" || known.retry !== retry)
      own.push({ kind: "rollout-started", ...at, retry });
    own.push({
      kind: "rollout-ended",
      ...at,
      retry,
      outcome,
      archive: ref,
      facts: factsOf(trajectory, chargeOf(trajectory)),
    });
    for (const event of own) state.apply(event);
    events.push(...own);
  }
  return { events, count: found.size };
}

/** What the replies cost; calls whose reply was lost are known only to the damaged record. */
function chargeOf({ steps }: Trajectory) {
  return steps.reduce(
    ({ usd, tokens }, { reply }) => ({
      usd: usd + (reply.costUsd ?? reply.providerCostUsd ?? 0),
      tokens: tokens + reply.usage.input + reply.usage.output,
    }),
    { usd: 0, tokens: 0 },
  );
}
