// Preference pairs: equal prompts, the better reply chosen, books that close whatever becomes of a pair.
import { describe, expect, it } from "vitest";
import type { RolloutRows } from "../../src/dataset/rows.ts";
import { rolloutRows } from "../../src/dataset/rows.ts";
import { taskInfo } from "../../src/dataset/writeDataset.ts";
import { dpoSteps } from "../../src/export/dpoSteps.ts";
import { nemoDpo } from "../../src/export/nemoDpo.ts";
import type { Recipe } from "../../src/export/recipe.ts";
import { FIXTURE_RUN, type FixtureOptions, fixtureRecord, fixtureTask } from "../dataset/fixtures.ts";

const task = taskInfo(fixtureTask());
function played(
  seedIndex: number,
  first: string,
  reward: number | null,
  more: FixtureOptions = {},
): RolloutRows {
  const steps = [first, "next"].map((text) => ({ text, observation: `saw ${text}` }));
  const record = fixtureRecord({ seedIndex, steps, ...more });
  const rewards = { ...record.rewards, value: reward, success: reward === null ? null : true };
  return rolloutRows({ ...record, rewards }, task, FIXTURE_RUN);
}

function exported(recipe: Recipe, rollouts: readonly RolloutRows[]) {
  const inOrder = [...rollouts].sort((a, b) =>
    a.trajectory.trajectory_id < b.trajectory.trajectory_id ? -1 : 1,
  );
  const conversion = recipe.open({ tasks: new Map(), tokenizer: null });
  for (const rows of inOrder) conversion.survey?.({ ...rows, chosen: true });
  const parts = inOrder.map((rows) => conversion.convert(rows));
  const closing = conversion.close?.();
  return {
    rows: parts.flatMap(({ rows }) => rows),
    leftOut: parts.flatMap(({ leftOut }) => leftOut),
    fates: [...(closing?.fates ?? [])].sort(),
    notes: closing?.notes,
    figures: closing?.figures,
  };
}

describe("dpo_steps", () => {
  it("pairs the best with the worst reply to the same prompt, and says that it is the first one only", () => {
    const found = exported(dpoSteps, [
      played(0, "good", 0.9),
      played(1, "fair", 0.5),
      played(2, "poor", 0.1),
      played(3, "bad", 0),
    ]);
    const pairs = found.rows.map((row) => [row["chosen"], row["rejected"], row["margin"], row["step_index"]]);
    const message = (content: string) => [{ role: "assistant", content }];
    expect(pairs.sort((a, b) => Number(b[2]) - Number(a[2]))).toEqual([
      [message("good"), message("bad"), 0.9, 0],
      [message("fair"), message("poor"), 0.4, 0],
    ]);
    expect(found.rows[0]).toMatchObject({
      prompt: [
        { role: "system", content: "You do research." },
        { role: "user", content: "Predict the prices. Task ames-price." },
      ],
      tools: null,
    });
    expect(found.fates).toEqual(["exported", "exported", "exported", "exported"]);
    expect(found.notes).toEqual([
      expect.stringContaining("Every shared prompt is of step 0: without branches"),
    ]);
    expect(found.figures).toEqual({ pairs: 2, marginMin: 0.1, sharedPromptsByStep: { "0": 1 } });
  });

  it("pairs later steps where prompts are equal there, as those of branches are", () => {
    const found = exported(dpoSteps, [
      played(0, "same", 0.9, { steps: [say("same"), say("left"), say("on")] }),
      played(1, "same", 0.2, { steps: [say("same"), say("right")] }),
    ]);
    expect(found.rows.map((row) => row["step_index"])).toEqual([1]);
    expect(found.leftOut).toEqual(["sameReply"]);
    expect(found.notes).toEqual([]);
    expect(found.figures).toMatchObject({ pairs: 1, sharedPromptsByStep: { "0": 1, "1": 1 } });
  });

  it("counts each rollout that is in no pair by why", () => {
    const native = { tools: [{ name: "shell", description: "", parameters: {} }] };
    const call = (text: string) => ({
      text: "",
      toolCall: { name: "shell", arguments: text },
      observation: "out",
    });
    const found = exported(dpoSteps, [
      played(0, "a", 0.9),
      played(1, "b", 0.85),
      played(2, "c", null),
      played(3, "d", 0.5, { task: fixtureTask("other") }),
      played(4, "e", 0.5, { steps: [] }),
      played(5, "f", 0.9, { ...native, steps: [call("{bad")] }),
      played(6, "g", 0.1, { ...native, steps: [call("{}")] }),
    ]);
    expect(found.rows).toEqual([]);
    expect(found.leftOut).toEqual(["invalidToolArguments"]);
    expect(found.fates).toEqual([
      "invalidToolArguments",
      "invalidToolArguments",
      "noSteps",
      "notScored",
      "promptUnshared",
      "rewardsTooClose",
      "rewardsTooClose",
    ]);
  });

  it("says that pairs need rollouts that share a prompt", () => {
    expect(exported(dpoSteps, [played(0, "a", 0.9)]).notes).toEqual([
      expect.stringContaining("several rollouts of a cell"),
    ]);
  });

  it("makes at most four pairs of a prompt, the same whatever the order of equal rewards", () => {
    const many = Array.from({ length: 12 }, (_, index) => played(index, `r${index}`, index < 6 ? 1 : 0));
    const found = exported(dpoSteps, many);
    expect(found.rows).toHaveLength(4);
    expect(exported(dpoSteps, [...many].reverse()).rows).toEqual(found.rows);
  });
});

it("nemo_dpo has the same pairs as context and ranked completions", () => {
  const { rows } = exported(nemoDpo, [played(0, "good", 0.9), played(1, "bad", 0.1)]);
  expect(rows).toEqual([
    expect.objectContaining({
      context: [expect.objectContaining({ role: "system" }), expect.objectContaining({ role: "user" })],
      completions: [
        { rank: 0, completion: [{ role: "assistant", content: "good" }] },
        { rank: 1, completion: [{ role: "assistant", content: "bad" }] },
      ],
      task_name: "ames-price",
    }),
  ]);
});

function say(text: string) {
  return { text, observation: `saw ${text}` };
}
