// Canonical rows from rollouts: the values that trainers rely on.
import { describe, expect, it } from "vitest";
import { messageSha256, promptSha256 } from "../../src/core/message.ts";
import { checkRollout } from "../../src/dataset/invariants.ts";
import { messageOfRow, parsedArguments } from "../../src/dataset/messageRows.ts";
import { recordScore } from "../../src/dataset/recordScore.ts";
import type { RunInfo } from "../../src/dataset/records.ts";
import { type DatasetRecord, datasetRecordSchema } from "../../src/dataset/records.ts";
import { rolloutRows } from "../../src/dataset/rows.ts";
import { stepRowSchema, taskRowSchema, trajectoryRowSchema } from "../../src/dataset/schema.ts";
import { splitOf } from "../../src/dataset/splitOf.ts";
import { taskRow } from "../../src/dataset/taskRow.ts";
import { applyTokenDelta, tokenDelta } from "../../src/dataset/tokenDelta.ts";
import { wellFormed } from "../../src/dataset/wellFormed.ts";
import { taskInfo } from "../../src/dataset/writeDataset.ts";
import { FIXTURE_RUN, fixtureRecord, fixtureTask, fixtureTrajectory } from "./fixtures.ts";

const task = taskInfo(fixtureTask());

function rowsOf(record: DatasetRecord) {
  const rows = rolloutRows(record, task, FIXTURE_RUN);
  checkRollout(rows);
  return {
    trajectory: trajectoryRowSchema.parse(rows.trajectory),
    steps: rows.steps.map((step) => stepRowSchema.parse(step)),
  };
}

