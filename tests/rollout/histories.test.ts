// Whole rollouts with every history but the plain one, in the real sandbox with the real judge: what the model saw can be put together again,
// a summary is recorded and paid for like any call, and the rows say what was rewritten.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Message } from "../../src/core/message.ts";
import { outcomeText } from "../../src/core/outcome.ts";
import { pastOf } from "../../src/core/past.ts";
import type { Trajectory } from "../../src/core/trajectory.ts";
import { checkRollout } from "../../src/dataset/invariants.ts";
import { rolloutRows } from "../../src/dataset/rows.ts";
import { taskInfo } from "../../src/dataset/writeDataset.ts";
import { factsOf } from "../../src/stages/generate.ts";
import { loadTask } from "../../src/tasks/loadTask.ts";
import { FIXTURE_RUN } from "../dataset/fixtures.ts";
import { command, type ListModel, listModel } from "../fixtures/listModel.ts";
import { TASKS, type World, world } from "../judge/world.ts";
import { playWith } from "./stage.ts";

const task = await loadTask(TASKS, "battle-of-sexes");
let here: World;
beforeAll(async () => {
  here = await world();
});
afterAll(() => here[Symbol.asyncDispose]());

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

/** Every prompt, put together from the pool, is what the model was sent. */
function expectReconstructible({ pool, steps }: Trajectory, model: ListModel) {
  const rebuilt = steps.map(({ prompt }) =>
    prompt.flatMap(([from, to]) => pool.slice(from, to).map(({ message }) => message)),
  );
  expect(rebuilt).toEqual(model.asked.map(({ messages }) => messages));
}

const roles = (messages: readonly Message[] = []) => messages.map(({ role }) => role);

