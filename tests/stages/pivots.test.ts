// Which steps are opened again: chosen from records alone, each prompt once, and rollouts take turns under a bound.
import { describe, expect, it } from "vitest";
import type { StepRecord, Trajectory } from "../../src/core/trajectory.ts";
import { choosePivots, PIVOT_REASONS, type PivotReason } from "../../src/stages/pivots.ts";
import { type FixtureStep, fixtureTrajectory } from "../dataset/fixtures.ts";

const say = (text: string): FixtureStep => ({ text });

/** A rollout whose validations came to these scores, one a step; null: the step validated nothing. */
function validating(scores: readonly (number | null)[], seedIndex = 0): Trajectory {
  const steps = scores.map((_, index) => say(`step ${index} of seed ${seedIndex}`));
  const trajectory = fixtureTrajectory({ steps, seedIndex });
  return {
    ...trajectory,
    steps: trajectory.steps.map((step, index) => withScore(step, scores[index] ?? null)),
  };
}

function withScore(step: StepRecord, score: number | null): StepRecord {
  if (score === null) return step;
  const validation = { submission: "s", score, reason: null, evaluationKeys: [], remaining: 3 };
  return {
    ...step,
    actions: step.actions.map((action) => ({
      ...action,
      result: action.result && { ...action.result, validation },
    })),
  };
}

function failing(trajectory: Trajectory, at: number): Trajectory {
  const steps = trajectory.steps.map((step) =>
    step.index !== at
      ? step
      : {
          ...step,
          actions: step.actions.map((action) => ({
            ...action,
            result: action.result && { ...action.result, ok: false },
          })),
        },
  );
  return { ...trajectory, steps };
}

const choose = (
  parents: readonly Trajectory[],
  reasons: readonly PivotReason[] = PIVOT_REASONS,
  max = 50,
  isMore = true,
) =>
  choosePivots(parents, {
    reasons,
    max,
    better: (_, score, than) => (isMore ? score > than : score < than),
  });
const places = (pivots: ReturnType<typeof choose>) => pivots.map(({ step, reason }) => [step, reason]);

describe("choosing what to open again", () => {
  it("takes the step after each validation that beat all before it, in the task's direction", () => {
    const parent = validating([null, 1, null, 0.5, 2, 2, null]);
    expect(places(choose([parent], ["newBest"]))).toEqual([
      [2, "newBest"],
      [5, "newBest"],
    ]);
    expect(places(choose([parent], ["newBest"], 50, false))).toEqual([
      [2, "newBest"],
      [4, "newBest"],
    ]);
    expect(choose([validating([null, 1])], ["newBest"])).toEqual([]);
  });

  it("takes turns that went wrong: of the wrong form, or with something in them that failed", () => {
    const steps = [say("a"), { text: "no block", formatError: true }, say("c"), say("d")];
    const parent = failing(fixtureTrajectory({ steps }), 2);
    expect(places(choose([parent], ["error"]))).toEqual([
      [1, "error"],
      [2, "error"],
    ]);
  });

  it("takes prompts to which rollouts said different things, once each", () => {
    const one = fixtureTrajectory({ steps: [say("same"), say("left"), say("end")] });
    const other = fixtureTrajectory({ steps: [say("same"), say("right"), say("end")], seedIndex: 1 });
    const pivots = choose([one, other], ["disagreement"]);
    expect(places(pivots)).toEqual([[1, "disagreement"]]);
    expect(pivots[0]?.promptSha256).toBe(one.steps[1]?.promptSha256);
    expect(choose([one], ["disagreement"])).toEqual([]);
  });

  it("records the first reason that fits, and looks only for those asked for", () => {
    const parent = failing(validating([1, null, null]), 1);
    expect(places(choose([parent]))).toEqual([[1, "newBest"]]);
    expect(places(choose([parent], ["error"]))).toEqual([[1, "error"]]);
    expect(choose([parent], [])).toEqual([]);
  });

  it("lets rollouts take turns under a bound, whatever order they come in", () => {
    const parents = [0, 1, 2].map((seed) => failing(failing(validating([null, null, null], seed), 1), 2));
    const pivots = choose(parents, ["error"], 4);
    expect(new Set(pivots.slice(0, 3).map(({ parentKey }) => parentKey)).size).toBe(3);
    expect(pivots.map(({ step }) => step)).toEqual([1, 1, 1, 2]);
    expect(choose(parents.toReversed(), ["error"], 4)).toEqual(pivots);
  });

  it("looks at no rollout that was cut off, no call that sums up, and nothing that a branch took over", () => {
    const parent = failing(failing(validating([null, null, null]), 0), 2);
    expect(choose([{ ...parent, outcome: { kind: "cancelled" } }], ["error"])).toEqual([]);
    const origin = { parentKey: "p", step: 1 };
    expect(places(choose([{ ...parent, origin }], ["error"]))).toEqual([[2, "error"]]);
    const steps = parent.steps.map((step) =>
      step.index === 2 ? { ...step, purpose: "summary" as const } : step,
    );
    expect(places(choose([{ ...parent, steps }], ["error"]))).toEqual([[0, "error"]]);
  });
});
