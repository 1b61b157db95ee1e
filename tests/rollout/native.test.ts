// Rollouts of the native scaffold and of an elided history, in the real sandbox with the real judge: what is run, what is
// written down and in which order, and the rows that come of it.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Message, ToolCall } from "../../src/core/message.ts";
import { promptSha256 } from "../../src/core/message.ts";
import type { ModelReply } from "../../src/core/model.ts";
import { outcomeText } from "../../src/core/outcome.ts";
import type { Trajectory } from "../../src/core/trajectory.ts";
import { checkRollout } from "../../src/dataset/invariants.ts";
import { rolloutRows } from "../../src/dataset/rows.ts";
import { taskInfo } from "../../src/dataset/writeDataset.ts";
import { factsOf } from "../../src/stages/generate.ts";
import { loadTask } from "../../src/tasks/loadTask.ts";
import { FIXTURE_RUN } from "../dataset/fixtures.ts";
import { command, listModel } from "../fixtures/listModel.ts";
import { TASKS, type World, world } from "../judge/world.ts";
import { type PlayOptions, playWith } from "./stage.ts";

const task = await loadTask(TASKS, "battle-of-sexes");
let here: World;
beforeAll(async () => {
  here = await world();
});
afterAll(() => here[Symbol.asyncDispose]());

const shell = (id: string, text: string): ToolCall => ({
  id,
  name: "shell",
  arguments: JSON.stringify({ command: text }),
});

/** Plays the native scaffold with replies given as what they call. */
async function play(replies: readonly Partial<ModelReply>[], options: PlayOptions = {}) {
  const model = listModel(
    replies.map(({ text }) => text ?? ""),
    async (at) => ({ finish: "toolCalls", ...replies[at] }),
  );
  const played = await playWith(here, task, model, {
    ...options,
    agent: { scaffold: "native", ...options.agent },
  });
  return { ...played, asked: model.asked };
}

function rowsOf(trajectory: Trajectory) {
  const record = {
    trajectory,
    finalEvaluations: [],
    bestEvaluations: [],
    verdict: { kind: "kept" as const },
    rewards: { fn: "anchored@1", value: null, success: null, standardError: null, components: {} },
  };
  const rows = rolloutRows(record, taskInfo(task), { ...FIXTURE_RUN, groupSize: null });
  checkRollout(rows);
  return rows;
}

const submit: Partial<ModelReply> = { toolCalls: [{ id: "z", name: "submit", arguments: "{}" }] };

