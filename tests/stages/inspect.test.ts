// Looking through records: once, again only when what signals are drawn from has changed, and never in the way of a run.
import { describe, expect, it } from "vitest";
import { StoreError } from "../../src/core/errors.ts";
import type { LedgerEvent } from "../../src/core/ledger.ts";
import { fold, type RolloutState } from "../../src/core/runState.ts";
import type { Trajectory } from "../../src/core/trajectory.ts";
import { inspectForRecord, inspectionOf } from "../../src/stages/inspect.ts";
import type { Score } from "../../src/stages/score.ts";
import { fixtureTask, fixtureTrajectory } from "../dataset/fixtures.ts";

const task = fixtureTask();
const trajectory = fixtureTrajectory({
  steps: [{ text: "```\nls hidden\n```", observation: "No such file" }],
});
const none: Score = { kind: "none", reason: "no file" };
const scores = { final: none, best: none, lastValid: null };
const rollout: RolloutState = {
  key: trajectory.key,
  cell: "c",
  seedIndex: 0,
  admittedOrder: 0,
  status: "ended",
  retry: 0,
  outcome: { kind: "submitted" },
  facts: null,
  archive: { segment: 0, offset: 0, length: 1 },
};

/** A ledger in memory, and an archive that counts how often it is read. */
function place(read: () => Promise<Trajectory> = async () => trajectory) {
  const events: LedgerEvent[] = [
    { kind: "rollout-admitted", atMs: 0, key: rollout.key, cell: "c", seedIndex: 0 },
  ];
  const state = fold(events);
  let reads = 0;
  const deps = {
    archive: {
      read: () => {
        reads += 1;
        return read();
      },
    },
    ledger: {
      append: async (event: LedgerEvent) => {
        events.push(event);
        state.apply(event);
      },
    },
    clock: { now: () => 7, monotonic: () => 7, sleep: async () => {} },
    inspections: state.inspections,
  };
  return { deps, state, events, reads: () => reads };
}

describe("looking through a record", () => {
  it("writes down what was found, once", async () => {
    const { deps, state, events, reads } = place();
    await inspectForRecord(task, rollout, scores, deps);
    await inspectForRecord(task, rollout, scores, deps);
    expect(reads()).toBe(1);
    expect(events.at(-1)).toMatchObject({ kind: "rollout-inspected", flags: ["probe:hidden"], atMs: 7 });
    expect(state.inspections.get(rollout.key)?.inspection).toBe(inspectionOf(task, scores));
  });

  it("is done again when a score or a fact of the task has changed", async () => {
    const { deps, reads } = place();
    await inspectForRecord(task, rollout, scores, deps);
    const scored: Score = { kind: "scored", mean: 0.1, standardError: 0, evaluations: [] };
    await inspectForRecord(task, rollout, { ...scores, final: scored }, deps);
    await inspectForRecord(
      fixtureTask("ames-price", { sigma: 0.5 }),
      rollout,
      { ...scores, final: scored },
      deps,
    );
    expect(reads()).toBe(3);
  });

  it("waits for scores, and leaves alone what came to no end of its own", async () => {
    const { deps, reads } = place();
    await inspectForRecord(task, rollout, { ...scores, final: { kind: "owed" } }, deps);
    await inspectForRecord(task, { ...rollout, outcome: { kind: "interrupted" } }, scores, deps);
    await inspectForRecord(task, { ...rollout, archive: null }, scores, deps);
    expect(reads()).toBe(0);
  });

  it("says nothing of a record that cannot be read", async () => {
    const { deps, state } = place(async () => {
      throw new StoreError("it is damaged");
    });
    await inspectForRecord(task, rollout, scores, deps);
    expect(state.inspections.size).toBe(0);
  });

  it("is forgotten when the rollout is played again", async () => {
    const { deps, state } = place();
    await inspectForRecord(task, rollout, scores, deps);
    const retried = {
      kind: "rollout-retried",
      atMs: 8,
      key: rollout.key,
      retry: 0,
      reason: "rerun",
    } as const;
    state.apply({ ...retried, spentUsd: 0, spentTokens: 0, lostCallCount: 0, stepCount: 1 });
    expect(state.inspections.size).toBe(0);
  });
});
