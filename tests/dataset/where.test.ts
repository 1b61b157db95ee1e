// The conditions of --where: what they select, what a null means in them, and what is refused with its place.
import { describe, expect, it } from "vitest";
import { whereOf } from "../../src/dataset/where.ts";

const row = {
  trajectory_id: "a",
  task_id: "dilemma-games/7",
  task_family: "sat",
  reward: 0.5,
  score_raw: null,
  success: null,
  truncated: false,
  num_steps: 12,
  outcome: "limit:steps",
  flags: ["tamper:judge", "copy:starter"],
  sampling: { temperature: 0.7, top_p: null },
  reward_components: { "improvement@1": 0.2, "final:raw@1": null, "a.b": { c: true } },
};

describe("--where", () => {
  it.each([
    ["reward >= 0.5", true],
    ["reward > 0.5", false],
    ["reward = .5 and num_steps < 1e2", true],
    ["task_id = dilemma-games/7", true],
    ["task_id in [x, 'dilemma-games/7']", true],
    ['task_family != "sat" or outcome like limit:*', true],
    ["outcome like 'limit:*s' and not outcome like '*cost*'", true],
    ["outcome like limit", false],
    ["outcome like 'limit:steps*steps'", false],
    ["flags has tamper:judge and not flags has 'tamper'", true],
    ["truncated = false", true],
    ["truncated = true", false],
    ["sampling.temperature <= 0.7 and sampling.top_p is null", true],
    ["reward_components.improvement@1 > 0.1", true],
    ["reward_components.a.b.c = true", true],
    ["reward_components.nothing is null", true],
    ["not (reward < 0.4 or task_family = other) and (truncated = false)", true],
    ["task_family > sam and task_family < sb", true],
  ])("%s: %s", (source, expected) => {
    expect(whereOf(source).holds(row)).toBe(expected);
  });

  it("finds no comparison with a null true, whichever way it goes", () => {
    for (const operator of ["=", "!=", "<", "<=", ">", ">="]) {
      expect(whereOf(`score_raw ${operator} 0`).holds(row)).toBe(false);
    }
    expect(whereOf("score_raw is null and success is null").holds(row)).toBe(true);
    expect(whereOf("score_raw is not null").holds(row)).toBe(false);
    expect(whereOf("not score_raw = 0").holds(row)).toBe(true);
  });

  it("binds `not` closest, then `and`, then `or`", () => {
    expect(whereOf("reward > 1 and reward > 1 or reward = 0.5").holds(row)).toBe(true);
    expect(whereOf("reward = 0.5 or reward > 1 and reward > 1").holds(row)).toBe(true);
    expect(whereOf("not reward > 1 and reward > 1").holds(row)).toBe(false);
  });

  it("says which columns it reads", () => {
    expect(whereOf("sampling.temperature > 0 or reward > 0 and reward < 1").columns).toEqual([
      "sampling",
      "reward",
    ]);
  });

  it.each([
    ["rewrad > 1", /no column "rewrad"; did you mean `reward`/],
    ["reward >", /character 9: a number, true, false or a text is expected and it ends/],
    ["reward > 1 reward", /character 12: `and`, `or` or the end is expected and there is "reward"/],
    ["reward ~ 1", /character 8: "~ 1" cannot be read/],
    ["(reward > 1", /`\)` is expected and it ends/],
    ["reward in [1, 2", /`,` or `\]` is expected/],
    ["reward", /`=`, `!=`.* is expected and it ends/],
    ["", /a column is expected and it ends/],
    ["reward = high", /reward holds numbers, so "high" cannot equal it/],
    ["task_id = 3", /task_id holds texts, so 3 cannot equal it/],
    ["truncated > false", /only `=` and `!=` compare it/],
    ["flags = a", /use `has`/],
    ["task_id has a", /use `=`/],
    ["reward like a", /`like` says nothing of it/],
    ["messages is null", /messages cannot be compared/],
    ["sampling.heat > 1", /sampling\.heat cannot be compared/],
    [`${"(".repeat(80)}reward > 1`, /nested more than 64 deep/],
    [`task_id = ${"a".repeat(5000)}`, /longer than 4096/],
  ])("refuses %s", (source, says) => {
    expect(() => whereOf(source)).toThrow(says);
  });
});
