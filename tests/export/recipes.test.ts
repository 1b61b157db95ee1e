// Golden rows of the recipes.
import { describe, expect, it } from "vitest";
import { rolloutRows } from "../../src/dataset/rows.ts";
import { taskInfo } from "../../src/dataset/writeDataset.ts";
import { exportDataset } from "../../src/export/exportDataset.ts";
import type { Recipe } from "../../src/export/recipe.ts";
import { RECIPE_NAMES, RECIPES } from "../../src/export/recipes.ts";
import { sftBranches } from "../../src/export/sftBranches.ts";
import { sftTextChat } from "../../src/export/sftTextChat.ts";
import { EXPORTS } from "../../src/pipeline/pipelineFile.ts";
import { FIXTURE_RUN, type FixtureOptions, fixtureRecord, fixtureTask } from "../dataset/fixtures.ts";

const task = taskInfo(fixtureTask());
const rollout = (options: FixtureOptions) => rolloutRows(fixtureRecord(options), task, FIXTURE_RUN);
const say = (text: string) => ({ text, observation: `saw ${text}` });

describe("sft_branches", () => {
  it("makes one row of an append-only rollout, every sampled turn trained", () => {
    const rows = rollout({});
    const { rows: exported, leftOut } = sftBranches.convert(rows);
    expect(leftOut).toEqual([]);
    expect(exported).toEqual([
      {
        trajectory_id: rows.trajectory.trajectory_id,
        branch_index: 0,
        branch_count: 1,
        task_id: "ames-price",
        model: "gpt-fixture",
        reward: 0.6,
        trained_turns: 3,
        messages: [
          { role: "system", content: "You do research." },
          { role: "user", content: "Predict the prices. Task ames-price." },
          { role: "assistant", content: "Let me look.\n```\nls -la\n```", train: true },
          { role: "user", content: "data.csv\ntrain.py" },
          { role: "assistant", content: "Train it.\n```\npython train.py\n```", train: true },
          { role: "user", content: "rmse 0.17 ✓ naïve" },
          { role: "assistant", content: "Good.\n```\nsubmit\n```", train: true },
        ],
        tools: null,
      },
    ]);
  });

  it("makes a row of each span of a rewritten history, each with what the model really saw", () => {
    const { rows } = sftBranches.convert(rollout({ rewritten: true, steps: ["a", "b", "c", "d"].map(say) }));
    const seen = rows.map((row) =>
      row.messages.slice(2).map((message) => {
        const { content, train } = Object(message);
        return train === undefined ? content : `${content}:${train}`;
      }),
    );
    expect(seen).toEqual([
      ["a:true", "saw a", "b:true"],
      ["a:false", "Old output omitted.", "b:false", "saw b", "c:true"],
      ["a:false", "Old output omitted.", "b:false", "Old output omitted.", "c:false", "saw c", "d:true"],
    ]);
    expect(rows.map((row) => [row.branch_index, row.branch_count, row.trained_turns])).toEqual([
      [0, 3, 2],
      [1, 3, 1],
      [2, 3, 1],
    ]);
    const trained = rows.reduce((sum, row) => sum + row.trained_turns, 0);
    expect(trained).toBe(4);
  });

  it("keeps replies of the wrong form as context, untrained, and ends with the last trained turn", () => {
    const wrong = { text: "oops", formatError: true, observation: "Use one block." };
    const { rows } = sftBranches.convert(rollout({ steps: [wrong, say("a"), wrong] }));
    expect(rows[0]?.messages.slice(2)).toEqual([
      { role: "assistant", content: "oops", train: false },
      { role: "user", content: "Use one block." },
      { role: "assistant", content: "a", train: true },
    ]);
    expect(sftBranches.convert(rollout({ steps: [wrong] })).leftOut).toEqual(["nothingToTrain"]);
    expect(sftBranches.convert(rollout({ steps: [] })).leftOut).toEqual(["noSteps"]);
  });

  it("gives tool calls with arguments as objects, reasoning apart, and tools in OpenAI's form", () => {
    const tools = [{ name: "shell", description: "Runs it.", parameters: { type: "object" } }];
    const call = (text: string) => ({
      text: "",
      toolCall: { name: "shell", arguments: text },
      observation: "out",
      reasoning: [{ text: "think" }],
    });
    const { rows } = sftBranches.convert(
      rollout({
        tools,
        reasoningInHistory: "all",
        steps: [call('{"command":"ls","n":[1,null]}'), say("a")],
      }),
    );
    expect(rows[0]?.tools).toEqual([{ type: "function", function: tools[0] }]);
    expect(rows[0]?.messages.slice(2, 4)).toEqual([
      {
        role: "assistant",
        content: "",
        reasoning_content: "think",
        tool_calls: [
          {
            type: "function",
            id: "call-0",
            function: { name: "shell", arguments: { command: "ls", n: [1, null] } },
          },
        ],
        train: true,
      },
      { role: "tool", content: "out", name: "shell", tool_call_id: "call-0" },
    ]);
    expect(sftBranches.convert(rollout({ tools, steps: [call("{bad")] })).leftOut).toEqual([
      "invalidToolArguments",
    ]);
  });
});

