// Golden rows of the recipes for single trainers: names of roles, calls, masks and parts as each of them reads them.
import { describe, expect, it } from "vitest";
import { canonicalJson } from "../../src/core/json.ts";
import type { RolloutRows } from "../../src/dataset/rows.ts";
import { rolloutRows } from "../../src/dataset/rows.ts";
import { taskRow } from "../../src/dataset/taskRow.ts";
import { taskInfo } from "../../src/dataset/writeDataset.ts";
import { dpoTrajectories } from "../../src/export/dpoTrajectories.ts";
import { grpoPrompts } from "../../src/export/grpoPrompts.ts";
import { hfTraces } from "../../src/export/hfTraces.ts";
import { kto } from "../../src/export/kto.ts";
import { lineOf } from "../../src/export/lineSink.ts";
import type { Recipe } from "../../src/export/recipe.ts";
import { rewardPairs } from "../../src/export/rewardPairs.ts";
import { rlFlat } from "../../src/export/rlFlat.ts";
import { sftAxolotl } from "../../src/export/sftAxolotl.ts";
import { sftLlamafactory } from "../../src/export/sftLlamafactory.ts";
import { sftMessages } from "../../src/export/sftMessages.ts";
import { sftOpenai } from "../../src/export/sftOpenai.ts";
import { sftSharegpt } from "../../src/export/sftSharegpt.ts";
import { sftSlime } from "../../src/export/sftSlime.ts";
import { sftSteps } from "../../src/export/sftSteps.ts";
import { verlRl } from "../../src/export/verlRl.ts";
import { FIXTURE_RUN, type FixtureOptions, fixtureRecord, fixtureTask } from "../dataset/fixtures.ts";

const fixture = fixtureTask();
const task = taskInfo(fixture);
const AROUND = { tasks: new Map([[task.id, taskRow(task, "anchored@1")]]), tokenizer: null };
const TOOLS = [{ name: "shell", description: "Runs it.", parameters: { type: "object" } }];
const say = (text: string) => ({ text, observation: `saw ${text}` });
const call = (text: string, more = {}) => ({
  text: "",
  toolCall: { name: "shell", arguments: text },
  observation: "out",
  ...more,
});
const wrong = { text: "oops", formatError: true, observation: "Use one block." };

function rollout(
  options: FixtureOptions,
  over: { reward?: number | null; success?: boolean } = {},
): RolloutRows {
  const record = fixtureRecord(options);
  const value = over.reward === undefined ? record.rewards.value : over.reward;
  const success = value === null ? null : (over.success ?? true);
  return rolloutRows({ ...record, rewards: { ...record.rewards, value, success } }, task, FIXTURE_RUN);
}

describe("masks by message", () => {
  const rows = rollout({ steps: [say("a"), wrong, say("b")] });
  const marks = (
    recipe: { convert(rollout: RolloutRows): { rows: readonly { messages: readonly unknown[] }[] } },
    name: string,
  ) =>
    recipe.convert(rows).rows[0]?.messages.flatMap((message) => {
      const mark: unknown = Object(message)[name];
      return mark === undefined ? [] : [mark];
    });

  it("have the name that each trainer reads", () => {
    expect(marks(sftAxolotl, "train")).toEqual([true, false, true]);
    expect(marks(sftSlime, "step_loss_mask")).toEqual([1, 0, 1]);
    expect(marks(sftOpenai, "weight")).toEqual([1, 0, 1]);
    expect(marks(sftLlamafactory, "loss_weight")).toEqual([0, 0, 1, 0, 0, 0, 1]);
  });

  it("are lines without nulls, members in the order of the columns", () => {
    const [row] = sftAxolotl.convert(rows).rows;
    const line = lineOf(sftAxolotl.table, row ?? {});
    expect(Object.keys(JSON.parse(line))).toEqual([
      "messages",
      "trajectory_id",
      "branch_index",
      "task_id",
      "reward",
      "trained_turns",
    ]);
    expect(line).not.toContain("null");
  });
});