describe("summary", () => {
  const history = { kind: "summary", tokens: 1_000, keep: 1 } as const;
  const echo = (text: string) => command(`echo ${text}`);
  /** The third and fourth steps make long prompts; what is asked for then is a summary. */
  const usage = (input: number) => ({
    usage: { input, cacheRead: 0, cacheWrite: 0, output: 10, reasoning: 0 },
  });
  const replies = [echo("one"), echo("two"), "I saw one and two.", echo("three"), command("submit")];
  const play = async () => {
    const model = listModel(replies, async (call) => usage(call === 1 ? 2_000 : 100));
    return { ...(await playWith(here, task, model, { agent: { history } })), model };
  };

  it("is asked for in a call of its own, and stands beside the task from then on", async () => {
    const { trajectory, model } = await play();
    expect(outcomeText(trajectory.outcome)).toBe("submitted");
    expectReconstructible(trajectory, model);
    const [, , asking, after, last] = model.asked.map(({ messages }) => messages);
    expect(roles(asking)).toEqual(["system", "user", "assistant", "user", "assistant", "user"]);
    expect(asking?.at(-1)?.content).toMatch(
      /^two\n\[2 of 30 steps used.*\n\n---\nThis conversation has grown long/s,
    );
    expect(roles(after)).toEqual(["system", "user", "assistant", "user"]);
    expect(after?.[1]?.content).toBe(
      `${model.asked[0]?.messages[1]?.content}\n\n# What was done so far\n\nThe older part of this conversation was taken away. This is what you wrote down about it; what was done then has stayed done:\n\nI saw one and two.`,
    );
    expect(after?.[2]?.content).toBe(echo("two"));
    expect(after?.[3]?.content).toMatch(/^two\n\[2 of 30/);
    expect(last?.slice(0, 4)).toEqual(after);
    expect(last?.at(-1)?.content).toMatch(/^three\n\[4 of 30 steps used/);
    const kinds = trajectory.pool.map(({ kind, derivedFrom }) => [kind, derivedFrom]);
    expect(kinds.filter(([kind]) => kind === "summary")).toEqual([
      ["summary", 5],
      ["summary", 1],
      ["summary", 1],
    ]);
  });

  it("is journaled, counted and paid for like any other call, and trained on by nobody", async () => {
    const { trajectory, records, model } = await play();
    const journaled = records.flatMap((record) => (record.kind === "reply-received" ? [record.step] : []));
    expect(journaled.map(({ purpose = null, actions }) => [purpose, actions.length])).toEqual([
      [null, 1],
      [null, 1],
      ["summary", 0],
      [null, 1],
      [null, 1],
    ]);
    expect(model.asked.map(({ callId }) => callId.split("/").at(-1))).toEqual(["0", "1", "2", "3", "4"]);
    expect(records.filter(({ kind }) => kind === "complaint-made")).toEqual([]);
    expect(factsOf(trajectory, { usd: 0, tokens: 0 })).toMatchObject({ stepCount: 5, formatErrorCount: 0 });
    const { trajectory: row, steps } = rowsOf(trajectory);
    expect(row).toMatchObject({
      history_processor: "summary",
      context_mode: "rewritten",
      num_steps: 5,
      num_tool_calls: 4,
      num_format_errors: 0,
      prompt_tokens: 2_400,
    });
    expect(row.cost_usd).toBeCloseTo(0.05);
    expect(steps.map(({ extends_previous, train }) => [extends_previous, train])).toEqual([
      [null, true],
      [true, true],
      // All that was read and written before stands in front of the request; only the newest result was joined with it.
      [true, false],
      [false, true],
      [true, true],
    ]);
    expect(row.messages.filter(({ train_reason }) => train_reason === "summary")).toMatchObject([
      { role: "assistant", content: "I saw one and two.", sampled: true },
    ]);
  });

  it("is taken up where it was cut off: the prompt after it needs the pool and the last call alone", async () => {
    const { trajectory, records } = await play();
    const cut = records.findIndex((record) => record.kind === "reply-received" && record.step.index === 2);
    const past = pastOf(records.slice(0, cut + 1));
    if (past === null) throw new Error("nothing was recorded");
    const model = listModel(replies.slice(3), async () => usage(100));
    const resumed = await playWith(here, task, model, { agent: { history }, past });
    expect(resumed.trajectory.pool.map(({ message }) => message)).toEqual(
      trajectory.pool.map(({ message }) => message),
    );
  });

  it("can be the last thing that a limit allows, and comes again only after new steps", async () => {
    const model = listModel(replies, async () => usage(2_000));
    const { trajectory } = await playWith(here, task, model, { agent: { history }, limits: { steps: 3 } });
    expect(outcomeText(trajectory.outcome)).toBe("limit:steps");
    expect(trajectory.steps.at(-1)?.purpose).toBe("summary");
    const again = listModel([echo("a"), echo("b"), "S1", echo("c"), "S2", command("submit")], async () =>
      usage(2_000),
    );
    const played = await playWith(here, task, again, { agent: { history } });
    expect(played.trajectory.steps.map(({ purpose = "act" }) => purpose)).toEqual([
      "act",
      "act",
      "summary",
      "act",
      "summary",
      "act",
    ]);
    const opening = again.asked.at(-1)?.messages[1]?.content ?? "";
    expect([opening.includes("S2"), opening.includes("S1")]).toEqual([true, false]);
    expectReconstructible(played.trajectory, again);
  });

  it("stands behind the answers of native calls", async () => {
    const shell = (id: string) => ({ id, name: "shell", arguments: '{"command":"echo hi"}' });
    const calls = [
      [shell("a")],
      [shell("b"), shell("c")],
      [],
      [{ id: "z", name: "submit", arguments: "{}" }],
    ];
    const model = listModel(["", "", "Said hi.", ""], async (call) => ({
      ...usage(call === 1 ? 2_000 : 100),
      toolCalls: calls[call] ?? [],
      finish: call === 2 ? "stop" : "toolCalls",
    }));
    const { trajectory } = await playWith(here, task, model, { agent: { scaffold: "native", history } });
    expect(outcomeText(trajectory.outcome)).toBe("submitted");
    expectReconstructible(trajectory, model);
    expect(roles(model.asked[2]?.messages).slice(-4)).toEqual(["assistant", "tool", "tool", "user"]);
    expect(roles(model.asked[3]?.messages)).toEqual(["system", "user", "assistant", "tool", "tool"]);
    rowsOf(trajectory);
  });
});

describe("lastObservations and closedWindows", () => {
  it("can be put together again, step by step, and say that they rewrote", async () => {
    const texts = ["seq 1 3", "open strategy.py", "echo two", "open strategy.py", "echo three", "submit"];
    for (const [history, name] of [
      [{ kind: "lastObservations", keep: 2 }, "last_observations"],
      [{ kind: "closedWindows" }, "closed_windows"],
    ] as const) {
      const model = listModel(texts.map(command));
      const { trajectory } = await playWith(here, task, model, { agent: { history } });
      expectReconstructible(trajectory, model);
      expect(rowsOf(trajectory).trajectory).toMatchObject({
        history_processor: name,
        context_mode: "rewritten",
      });
      const elided = model.asked
        .at(-1)
        ?.messages.filter(({ content }) => /^\[an old result|older window left out/m.test(content));
      expect(elided).toHaveLength(name === "last_observations" ? 3 : 1);
    }
  });
});
