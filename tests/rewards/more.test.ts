// The other rewards of record, and what a rollout is worth beside its group, against numbers worked out by hand.
import { describe, expect, it } from "vitest";
import { ADVANTAGES, advantagesOf, ENTROPIC_KL, type GroupMember } from "../../src/rewards/advantages.ts";
import type { RewardTask } from "../../src/rewards/rewardFunction.ts";
import {
  everyReward,
  noRewards,
  REWARD_FUNCTIONS,
  REWARD_NAMES,
  rewardsOf,
} from "../../src/rewards/rewardsOf.ts";

const accuracy: RewardTask = {
  metric: { name: "accuracy", direction: "maximize", unit: "" },
  anchors: { nothing: 0.1, starter: 0.5, probe: 0.7, best: 0.9, optimum: 1 },
  sigma: 0.01,
};
const loss: RewardTask = {
  metric: { name: "loss", direction: "minimize", unit: "nats" },
  anchors: { nothing: 4, starter: 3, probe: 2, best: 1, optimum: 0 },
  sigma: 0,
};
const of = (name: (typeof REWARD_NAMES)[number], score: number, task = accuracy) =>
  REWARD_FUNCTIONS[name](task, [score]);
const without = (task: RewardTask, ...names: ("best" | "optimum" | "nothing")[]): RewardTask => ({
  ...task,
  anchors: { ...task.anchors, ...Object.fromEntries(names.map((name) => [name, null])) },
});

describe("baselineToReference@1", () => {
  it.each([
    [0.5, 0],
    [0.7, 0.5],
    [0.9, 1],
    [1, 1.25],
    [-9, -1],
    [99, 2],
  ])("of %d is %d", (score, reward) => {
    expect(of("baselineToReference@1", score)).toBeCloseTo(reward, 12);
  });
  it("knows which way is better", () => expect(of("baselineToReference@1", 2, loss)).toBe(0.5));
  it("is null without a reference above the starter", () => {
    expect(of("baselineToReference@1", 0.7, without(accuracy, "best"))).toBeNull();
    const flat = { ...accuracy, anchors: { ...accuracy.anchors, best: 0.5 } };
    expect(of("baselineToReference@1", 0.7, flat)).toBeNull();
  });
});

describe("logDistance@1", () => {
  it("counts decimal places: from 0.1 of the optimum to a tenth of that", () => {
    const task = { ...accuracy, anchors: { ...accuracy.anchors, nothing: 0, best: 0.99 } };
    expect(of("logDistance@1", 0.9, task)).toBeCloseTo(0.5, 12);
    expect(of("logDistance@1", 0.99, task)).toBeCloseTo(1, 12);
    expect(of("logDistance@1", 0.999, task)).toBeCloseTo(1.5, 12);
  });
  it("stays finite at the optimum and beyond it", () => {
    expect(of("logDistance@1", 1)).toBe(2);
    expect(of("logDistance@1", 1.7)).toBe(of("logDistance@1", 1));
  });
  it("knows which way is better", () => expect(of("logDistance@1", 1, loss)).toBeCloseTo(1, 12));
  it("is null without an optimum", () => {
    expect(of("logDistance@1", 0.7, without(accuracy, "optimum"))).toBeNull();
  });
});

describe("regret@1", () => {
  it("is what is missing to the optimum, negative in either direction", () => {
    expect(of("regret@1", 0.7)).toBeCloseTo(-0.3, 12);
    expect(of("regret@1", 2, loss)).toBe(-2);
    expect(of("regret@1", 0.7, without(accuracy, "optimum"))).toBeNull();
  });
});

describe("tiers@1", () => {
  it.each([
    [0.47, 0],
    [0.49, 0.2],
    [0.51, 0.2],
    [0.53, 0.4],
    [0.7, 0.6],
    [0.9, 0.8],
    [0.985, 0.8],
    [0.995, 1],
  ])("of %d is %d", (score, reward) => {
    expect(of("tiers@1", score)).toBe(reward);
  });
});