describe("tool calls", () => {
  const rows = rollout({
    tools: TOOLS,
    reasoningInHistory: "all",
    steps: [call('{"command": "ls"}', { reasoning: [{ text: "why" }] }), call("{}")],
  });

  it("have arguments as an object, as the string that was written, or as JSON of both", () => {
    const second = (recipe: {
      convert(rollout: RolloutRows): { rows: readonly { messages: readonly unknown[] }[] };
    }) => Object(recipe.convert(rows).rows[0]?.messages[2]);
    expect(second(sftAxolotl).tool_calls[0].function.arguments).toEqual({ command: "ls" });
    expect(second(sftOpenai).tool_calls[0].function.arguments).toBe('{"command": "ls"}');
    expect(second(sftLlamafactory).content).toEqual([
      { type: "reasoning", value: "why" },
      { type: "tool_call", value: '{"name":"shell","arguments":{"command":"ls"}}' },
    ]);
  });

  it("are turns of their own in ShareGPT, reasoning in front", () => {
    expect(sftSharegpt.convert(rows).rows).toEqual([
      expect.objectContaining({
        conversations: [
          { from: "human", value: "Predict the prices. Task ames-price." },
          {
            from: "function_call",
            value: '<think>\nwhy\n</think>\n\n{"name":"shell","arguments":{"command":"ls"}}',
          },
          { from: "observation", value: "out" },
          { from: "function_call", value: '{"name":"shell","arguments":{}}' },
        ],
        system: "You do research.",
        tools: canonicalJson(TOOLS),
        trained_turns: 2,
      }),
    ]);
  });

  it("that ShareGPT cannot hold are counted", () => {
    const reasons = (steps: FixtureOptions["steps"]) =>
      sftSharegpt.convert(rollout({ tools: TOOLS, ...(steps === undefined ? {} : { steps }) })).leftOut;
    expect(reasons([call("{}", { text: "Look." })])).toEqual(["textBesideCalls"]);
    expect(reasons([call("{bad")])).toEqual(["invalidToolArguments"]);
    expect(reasons([wrong, say("a")])).toEqual(["unmaskableTurn"]);
    expect(sftSharegpt.convert(rollout({ steps: [say("a"), wrong, say("b")] }))).toMatchObject({
      turnsCut: 1,
      leftOut: [],
    });
  });
});

it("sft_sharegpt names its files and columns for LLaMA-Factory", () => {
  const file = (split: "train" | "test", n: number, of: number) => ({
    path: `data/sft_sharegpt/${split}-0000${n}-of-0000${of}.jsonl`,
    table: "sft_sharegpt",
    split,
    rows: 1,
    bytes: 1,
    sha256: "",
  });
  const [info] =
    sftSharegpt.companions?.([file("train", 0, 2), file("train", 1, 2), file("test", 0, 1)]) ?? [];
  expect(JSON.parse(info?.text ?? "")).toEqual({
    sft_sharegpt_train: {
      file_name: "data/sft_sharegpt",
      formatting: "sharegpt",
      columns: { messages: "conversations", system: "system", tools: "tools" },
    },
    sft_sharegpt_test: {
      file_name: "data/sft_sharegpt/test-00000-of-00001.jsonl",
      formatting: "sharegpt",
      columns: { messages: "conversations", system: "system", tools: "tools" },
    },
  });
});

describe("sft_steps and sft_messages", () => {
  it("have a row for each trained reply, with exactly its prompt", () => {
    const rows = rollout({ rewritten: true, steps: ["a", "b", "c"].map(say) });
    const found = sftSteps.convert(rows);
    expect(found.rows.map((row) => [row.step_index, row.prompt.length, row.completion])).toEqual([
      [0, 2, [{ role: "assistant", content: "a" }]],
      [1, 4, [{ role: "assistant", content: "b" }]],
      [2, 6, [{ role: "assistant", content: "c" }]],
    ]);
    expect(found.rows[2]?.prompt[3]).toEqual({ role: "user", content: "Old output omitted." });
    expect(found.rows[0]?.row_weight).toBe(Math.fround(1 / 3));
    expect(sftSteps.convert(rollout({ steps: [wrong, say("a")] })).leftOut).toEqual(["nothingToTrain"]);
  });

  it("hold a rollout in one piece only where the model saw it so", () => {
    expect(sftMessages.convert(rollout({ steps: [say("a"), wrong, say("b")] }))).toMatchObject({
      rows: [{ trained_turns: 1 }],
      turnsCut: 1,
    });
    expect(
      sftMessages.convert(rollout({ rewritten: true, steps: ["a", "b", "c"].map(say) })).leftOut,
    ).toEqual(["rewrittenHistory"]);
    expect(sftMessages.convert(rollout({ steps: [wrong, say("a")] })).leftOut).toEqual(["unmaskableTurn"]);
  });
});

