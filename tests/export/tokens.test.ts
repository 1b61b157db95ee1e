// Recipes of token ids: spans, labels, rewards and advantages, and what they say where there are no ids.
import { describe, expect, it } from "vitest";
import { rolloutRows } from "../../src/dataset/rows.ts";
import { taskInfo } from "../../src/dataset/writeDataset.ts";
import { groupAdvantage, groupStatistics } from "../../src/export/groupAdvantage.ts";
import { lengthHistogram } from "../../src/export/lengthHistogram.ts";
import { rlSteps } from "../../src/export/rlSteps.ts";
import { sftTokens, tokenRows } from "../../src/export/sftTokens.ts";
import { tokenDrift } from "../../src/export/tokenDrift.ts";
import { FIXTURE_RUN, type FixtureOptions, fixtureRecord, fixtureTask } from "../dataset/fixtures.ts";

const task = taskInfo(fixtureTask());
const AROUND = { tasks: new Map(), tokenizer: null };
const rollout = (options: FixtureOptions, reward: number | null = 0.6) => {
  const record = fixtureRecord(options);
  const rewards = { ...record.rewards, value: reward, success: reward === null ? null : true };
  return rolloutRows({ ...record, rewards }, task, FIXTURE_RUN);
};
const say = (text: string) => ({ text, observation: `saw ${text}` });

describe("sft_tokens", () => {
  it("is the ids in order, labels on what was sampled and is trained on", () => {
    const wrong = { text: "oops", formatError: true, observation: "Use one block." };
    const { rows, leftOut } = tokenRows(rollout({ tokens: true, steps: [say("a"), wrong, say("b")] }));
    expect(leftOut).toEqual([]);
    // Three ids a message: system 0–2, task 3–5, a 6–8, saw 9–11, oops 12–14, complaint 15–17, b 18–20.
    expect(rows).toEqual([
      expect.objectContaining({
        input_ids: Array.from({ length: 21 }, (_, id) => id),
        labels: [-100, -100, -100, -100, -100, -100, 6, 7, 8, ...Array(9).fill(-100), 18, 19, 20],
        length: 21,
        trained_tokens: 6,
        trained_turns: 2,
        token_source: "vllm",
        branch_index: 0,
      }),
    ]);
  });

  it("begins a row where the ids of a prompt do not go on, and ends it with the last trained reply", () => {
    const { rows } = tokenRows(rollout({ tokens: true, rewritten: true, steps: ["a", "b", "c"].map(say) }));
    expect(rows.map((row) => [row.branch_index, row.trained_turns, row.length])).toEqual([
      [0, 2, 15],
      [1, 1, 21],
    ]);
    for (const row of rows) {
      const trained = row.labels.flatMap((label, at) => (label === -100 ? [] : [at]));
      expect(trained.at(-1)).toBe(row.length - 1);
      for (const at of trained) expect(row.labels[at]).toBe(row.input_ids[at]);
    }
  });

  it("makes no ids where none were captured", () => {
    expect(tokenRows(rollout({}))).toMatchObject({ rows: [], leftOut: ["tokenIdsAbsent"] });
  });

  it("reports lengths, and prompts whose text came back in other tokens", () => {
    const conversion = sftTokens.open(AROUND);
    conversion.convert(rollout({ tokens: true, steps: ["a", "b", "c"].map(say) }));
    conversion.convert(rollout({ tokens: true, rewritten: true, steps: ["a", "b", "c"].map(say) }));
    expect(conversion.close?.()).toMatchObject({
      notes: [],
      figures: {
        lengths: { rows: 3, longest: 21, byLength: { "≤512": 3 } },
        drift: { boundaries: 4, extended: 3, drifted: 0, rewritten: 1 },
      },
    });
    const drift = tokenDrift();
    const rows = rollout({ tokens: true, steps: ["a", "b"].map(say) });
    const [first, second] = rows.steps;
    if (first === undefined || second === undefined) throw new Error("two steps");
    // The server gave the earlier reply back in other ids: the messages go on, the ids do not.
    const other = { ...second, prompt_reuse_len: 7, prompt_new_token_ids: [99, 98, 9, 10, 11] };
    drift.add({ ...rows, steps: [first, other] });
    expect(drift.figures()).toMatchObject({ boundaries: 1, drifted: 1, driftRate: 1 });
    expect(drift.note()).toMatch(/1 prompts that follow a step, 1 repeat its text in other tokens/);
  });

  it("counts lengths by powers of two", () => {
    const lengths = lengthHistogram();
    for (const length of [1, 512, 513, 40_000, 2_000_000]) lengths.add(length);
    expect(lengths.figures()).toEqual({
      unit: "tokens",
      rows: 5,
      longest: 2_000_000,
      sum: 2_041_026,
      byLength: { "≤512": 2, "≤1024": 1, "≤65536": 1, ">1048576": 1 },
    });
  });
});

describe("rl_steps", () => {
  const surveyed = (rows: ReturnType<typeof rollout>, chosen = true) => ({ ...rows, chosen });

  it("has the reward on the last token of the last step, and advantages within the group", () => {
    const good = rollout({ tokens: true, seedIndex: 0 }, 1);
    const bad = rollout({ tokens: true, seedIndex: 1 }, 0.5);
    const dropped = rollout({ tokens: true, seedIndex: 2 }, 0);
    const conversion = rlSteps.open(AROUND);
    for (const [rows, chosen] of [
      [good, true],
      [bad, true],
      [dropped, false],
    ] as const)
      conversion.survey?.(surveyed(rows, chosen));
    const { rows } = conversion.convert(good);
    expect(rows.map((row) => [row.step_index, row.is_last_step, row.rewards])).toEqual([
      [0, false, [0, 0, 0]],
      [1, false, [0, 0, 0]],
      [2, true, [0, 0, 1]],
    ]);
    // Mean 0.5, deviation of the sample 0.5: the dropped one counts for its group.
    for (const row of rows) expect(row.advantage).toBeCloseTo(1, 4);
    expect(conversion.convert(bad).rows[0]?.advantage).toBeCloseTo(0, 4);
    expect(rows[1]).toMatchObject({
      prompt_token_ids: Array.from({ length: 12 }, (_, id) => id),
      response_ids: [12, 13, 14],
      loss_mask: [1, 1, 1],
      rollout_logprobs: [-0.1, -0.2, -0.3].map(Math.fround),
      group_index: 0,
      temperature: 0.7,
      reward: 1,
    });
    expect(conversion.close?.()).toMatchObject({
      figures: { groups: { scored: 1, ofOne: 0, withoutVariance: 0 } },
      fates: ["exported", "exported"],
    });
  });

  it("leaves out what has no ids or no reward, by name", () => {
    const conversion = rlSteps.open(AROUND);
    conversion.convert(rollout({}));
    conversion.convert(rollout({ tokens: true }, null));
    conversion.convert(rollout({ tokens: true, steps: [] }));
    expect(conversion.close?.().fates).toEqual(["tokenIdsAbsent", "notScored", "noSteps"]);
  });

  it("takes the deviation of a sample, null in a group of one, 0 where all did the same", () => {
    expect(groupAdvantage(3, groupStatistics([1, 2, 3]))).toBeCloseTo(1, 5);
    expect(groupAdvantage(3, groupStatistics([3]))).toBeNull();
    expect(groupAdvantage(3, groupStatistics([3, 3]))).toBe(0);
  });
});