describe("several calls in one reply", () => {
  const replies = [
    {
      text: "Two things.",
      toolCalls: [
        shell("a", "X=41"),
        { id: "b", name: "shell", arguments: '{"command":' },
        shell("c", "echo $((X+1))"),
      ],
    },
    { toolCalls: [{ id: "d", name: "open", arguments: '{"path":5}' }] },
    { text: "I only talk.", toolCalls: [] },
    { toolCalls: [shell("e", "echo before"), ...(submit.toolCalls ?? []), shell("f", "echo never")] },
  ];

  it("are run in order, each answered by its own message; what cannot be run is answered too", async () => {
    const { trajectory, asked } = await play(replies);
    expect(outcomeText(trajectory.outcome)).toBe("submitted");
    const texts = (index: number) =>
      (asked[index]?.messages ?? []).map((message: Message) =>
        message.role === "tool" ? `${message.toolCallId} ${message.name}: ${message.content}` : message.role,
      );
    expect(texts(1)).toEqual([
      "system",
      "user",
      "assistant",
      expect.stringMatching(/^a shell: \[no output\]\n\[1 of 30 steps used \|/),
      expect.stringMatching(/^b shell: This call was not carried out\. Its arguments are not valid JSON/),
      expect.stringMatching(/^c shell: 42\n\[1 of 30 steps used \|/),
    ]);
    expect(asked[1]?.messages[2]).toMatchObject({ toolCalls: replies[0]?.toolCalls });
    expect(texts(2).at(-1)).toMatch(/^d open: This call was not carried out\. .*do not fit the schema/);
    expect(asked[3]?.messages.at(-1)).toEqual({
      role: "user",
      content:
        "Nothing was carried out. Your reply calls no tool.\n\nReply again, with at least one call of a tool.",
    });
    const run = trajectory.steps.map(({ actions, formatError }) => [
      actions.map(({ callId, error, result }) => [callId, error === null, result?.ok ?? null]),
      formatError === null,
    ]);
    expect(run).toEqual([
      [
        [
          ["a", true, true],
          ["b", false, false],
          ["c", true, true],
        ],
        true,
      ],
      [[["d", false, false]], false],
      [[], false],
      [
        [
          ["e", true, true],
          ["z", true, true],
          ["f", true, null],
        ],
        true,
      ],
    ]);
    expect(factsOf(trajectory, { usd: 0, tokens: 0 })).toMatchObject({
      stepCount: 4,
      formatErrorCount: 2,
      toolErrorCount: 0,
    });
  });

  it("are durable in order: the reply, then each answer before the next call is run", async () => {
    const { records } = await play(replies);
    const order = records.map((record) =>
      record.kind === "observation-made" ? `${record.index}.${record.action}` : record.kind,
    );
    expect(order).toEqual([
      "rollout-opened",
      "reply-received",
      "0.0",
      "0.1",
      "0.2",
      "reply-received",
      "1.0",
      "reply-received",
      "complaint-made",
      "reply-received",
      "3.0",
      "3.1",
    ]);
  });

  it("become rows with the tools, the calls and what came of each", async () => {
    const { trajectory, asked } = await play(replies);
    const { trajectory: row, steps } = rowsOf(trajectory);
    expect(row).toMatchObject({
      tool_format: "native",
      context_mode: "append_only",
      num_steps: 4,
      num_tool_calls: 5,
      num_format_errors: 2,
      num_tool_errors: 0,
    });
    expect(row.tools).toEqual(asked[0]?.tools);
    expect(steps[0]?.prompt_sha256).toBe(
      promptSha256(
        asked[0]?.tools ?? [],
        trajectory.pool.slice(0, 2).map(({ sha256 }) => sha256),
      ),
    );
    expect(steps[0]?.actions.map(({ tool, text, call_id, ok }) => [tool, text, call_id, ok])).toEqual([
      ["shell", 'shell {"command":"X=41"}', "a", true],
      ["shell", 'shell {"command":', "b", null],
      ["shell", 'shell {"command":"echo $((X+1))"}', "c", true],
    ]);
    expect(row.messages[2]?.tool_calls?.map(({ arguments_valid }) => arguments_valid)).toEqual([
      true,
      false,
      true,
    ]);
    expect(row.messages.map(({ role, train }) => (role === "assistant" ? train : null))).toEqual([
      ...[null, null, true, null, null, null],
      ...[false, null],
      ...[false, null],
      ...[true, null],
    ]);
  });

  it("all belong to their step: the last step's calls are run before the limit ends the episode", async () => {
    const calls = { toolCalls: [shell("a", "echo 1"), shell("b", "echo 2")] };
    const { trajectory } = await play([calls], { limits: { steps: 1 } });
    expect(outcomeText(trajectory.outcome)).toBe("limit:steps");
    expect(trajectory.steps[0]?.actions.map(({ result }) => [result?.ok, result?.message === null])).toEqual([
      [true, false],
      [true, true],
    ]);
    const bad = { toolCalls: [{ id: "x", name: "nothing", arguments: "{}" }] };
    const lost = await play([bad, bad], { limits: { formatErrors: 2 } });
    expect(outcomeText(lost.trajectory.outcome)).toBe("limit:format");
  });
});

describe("a history elided in blocks", () => {
  it("is recorded exactly, and its rows say that the context was rewritten", async () => {
    const noise = command("seq 1 200");
    const model = listModel(
      [noise, noise, noise, noise, noise, command("submit")],
      async (_, { messages }) => {
        const characters = messages.reduce((sum, { content }) => sum + content.length, 0);
        return { usage: { input: characters, cacheRead: 0, cacheWrite: 0, output: 10, reasoning: 0 } };
      },
    );
    const history = { kind: "blockElision" as const, tokens: 7_000, keep: 2 };
    const { trajectory, records } = await playWith(here, task, model, { agent: { history } });
    for (const [index, step] of trajectory.steps.entries()) {
      const prompt = step.prompt.flatMap(([from, to]) => trajectory.pool.slice(from, to));
      expect(prompt.map(({ message }) => message)).toEqual(model.asked[index]?.messages);
    }
    const elided = trajectory.pool.filter(({ kind }) => kind === "elided");
    expect(elided.length).toBeGreaterThanOrEqual(2);
    expect(elided[0]?.message.content).toBe("[an old result of 201 lines was left out]");
    const journaled = records.flatMap((record) => (record.kind === "reply-received" ? record.standIns : []));
    expect(journaled).toEqual(elided);
    const { trajectory: row, steps } = rowsOf(trajectory);
    expect(row).toMatchObject({ context_mode: "rewritten", history_processor: "block_elision" });
    expect(
      steps.map(({ extends_previous }) => extends_previous).filter((same) => same === false),
    ).toHaveLength(1);
    expect(row.main_path).toHaveLength(trajectory.pool.length - elided.length);
  });
});