describe("reasoning that was not sent again", () => {
  const steps = ["a", "b"].map((text) => ({ ...say(text), reasoning: [{ text: `why ${text}` }] }));

  it("cuts a branch, whose context then shows none of it", () => {
    const { rows } = sftBranches.convert(rollout({ steps }));
    expect(rows.map(({ messages }) => messages.slice(2))).toEqual([
      [{ role: "assistant", content: "a", reasoning_content: "why a", train: true }],
      [
        { role: "assistant", content: "a", train: false },
        expect.objectContaining({ role: "user" }),
        { role: "assistant", content: "b", reasoning_content: "why b", train: true },
      ],
    ]);
    expect(sftBranches.convert(rollout({ steps, reasoningInHistory: "all" })).rows).toHaveLength(1);
  });

  it("cuts nothing where rows show no reasoning", () => {
    expect(sftTextChat.convert(rollout({ steps })).rows.map((row) => row.trained_turns)).toEqual([2]);
  });
});

describe("sft_text_chat", () => {
  it("is role and content only", () => {
    const { rows } = sftTextChat.convert(rollout({ steps: [say("a"), say("b")] }));
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ branch_index: 0, trained_turns: 2, reward: 0.6 });
    expect(rows[0]?.messages).toEqual([
      { role: "system", content: "You do research." },
      { role: "user", content: "Predict the prices. Task ames-price." },
      { role: "assistant", content: "a" },
      { role: "user", content: "saw a" },
      { role: "assistant", content: "b" },
    ]);
  });

  it("ends before the first turn that must not be trained on, and counts what it cut", () => {
    const wrong = { text: "oops", formatError: true, observation: "Use one block." };
    const found = sftTextChat.convert(rollout({ steps: [say("a"), wrong, say("b"), say("c")] }));
    expect(found.rows[0]?.messages.map((message) => message.content).slice(2)).toEqual(["a"]);
    expect(found).toMatchObject({ turnsCut: 2, leftOut: [] });
    const first = sftTextChat.convert(rollout({ steps: [wrong, say("b")] }));
    expect(first).toEqual({ rows: [], leftOut: ["unmaskableTurn"], turnsCut: 0 });
  });

  it("takes only the first branch of a rewritten history, and no native tools", () => {
    const rewritten = sftTextChat.convert(rollout({ rewritten: true, steps: ["a", "b", "c"].map(say) }));
    expect(rewritten.rows.map((row) => row.branch_index)).toEqual([0]);
    expect(rewritten.leftOut).toEqual(["unmaskableTurn"]);
    const tools = [{ name: "shell", description: "", parameters: {} }];
    const native = { text: "", toolCall: { name: "shell", arguments: "{}" }, observation: "out" };
    expect(sftTextChat.convert(rollout({ tools, steps: [native] })).leftOut).toEqual(["nativeTools"]);
  });
});

it("every recipe stands in the map under its name, and pipelines can name all that need nothing else", () => {
  expect(RECIPE_NAMES.map((name) => RECIPES[name].name)).toEqual([...RECIPE_NAMES]);
  expect(Object.keys(RECIPES)).toEqual([...RECIPE_NAMES]);
  const plain = Object.values<Recipe>(RECIPES).filter(({ tokenizer }) => tokenizer !== "needed");
  expect(plain.map(({ name }) => name)).toEqual([...EXPORTS]);
});

it("an unknown recipe, and a tokenizer where there should be none, are the user's mistakes", async () => {
  const refused = (recipe: string, more: { tokenizerDir?: string; where?: string } = {}) =>
    exportDataset({
      sources: [{ datasetDir: "/nowhere", allow: [] }],
      recipe,
      outDir: "/nowhere/out",
      offThread: () => Promise.reject(new Error("not reached")),
      signal: new AbortController().signal,
      ...more,
    });
  await expect(refused("sft")).rejects.toThrow(/no export recipe "sft"; there are raw, sft_branches/);
  await expect(refused("sft_branchs")).rejects.toThrow(/did you mean `sft_branches`/);
  await expect(refused("sft_tokenized")).rejects.toThrow(/--tokenizer DIR/);
  await expect(refused("atif", { tokenizerDir: "/x" })).rejects.toThrow(/leave --tokenizer out/);
  await expect(refused("atif", { where: "rewrad > 1" })).rejects.toThrow(/did you mean `reward`/);
});
