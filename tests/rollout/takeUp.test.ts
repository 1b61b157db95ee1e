// A rollout that is cut off anywhere goes on from its record: nothing is asked of the model twice, and what comes out is what an
// undisturbed rollout gives.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pastOf } from "../../src/core/past.ts";
import type { StepsLogRecord, Trajectory } from "../../src/core/trajectory.ts";
import { loadTask } from "../../src/tasks/loadTask.ts";
import { command, listModel } from "../fixtures/listModel.ts";
import { TASKS, type World, world } from "../judge/world.ts";
import { playWith } from "./stage.ts";

const task = await loadTask(TASKS, "battle-of-sexes");
const REPLIES = [
  command("ls"),
  "no command here",
  command("create notes.txt"),
  command("open strategy.py"),
  command("validate"),
  command("cd .. && cd work && X=1; echo more >> notes.txt; wc -l notes.txt"),
  command("echo $X"),
  command("submit"),
];
let here: World;
beforeAll(async () => {
  here = await world();
});
afterAll(() => here[Symbol.asyncDispose]());

/** What must not depend on whether the rollout was cut off. */
function essence({ steps, pool, outcome, finalSubmission, bestValidated }: Trajectory) {
  return {
    outcome,
    finalSubmission,
    bestValidated,
    texts: pool.map(({ message }) => message.content),
    prompts: steps.map(({ promptSha256 }) => promptSha256),
    actions: steps.map(({ actions }) => actions.map(({ tool, result }) => [tool, result?.exitCode ?? null])),
  };
}

/** Plays on from the first `count` records, with a model that has only the replies that are not recorded. */
async function resumedFrom(records: readonly StepsLogRecord[], count: number) {
  const kept = records.slice(0, count);
  const past = pastOf(kept);
  if (past === null) throw new Error("nothing was recorded");
  const left = REPLIES.slice(past.steps.length);
  const model = listModel(left);
  const played = await playWith(here, task, model, { past });
  return { ...played, asked: model.asked.length, left: left.length };
}

describe("a rollout that was cut off", { timeout: 120_000 }, () => {
  it("comes to the same wherever it was cut", async () => {
    const { trajectory, records } = await playWith(here, task, listModel(REPLIES), {
      snapshotAfterMs: 600_000,
    });
    const expected = essence(trajectory);
    expect(records.filter(({ kind }) => kind === "snapshot-taken")).toHaveLength(1);
    for (let count = 1; count < records.length; count++) {
      const resumed = await resumedFrom(records, count);
      expect(essence(resumed.trajectory), `cut after record ${count}`).toEqual(expected);
      expect(resumed.asked).toBe(resumed.left);
    }
  });

  it("goes on from its last snapshot, and carries out again only what followed", async () => {
    const { records } = await playWith(here, task, listModel(REPLIES), { snapshotAfterMs: 600_000 });
    const cut = records.findIndex(({ kind }) => kind === "snapshot-taken") + 5;
    const { resumptions } = await resumedFrom(records, cut);
    expect(resumptions).toMatchObject([{ how: "restored", seenCount: 4, replayedCount: 2 }]);
  });

  it("is interrupted, its steps kept, where the replay goes otherwise than recorded", async () => {
    const { records } = await playWith(here, task, listModel(REPLIES), {});
    const forged = records.slice(0, 6).map((record): StepsLogRecord => {
      if (record.kind !== "observation-made" || record.index !== 0) return record;
      return { ...record, result: { ...record.result, exitCode: 7 } };
    });
    const { trajectory } = await resumedFrom(forged, forged.length);
    expect(trajectory.outcome).toEqual({ kind: "interrupted" });
    expect(trajectory.finalReason).toBe(
      "the rollout was cut off and could not be taken up: step 0, shell: exit code 0, recorded 7",
    );
    expect(trajectory.steps.length).toBeGreaterThan(0);
  });
});
