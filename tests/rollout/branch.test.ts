// A branch begins with its parent's steps, is given the very prompt that the parent was given, and plays on from there by itself.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { branchStart, pastOfBranch, recordsOfPast } from "../../src/core/branch.ts";
import { pastOf } from "../../src/core/past.ts";
import type { Trajectory } from "../../src/core/trajectory.ts";
import { withSamePrompt } from "../../src/models/samePrompt.ts";
import { loadTask } from "../../src/tasks/loadTask.ts";
import { command, listModel } from "../fixtures/listModel.ts";
import { TASKS, type World, world } from "../judge/world.ts";
import { type Played, playWith } from "./stage.ts";

const task = await loadTask(TASKS, "battle-of-sexes");
const STEP = 4;
let here: World;
let parent: Trajectory;
beforeAll(async () => {
  here = await world();
  const replies = ["ls", "create notes.txt", "echo one > notes.txt", "validate", "cat notes.txt", "submit"];
  ({ trajectory: parent } = await playWith(here, task, listModel(replies.map(command))));
}, 60_000);
afterAll(() => here[Symbol.asyncDispose]());

/** One branch of the parent's step, whose model says these things. */
async function branched(said: readonly string[], seedIndex = 0, from: Trajectory = parent) {
  const start = branchStart(from, STEP);
  const model = listModel(said.map(command));
  const origin = { parentKey: parent.key, step: STEP };
  const branch = { start, origin, seedIndex };
  const played: Played = await playWith(here, task, withSamePrompt(model, start.promptSha256), { branch });
  return { ...played, asked: model.asked };
}

describe("a branch", { timeout: 60_000 }, () => {
  it("plays on from the parent's steps in a sandbox that has them behind it, and buys only what follows", async () => {
    const { trajectory, asked } = await branched(["cat notes.txt; echo two >> notes.txt", "submit"]);
    expect(trajectory.outcome).toEqual({ kind: "submitted" });
    expect(trajectory.steps.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(asked).toHaveLength(2);
    expect(trajectory.steps.map(({ reply }) => reply.costUsd)).toEqual([0, 0, 0, 0, 0.01, 0.01]);
    const shown = trajectory.steps[STEP]?.actions[0]?.result?.message ?? -1;
    expect(trajectory.pool[shown]?.message.content).toContain("one");
    expect(trajectory.bestValidated).toEqual(parent.bestValidated);
  });

  it("is given the byte-equal prompt of its parent and of its siblings, which sample with other seeds", async () => {
    const one = await branched(["submit"], 0);
    const other = await branched(["validate", "submit"], 1);
    const promptOf = ({ steps }: Trajectory) => steps[STEP]?.promptSha256;
    expect(promptOf(one.trajectory)).toBe(promptOf(parent));
    expect(promptOf(other.trajectory)).toBe(promptOf(parent));
    expect(one.asked[0]?.messages).toEqual(other.asked[0]?.messages);
    expect(one.trajectory.seed).not.toBe(other.trajectory.seed);
    expect(one.trajectory.key).not.toBe(other.trajectory.key);
  });

  it("asks nothing of the model where its first prompt would be another one", async () => {
    const forged = branchStart(parent, STEP);
    const model = listModel([command("submit")]);
    const branch = { start: forged, origin: { parentKey: parent.key, step: STEP }, seedIndex: 0 };
    const { trajectory } = await playWith(here, task, withSamePrompt(model, "0".repeat(64)), { branch });
    expect(model.asked).toEqual([]);
    expect(trajectory.outcome).toMatchObject({ kind: "failed", boundary: "model", permanent: true });
    expect(JSON.stringify(trajectory.outcome)).toContain("not the parent's");
  });

  it("is interrupted where the parent's steps go otherwise than recorded", async () => {
    const [first, ...rest] = parent.steps;
    if (first === undefined) throw new Error("the parent has no step");
    const actions = first.actions.map((action) => ({
      ...action,
      result: action.result && { ...action.result, exitCode: 7 },
    }));
    const { trajectory, asked } = await branched(["submit"], 0, {
      ...parent,
      steps: [{ ...first, actions }, ...rest],
    });
    expect(asked).toEqual([]);
    expect(trajectory.outcome).toEqual({ kind: "interrupted" });
    expect(trajectory.finalReason).toContain("step 0, shell: exit code 0, recorded 7");
  });

  it("has all of its past in its own steps log, and is taken up from there", async () => {
    const { records, trajectory } = await branched(["echo two >> notes.txt", "cat notes.txt", "submit"]);
    const cut = records.findIndex(
      ({ kind, ...rest }) => kind === "reply-received" && "step" in rest && rest.step.index === STEP,
    );
    const past = pastOf(records.slice(0, cut + 2));
    if (past === null) throw new Error("nothing was recorded");
    const left = listModel(["cat notes.txt", "submit"].map(command));
    const again = await playWith(here, task, left, { past });
    expect(left.asked).toHaveLength(2);
    const texts = ({ pool }: Trajectory) => pool.map(({ message }) => message.content);
    expect(texts(again.trajectory)).toEqual(texts(trajectory));
  });

  it("writes a past that folds into the same past", () => {
    for (let step = 0; step < parent.steps.length; step++) {
      const start = branchStart(parent, step);
      const place = parent.place;
      if (place === null) throw new Error("the parent was played nowhere");
      const past = pastOfBranch(start, { startedAtMs: 5, place });
      const folded = pastOf(recordsOfPast({ key: "k", retry: 0 }, past));
      expect(folded).toMatchObject({ pool: start.pool, steps: start.steps, snapshot: null });
    }
    expect(() => branchStart(parent, 99)).toThrow("has no step 99; it has 6");
  });
});