describe("the rows of a rollout", () => {
  it("state what was sent, sampled and done", () => {
    const record = fixtureRecord({ seedIndex: 5 });
    const { trajectory, steps } = rowsOf(record);
    expect(
      trajectory.messages.map((message) => [message.idx, message.role, message.kind, message.train]),
    ).toEqual([
      [0, "system", "system", false],
      [1, "user", "task", false],
      [2, "assistant", "reply", true],
      [3, "user", "observation", false],
      [4, "assistant", "reply", true],
      [5, "user", "observation", false],
      [6, "assistant", "reply", true],
    ]);
    expect(trajectory).toMatchObject({
      trajectory_id: record.trajectory.key,
      split: "train",
      trainable: true,
      context_mode: "append_only",
      tool_format: "text",
      tools: null,
      history_processor: "append_only",
      group_index: 1,
      group_size: 4,
      num_steps: 3,
      num_tool_calls: 3,
      num_format_errors: 0,
      prompt_tokens: 303,
      completion_tokens: 60,
      cached_tokens: 120,
      outcome: "submitted",
      truncated: false,
      evaluation_status: "scored",
      score_raw: 0.15,
      score_count: 2,
      score_baseline: 0.2,
      score_higher_is_better: false,
      reward: 0.6,
      success: true,
      filter_decision: "keep",
      filter_reasons: [],
      wall_s: 5.00025,
    });
    expect(trajectory.cost_usd).toBeCloseTo(0.003, 12);
    expect(trajectory.main_path).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(
      steps.map(({ prompt_msgs, response_msg, actions, is_last }) => [
        prompt_msgs?.length,
        response_msg,
        actions[0]?.observation_msg,
        is_last,
      ]),
    ).toEqual([
      [2, 2, 3, false],
      [4, 4, 5, false],
      [6, 6, null, true],
    ]);
    const hashes = record.trajectory.pool.slice(0, 4).map((message) => message.sha256);
    expect(steps[1]?.prompt_sha256).toBe(promptSha256([], hashes));
    expect(steps[0]).toMatchObject({
      token_source: "none",
      completion_token_ids: null,
      prompt_reuse_len: null,
    });
  });

  it("leave the loss off replies of the wrong form, cut-off replies and what was not sampled", () => {
    const { trajectory, steps } = rowsOf(
      fixtureRecord({
        steps: [
          { text: "no block", formatError: true, observation: "Use one fenced block." },
          { text: "```\nls\n```", finish: "length", observation: "x" },
          { text: "```\nsubmit\n```", observation: null },
        ],
      }),
    );
    const replies = trajectory.messages.filter((message) => message.role === "assistant");
    expect(replies.map((message) => [message.train, message.train_reason])).toEqual([
      [false, "formatError"],
      [false, "finish:length"],
      [true, null],
    ]);
    expect(steps.map((step) => step.train)).toEqual([false, false, true]);
    expect(steps[0]).toMatchObject({
      actions: [],
      action_valid: false,
      complaint_msg: 3,
      error: "no fenced block",
    });
    expect(trajectory.num_format_errors).toBe(1);
  });

  it("see a rewritten history, whatever the agent declares", () => {
    const steps = Array.from({ length: 4 }, (_, i) => ({
      text: `\`\`\`\n${i}\n\`\`\``,
      observation: `o${i}`,
    }));
    const { trajectory } = rowsOf(fixtureRecord({ rewritten: true, steps }));
    expect(trajectory.context_mode).toBe("rewritten");
    const elided = trajectory.messages.filter((message) => message.kind === "elided");
    expect(elided.map((message) => [message.content, message.derived_from])).toEqual([
      ["Old output omitted.", 3],
      ["Old output omitted.", 5],
    ]);
    expect(trajectory.main_path).not.toContain(elided[0]?.idx);
  });

  it("store token ids once: what is reused and what is new", () => {
    const { steps } = rowsOf(fixtureRecord({ tokens: true }));
    expect(steps.map((step) => [step.prompt_reuse_len, step.prompt_new_token_ids])).toEqual([
      [0, [0, 1, 2, 3, 4, 5]],
      [9, [9, 10, 11]],
      [15, [15, 16, 17]],
    ]);
    expect(steps[1]?.completion_token_ids).toEqual([12, 13, 14]);
    expect(steps[1]?.logprobs).toEqual([-0.1, -0.2, -0.3].map(Math.fround));
    expect(steps[1]?.token_source).toBe("vllm");
  });

  it("keep a null reward apart from 0", () => {
    const notScored = rowsOf(fixtureRecord({ scores: [] })).trajectory;
    expect(notScored).toMatchObject({
      reward: null,
      success: null,
      score_raw: null,
      evaluation_status: "none",
    });
    const record = fixtureRecord({ scores: [0.1, 0.2] });
    const [first, second] = record.finalEvaluations;
    if (first === undefined || second === undefined) throw new Error("the fixture has two evaluations");
    const {
      kind: _kind,
      score: _score,
      metrics: _metrics,
      ...common
    } = { ...(second.kind === "scored" ? second : never()) };
    const invalid = rowsOf({
      ...record,
      finalEvaluations: [first, { kind: "invalid", ...common, reason: "no such column" }],
      rewards: { ...record.rewards, value: null, success: null, standardError: null },
      verdict: { kind: "dropped", stage: "filter", reason: "invalidSubmission", detail: "no such column" },
    }).trajectory;
    expect(invalid).toMatchObject({
      evaluation_status: "invalid",
      eval_error: "no such column",
      score_raw: null,
      reward: null,
      filter_decision: "drop",
      filter_reasons: ["invalidSubmission"],
    });
  });

  it("repair half surrogate pairs before hashing, and say so", () => {
    const { trajectory } = rowsOf(fixtureRecord({ steps: [{ text: "a\ud800b", observation: null }] }));
    const reply = trajectory.messages[2];
    if (reply === undefined) throw new Error("the reply is missing");
    expect(reply.content).toBe("a\ufffdb");
    expect(reply.sha256).toBe(messageSha256(messageOfRow(reply)));
    expect(trajectory.flags).toEqual(["text:repaired"]);
  });

  it("give back the very messages that were hashed, reasoning and tool calls included", () => {
    const record = fixtureRecord({
      tools: [{ name: "shell", description: "", parameters: {} }],
      steps: [
        {
          text: "",
          reasoning: [{ text: "one" }, { text: "two", signature: "s" }],
          toolCall: { name: "shell", arguments: '{"a":1}' },
          observation: "o",
        },
        {
          text: "",
          reasoning: [{ text: "plain" }],
          toolCall: { name: "shell", arguments: "{bad" },
          observation: null,
        },
      ],
    });
    const { trajectory } = rowsOf(record);
    expect(trajectory.messages.map((message) => messageOfRow(message))).toEqual(
      record.trajectory.pool.map((pooled) => pooled.message),
    );
    expect(trajectory.messages[2]).toMatchObject({
      reasoning: "one\n\ntwo",
      tool_calls: [{ arguments_valid: true }],
    });
    expect(trajectory.messages[4]).toMatchObject({
      reasoning: "plain",
      reasoning_parts: null,
      tool_calls: [{ arguments: "{bad", arguments_valid: false }],
    });
  });

  it("refuse a record whose prompt does not give its hash", () => {
    const record = fixtureRecord();
    const steps = record.trajectory.steps.map((step, index) =>
      index === 1 ? { ...step, promptSha256: "0".repeat(64) } : step,
    );
    const wrong = { ...record, trajectory: { ...record.trajectory, steps } };
    expect(() => rolloutRows(wrong, task, FIXTURE_RUN)).toThrow(
      /step 1: the prompt's messages do not give its hash/,
    );
  });

  it("are not trainable for scripted policies and benchmark tasks", () => {
    const scripted = rolloutRows(fixtureRecord({ provider: "scripted" }), task, FIXTURE_RUN).trajectory;
    expect(scripted).toMatchObject({ trainable: false, split: "train" });
    const bench = taskInfo(fixtureTask("ames-price", { use: "benchmark" }));
    const row = rolloutRows(fixtureRecord(), bench, { ...FIXTURE_RUN, groupSize: null }).trajectory;
    expect(row).toMatchObject({ trainable: false, split: "benchmark", group_size: null, group_index: 0 });
    const old = taskInfo(fixtureTask("ames-price", { notTrainable: "its image has an API of 2022" }));
    const written = rolloutRows(fixtureRecord(), old, FIXTURE_RUN).trajectory;
    expect(written).toMatchObject({ trainable: false, split: "train" });
  });

  it("say what the model's terms are, and are not trainable where those forbid it", () => {
    const of = (outputTerms: RunInfo["outputTerms"]) =>
      rolloutRows(fixtureRecord(), task, { ...FIXTURE_RUN, outputTerms }).trajectory;
    const { model } = rowsOf(fixtureRecord()).trajectory;
    expect(of(undefined)).toMatchObject({ output_terms: "unknown", trainable: true });
    expect(of({ [String(model)]: "allowed" })).toMatchObject({ output_terms: "allowed", trainable: true });
    expect(of({ [String(model)]: "forbidden" })).toMatchObject({
      output_terms: "forbidden",
      trainable: false,
    });
  });

  it("say where a branch comes from", () => {
    const record = fixtureRecord();
    const branch = {
      ...record,
      trajectory: { ...record.trajectory, origin: { parentKey: "f".repeat(64), step: 2 } },
    };
    const branchReasons = { [record.trajectory.key]: "newBest" };
    expect(rolloutRows(branch, task, { ...FIXTURE_RUN, branchReasons }).trajectory).toMatchObject({
      origin_parent: "f".repeat(64),
      origin_step: 2,
      origin_reason: "newBest",
    });
    expect(rowsOf(record).trajectory).toMatchObject({ origin_parent: null, origin_reason: null });
  });

  it("train on a branch's own steps only, and group it with the branches of the same step", () => {
    const { trajectory, ...record } = fixtureRecord();
    const branched = (step: number, seedIndex: number) =>
      rowsOf({
        ...record,
        trajectory: { ...trajectory, seedIndex, origin: { parentKey: "f".repeat(64), step } },
      });
    const { steps, trajectory: row } = branched(2, 0);
    expect(steps.map(({ train }) => train)).toEqual([false, false, true]);
    const reasons = row.messages.flatMap(({ role, train_reason }) =>
      role === "assistant" ? [train_reason] : [],
    );
    expect(reasons).toEqual(["takenOver", "takenOver", null]);
    expect(branched(2, 1).trajectory).toMatchObject({
      group_id: row.group_id,
      group_index: 1,
      group_size: null,
    });
    expect(branched(1, 0).trajectory.group_id).not.toBe(row.group_id);
  });

  it("state the licence of the data beside the task's, where it is another", () => {
    const withData = (licence: string) => {
      const data = { licence, description: "A set.", bytes: 1, recipe: "0".repeat(64), prepared: null };
      const task = taskInfo({ ...fixtureTask(), data });
      return rolloutRows(fixtureRecord(), task, FIXTURE_RUN).trajectory.source_license;
    };
    const own = fixtureTask().definition.licence;
    expect(withData(own)).toBe(own);
    expect(withData("GPL-2.0-or-later")).toBe(`${own} AND GPL-2.0-or-later`);
  });

  it("share a dedupe key where the same was done", () => {
    const key = (text: string) =>
      rowsOf(fixtureRecord({ steps: [{ text, observation: null }] })).trajectory.dedupe_key;
    expect(key("ls   -l\n")).toBe(key("ls -l"));
    expect(key("ls -a")).not.toBe(key("ls -l"));
  });

  it("cross to a worker unchanged", () => {
    const record = fixtureRecord({ tokens: true });
    expect(datasetRecordSchema.parse(structuredClone(record))).toEqual(record);
  });
});