describe("anchoredOrZero@1", () => {
  it("is anchored@1, and 0 for an episode that handed in nothing that counts", () => {
    expect(of("anchoredOrZero@1", 0.7)).toBe(of("anchored@1", 0.7));
    expect(rewardsOf("anchoredOrZero@1", accuracy, [], [])).toMatchObject({ value: 0, success: false });
    expect(rewardsOf("anchored@1", accuracy, [], [])).toMatchObject({ value: null, success: null });
  });
  it("says nothing of what infrastructure cut off, nor of a submission that never was", () => {
    expect(noRewards("anchoredOrZero@1")).toMatchObject({ value: null, success: null });
    const { components } = rewardsOf("anchored@1", accuracy, [0.7], []);
    expect(components["best:anchoredOrZero@1"]).toBeNull();
  });
});

describe("every reward", () => {
  it("is the functions by their names", () => {
    for (const scores of [[], [0.7], [0.9, 1]]) {
      const one = Object.fromEntries(
        REWARD_NAMES.map((name) => [name, REWARD_FUNCTIONS[name](accuracy, scores)]),
      );
      expect(everyReward(accuracy, scores)).toEqual(one);
    }
  });
});

const scored = (reward: number, standardError = 0): GroupMember => ({
  reward,
  score: { mean: reward, standardError },
});
const group = (...rewards: number[]) => rewards.map((reward) => scored(reward));

describe("advantages", () => {
  it("groupRelative@1 and meanDifference@1", () => {
    const half = expect.closeTo(Math.SQRT1_2, 12);
    expect(ADVANTAGES["groupRelative@1"](group(0, 1))).toEqual([expect.closeTo(-Math.SQRT1_2, 12), half]);
    expect(ADVANTAGES["meanDifference@1"](group(0, 1, 0.5))).toEqual([-0.5, 0.5, 0]);
  });
  it("rank@1 gives ties the better place", () => {
    expect(ADVANTAGES["rank@1"](group(3, 1, 3, 0))).toEqual([1, 0.5, 1, 0.25]);
  });
  it("entropic@1 has weights that are log 2 away from uniform ones", () => {
    const rewards = [0.1, 0.2, 0.4, 0.7, 0.3, 0.25, 0.6, 0.5];
    const values = ADVANTAGES["entropic@1"](group(...rewards)) ?? [];
    // From A = w / mean of the others − 1 follows the share w / Σw = (A + 1) / (n + A).
    const shares = values.map((value) => (value + 1) / (rewards.length + value));
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
    const divergence = shares.reduce((sum, share) => sum + share * Math.log(share * rewards.length), 0);
    expect(divergence).toBeCloseTo(ENTROPIC_KL, 9);
    expect(Math.max(...values)).toBe(values[3]);
  });
  it("entropic@1 stays finite where the best stands alone far above, and where two share it", () => {
    for (const rewards of [
      [1, 0, 0, 0, 0, 0, 0, 0],
      [1, 1, 0],
      [1, 0],
    ]) {
      const values = ADVANTAGES["entropic@1"](group(...rewards));
      expect(values?.every(Number.isFinite), String(rewards)).toBe(true);
    }
  });
  it("say nothing of a group of one, of one that is all alike, and of noise", () => {
    expect(advantagesOf(group(1))).toEqual([
      { "groupRelative@1": null, "meanDifference@1": null, "entropic@1": null, "rank@1": null },
    ]);
    expect(ADVANTAGES["groupRelative@1"](group(1, 1, 1))).toBeNull();
    expect(ADVANTAGES["groupRelative@1"]([scored(0.5, 0.1), scored(0.52, 0.1)])).toBeNull();
    expect(ADVANTAGES["groupRelative@1"]([scored(0.1, 0.1), scored(0.9, 0.1)])).not.toBeNull();
  });
  it("a rollout without a score is no noise", () => {
    const none: GroupMember = { reward: 0, score: null };
    expect(ADVANTAGES["meanDifference@1"]([none, scored(0.5, 9)])).toEqual([-0.25, 0.25]);
  });
});
