// The reward functions, against numbers worked out by hand.
import { describe, expect, it } from "vitest";
import { anchored } from "../../src/rewards/anchored.ts";
import { beatsStarter } from "../../src/rewards/improvement.ts";
import { raw } from "../../src/rewards/raw.ts";
import type { RewardTask } from "../../src/rewards/rewardFunction.ts";
import { REWARD_FUNCTIONS, REWARD_NAMES, rewardsOf } from "../../src/rewards/rewardsOf.ts";
import { scoreStatistics } from "../../src/rewards/scoreStatistics.ts";

const accuracy: RewardTask = {
  metric: { name: "accuracy", direction: "maximize", unit: "" },
  anchors: { nothing: 0.1, starter: 0.5, probe: 0.7, best: 0.9, optimum: 1 },
  sigma: 0,
};
const loss: RewardTask = {
  metric: { name: "loss", direction: "minimize", unit: "nats" },
  anchors: { nothing: 4, starter: 3, probe: 2, best: 1, optimum: 0 },
  sigma: 0,
};

function withAnchors(over: Partial<RewardTask["anchors"]>, task = accuracy): RewardTask {
  return { ...task, anchors: { ...task.anchors, ...over } };
}

describe("anchored@1", () => {
  it.each([
    [0.1, 0],
    [0.3, 0.125],
    [0.5, 0.25],
    [0.6, 0.425],
    [0.7, 0.6],
    [0.8, 0.75],
    [0.9, 0.9],
    [0.95, 0.95],
    [1, 1],
    [-3, 0],
    [1.2, 1],
  ])("a maximised score of %d gives %d", (score, reward) => {
    expect(anchored(accuracy, [score])).toBeCloseTo(reward, 12);
  });

  it.each([
    [4, 0],
    [3.5, 0.125],
    [3, 0.25],
    [2.5, 0.425],
    [1, 0.9],
    [0.5, 0.95],
    [0, 1],
    [9, 0],
  ])("a minimised score of %d gives %d", (score, reward) => {
    expect(anchored(loss, [score])).toBeCloseTo(reward, 12);
  });

  it("takes the mean over seeds", () => {
    expect(anchored(withAnchors({}), [0.69, 0.7, 0.71])).toBeCloseTo(0.6, 12);
  });

  it("skips anchors that are not known and goes on with the slope of the outer segments", () => {
    const sparse = withAnchors({ nothing: null, probe: null, optimum: null });
    expect(anchored(sparse, [0.7])).toBeCloseTo(0.25 + 0.65 / 2, 12);
    expect(anchored(sparse, [0.4])).toBeCloseTo(0.25 - 0.65 / 4, 12);
    expect(anchored(sparse, [0])).toBe(0);
    expect(anchored(sparse, [0.92])).toBeCloseTo(0.9 + (0.65 * 0.02) / 0.4, 12);
    expect(anchored(sparse, [2])).toBe(1);
  });

  it("skips anchors worse than the one before; of equal ones the higher holds; the starter stays", () => {
    expect(anchored(withAnchors({ probe: 0.4 }), [0.7])).toBeCloseTo(0.575, 12);
    expect(anchored(withAnchors({ best: 1 }), [1])).toBe(1);
    expect(anchored(withAnchors({ probe: 0.5 }), [0.5])).toBeCloseTo(0.25, 12);
    expect(anchored(withAnchors({ nothing: 0.6 }), [0.5])).toBeCloseTo(0.25, 12);
  });

  it("counts an improvement of less than two standard errors as the starter's score", () => {
    const noisy = { ...accuracy, sigma: 0.06 };
    expect(anchored(noisy, [0.61])).toBeCloseTo(0.25, 12);
    expect(anchored(noisy, [0.63])).toBeCloseTo(0.25 + 0.35 * 0.65, 12);
    // Nine seeds: the standard error falls to 0.02, so 0.56 is sure.
    expect(
      anchored(
        noisy,
        Array.from({ length: 9 }, () => 0.56),
      ),
    ).toBeCloseTo(0.25 + 0.35 * 0.3, 12);
    // Seeds that differ more than sigma says: s = 0.2, n = 2, standard error 0.141.
    expect(anchored(noisy, [0.6, 0.6 + Math.SQRT2 * 0.2])).toBeCloseTo(0.25, 12);
    const noisyLoss = { ...loss, sigma: 0.3 };
    expect(anchored(noisyLoss, [2.5])).toBeCloseTo(0.25, 12);
    // The gate is for improvements only: what is worse stays worse.
    expect(anchored(noisy, [0.49])).toBeCloseTo(0.24375, 12);
  });

  it("is null without scores, and where only the starter is known", () => {
    expect(anchored(accuracy, [])).toBeNull();
    const bare = withAnchors({ nothing: null, probe: null, best: null, optimum: null });
    expect(anchored(bare, [0.9])).toBeNull();
  });

  it("never falls when the score rises", () => {
    for (const task of [accuracy, withAnchors({ nothing: null, best: null }), { ...accuracy, sigma: 0.1 }]) {
      const rewards = Array.from({ length: 301 }, (_, i) => anchored(task, [i / 200 - 0.25]) ?? Number.NaN);
      for (const [i, reward] of rewards.entries()) {
        expect(reward).toBeGreaterThanOrEqual(rewards[i - 1] ?? 0);
        expect(reward).toBeLessThanOrEqual(1);
      }
    }
  });
});

it("raw@1 is the mean in the metric's own direction", () => {
  expect(raw(loss, [1, 2, 6])).toBe(3);
  expect(raw(loss, [])).toBeNull();
});

it("the standard error is never smaller than the task's own noise allows", () => {
  expect(scoreStatistics([1, 3], 0)).toEqual({ mean: 2, standardError: 1 });
  expect(scoreStatistics([2, 2], 0.5)?.standardError).toBeCloseTo(0.5 / Math.SQRT2, 12);
  expect(scoreStatistics([2], 0)).toEqual({ mean: 2, standardError: 0 });
  expect(scoreStatistics([], 1)).toBeNull();
});

it("success is to beat the starter for sure", () => {
  expect(beatsStarter(accuracy, [0.51])).toBe(true);
  expect(beatsStarter(accuracy, [0.5])).toBe(false);
  expect(beatsStarter(loss, [3.1])).toBe(false);
  expect(beatsStarter({ ...accuracy, sigma: 0.1 }, [0.6])).toBe(false);
  expect(beatsStarter(accuracy, [])).toBeNull();
});

describe("the rewards of a rollout", () => {
  it("hold the function of record and all others, for both submissions", () => {
    expect(rewardsOf("anchored@1", accuracy, [0.7], [0.9])).toEqual({
      fn: "anchored@1",
      value: expect.closeTo(0.6, 12),
      success: true,
      standardError: 0,
      components: expect.objectContaining({
        "final:raw@1": 0.7,
        "best:raw@1": 0.9,
        "final:anchored@1": expect.closeTo(0.6, 12),
        "best:anchored@1": expect.closeTo(0.9, 12),
      }),
    });
    const { components } = rewardsOf("anchored@1", accuracy, [0.7], [0.9]);
    expect(Object.keys(components).sort()).toEqual(
      REWARD_NAMES.flatMap((name) => [`best:${name}`, `final:${name}`]).sort(),
    );
  });

  it("are null together where nothing was scored", () => {
    expect(rewardsOf("raw@1", accuracy, [], [])).toMatchObject({
      value: null,
      success: null,
      standardError: null,
    });
  });

  it("have a name for every function", () => {
    expect([...REWARD_NAMES].sort()).toEqual(Object.keys(REWARD_FUNCTIONS).sort());
  });
});