it("a task row holds definition, hashes and baseline", () => {
  const row = taskRowSchema.parse(taskRow(task, "anchored@1"));
  expect(row).toMatchObject({
    task_id: "ames-price",
    higher_is_better: false,
    baseline_score: 0.2,
    split: "train",
    source: null,
  });
  expect(row.definition).toMatchObject({ family: "tabular-regression", limits: { steps: 20 } });
});

it("splits by family: 5 % validate, 5 % test, stable; held-out and benchmark tasks by their use", () => {
  const families = Array.from({ length: 4000 }, (_, i) => splitOf({ use: "train", family: `family-${i}` }));
  const share = (split: string) => families.filter((found) => found === split).length / families.length;
  expect(share("validation")).toBeCloseTo(0.05, 1.5);
  expect(share("test")).toBeCloseTo(0.05, 1.5);
  expect(share("train")).toBeGreaterThan(0.87);
  expect(splitOf({ use: "heldOut", family: "x" })).toBe("test");
  expect(splitOf({ use: "benchmark", family: "x" })).toBe("benchmark");
});

it("one failed seed makes a submission invalid, none makes it unscored", () => {
  const { finalEvaluations } = fixtureRecord({ scores: [1, 2, 6] });
  expect(recordScore(finalEvaluations)).toEqual({ status: "scored", mean: 3, count: 3 });
  expect(recordScore([])).toEqual({ status: "none" });
});