describe("whole rollouts", () => {
  const converted = (recipe: Recipe, rollouts: readonly RolloutRows[]) => {
    const conversion = recipe.open(AROUND);
    const inOrder = [...rollouts].sort((a, b) =>
      a.trajectory.trajectory_id < b.trajectory.trajectory_id ? -1 : 1,
    );
    for (const rows of inOrder) conversion.survey?.({ ...rows, chosen: true });
    const rows = inOrder.flatMap((one) => conversion.convert(one).rows);
    return { rows, closing: conversion.close?.() };
  };
  const good = rollout({ seedIndex: 0, steps: [say("a"), say("b")] }, { reward: 0.9 });
  const bad = rollout({ seedIndex: 1, steps: [say("c")] }, { reward: 0.1, success: false });
  const message = (role: string, content: string) => ({ role, content });
  const prompt = [
    message("system", "You do research."),
    message("user", "Predict the prices. Task ames-price."),
  ];
  const better = [message("assistant", "a"), message("user", "saw a"), message("assistant", "b")];

  it("are labelled by success in kto, which says when there is one label only", () => {
    const both = converted(kto, [good, bad]);
    expect(both.rows.map((row) => row["label"]).sort()).toEqual([false, true]);
    expect(both.rows.find((row) => row["label"] === true)).toMatchObject({ prompt, completion: better });
    expect(both.closing?.notes).toEqual([]);
    expect(converted(kto, [good]).closing?.notes).toEqual([expect.stringContaining("same label")]);
    expect(kto.open(AROUND).convert(rollout({}, { reward: null })).leftOut).toEqual(["notScored"]);
  });

  it("are paired in dpo_trajectories and reward_pairs, once a prompt", () => {
    expect(converted(dpoTrajectories, [good, bad]).rows).toEqual([
      expect.objectContaining({
        prompt,
        chosen: better,
        rejected: [message("assistant", "c")],
        margin: 0.8,
        reward: 0.9,
      }),
    ]);
    expect(converted(rewardPairs, [good, bad]).rows).toEqual([
      expect.objectContaining({
        chosen: [...prompt, ...better],
        rejected: [...prompt, message("assistant", "c")],
      }),
    ]);
  });

  it("are sessions in hf_traces, arguments as the model wrote them", () => {
    const rows = rollout({ tools: TOOLS, steps: [call('{"command": "ls"}')] });
    const [row] = hfTraces.convert(rows).rows;
    const lines =
      row?.document
        .trim()
        .split("\n")
        .map((line): unknown => JSON.parse(line)) ?? [];
    expect(lines[0]).toEqual({
      type: "session",
      harness: "nightshift",
      id: rows.trajectory.trajectory_id,
      name: "ames-price",
    });
    expect(lines[3]).toMatchObject({
      type: "message",
      message: {
        role: "assistant",
        toolCalls: [{ id: "call-0", function: { name: "shell", arguments: '{"command": "ls"}' } }],
        model: "gpt-fixture",
      },
    });
    expect(lines[4]).toMatchObject({ message: { role: "tool", content: "out", toolCallId: "call-0" } });
  });
});

describe("rl_flat", () => {
  it("has lists of one length: what was sampled, how likely, and what it was worth", () => {
    const rows = rollout({ tokens: true, steps: [say("a"), wrong] }, { reward: 1 });
    const other = rollout({ tokens: true, seedIndex: 1, steps: [say("a")] }, { reward: 0 });
    const conversion = rlFlat.open(AROUND);
    for (const one of [rows, other]) conversion.survey?.({ ...one, chosen: true });
    const [row] = conversion.convert(rows).rows;
    // System, task, a, observation, oops: three ids each; both replies were sampled, the malformed one too.
    const sampled = Array.from({ length: 15 }, (_, id) => (id >= 6 && id < 9) || id >= 12);
    expect(row).toMatchObject({
      token_ids: Array.from({ length: 15 }, (_, id) => id),
      mask: sampled,
      versions: null,
      env_name: "tabular-regression",
    });
    expect(row?.logprobs.map((value) => value !== 0)).toEqual(sampled);
    const advantage = Math.fround(0.5 / (Math.SQRT1_2 + 1e-6));
    expect(row?.advantages).toEqual(sampled.map((one) => (one ? advantage : 0)));
    expect(row?.temperatures).toEqual(sampled.map(() => Math.fround(0.7)));
  });
});

describe("prompts for online RL", () => {
  it("stand once, with what a judge is asked by and no answer", () => {
    const conversion = grpoPrompts.open(AROUND);
    const first = conversion.convert(rollout({ seedIndex: 0 }));
    expect(conversion.convert(rollout({ seedIndex: 1 })).leftOut).toEqual(["promptRepeated"]);
    const [row] = first.rows;
    expect(row).toMatchObject({
      prompt: [
        { role: "system", content: "You do research." },
        { role: "user", content: "Predict the prices. Task ames-price." },
      ],
      environment: "nightshift",
      tools: null,
    });
    expect(JSON.parse(row?.ground_truth ?? "")).toMatchObject({
      task_id: "ames-price",
      metric: "rmse",
      higher_is_better: false,
      baseline_score: 0.2,
      reward_fn: "anchored@1",
    });
  });

  it("have verl's columns, numbered within their split", () => {
    const conversion = verlRl.open(AROUND);
    expect(conversion.convert(rollout({})).rows).toEqual([
      expect.objectContaining({
        data_source: "nightshift/tabular-regression",
        ability: "tabular",
        reward_model: { style: "rule", ground_truth: expect.stringContaining('"task_id":"ames-price"') },
        extra_info: expect.objectContaining({ split: "train", index: 0, need_tools_kwargs: false }),
        agent_name: "nightshift",
      }),
    ]);
  });
});