it("token deltas give the prompt again", () => {
  const before = [1, 2, 3, 4];
  for (const prompt of [[], [1, 2], [1, 2, 3, 4], [1, 2, 3, 4, 5], [9, 2]]) {
    expect(applyTokenDelta(before, tokenDelta(before, prompt))).toEqual(prompt);
  }
  expect(tokenDelta(before, [1, 2, 9])).toEqual({ reuse: 2, fresh: [9] });
  expect(() => applyTokenDelta(before, { reuse: 5, fresh: [] })).toThrow(RangeError);
});

it("well-formed values stay the same object", () => {
  const value = { a: ["é", { b: "😀" }], c: null, d: 1 };
  expect(wellFormed(value)).toBe(value);
  expect(wellFormed({ "k\udc00": ["\udc00"] })).toEqual({ "k\ufffd": ["\ufffd"] });
});

it("takes only JSON objects of reasonable depth for arguments", () => {
  expect(parsedArguments('{"a":[1]}')).toEqual({ a: [1] });
  for (const text of [
    "",
    "[]",
    "1",
    "null",
    '"s"',
    "{bad",
    `{"a":${"[".repeat(10_000)}${"]".repeat(10_000)}}`,
  ]) {
    expect(parsedArguments(text)).toBeNull();
  }
});

it("trajectories of the fixture differ by seed", () => {
  expect(fixtureTrajectory({ seedIndex: 1 }).key).not.toBe(fixtureTrajectory({ seedIndex: 2 }).key);
});

function never(): never {
  throw new Error("the fixture's evaluations are scored");
}
