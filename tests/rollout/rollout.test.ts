// Every way a rollout can end, in the real sandbox with the real judge; and what is written down on the way.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BoundaryError, StoreError } from "../../src/core/errors.ts";
import { promptSha256 } from "../../src/core/message.ts";
import { BudgetExceededError, ContextOverflowError } from "../../src/core/model.ts";
import { outcomeText } from "../../src/core/outcome.ts";
import type { Sandbox } from "../../src/core/sandbox.ts";
import { loadTask } from "../../src/tasks/loadTask.ts";
import { command, listModel } from "../fixtures/listModel.ts";
import { TASKS, type World, world } from "../judge/world.ts";
import { type PlayOptions, playWith } from "./stage.ts";

const task = await loadTask(TASKS, "battle-of-sexes");
const ALWAYS_ZERO = "create strategy2.py";
let here: World;
beforeAll(async () => {
  here = await world();
});
afterAll(() => here[Symbol.asyncDispose]());

const play = (replies: readonly string[], options?: PlayOptions) =>
  playWith(here, task, listModel(replies), options);
const ending = async (replies: readonly string[], options?: PlayOptions) =>
  outcomeText((await play(replies, options)).trajectory.outcome);

describe("endings", () => {
  it("submitted: the files as they are, judged later", async () => {
    const { trajectory } = await play([command("ls"), command("submit")]);
    expect(trajectory.outcome).toEqual({ kind: "submitted" });
    expect(trajectory.finalSubmission).toMatch(/^[0-9a-f]{64}$/);
    expect(trajectory.steps).toHaveLength(2);
  });

  it("forfeit: nothing is handed in, what was validated is remembered", async () => {
    const { trajectory } = await play([command("validate"), command("forfeit")]);
    expect(trajectory.outcome).toEqual({ kind: "forfeit" });
    expect(trajectory.finalSubmission).toBeNull();
    expect(trajectory.bestValidated?.score).toBeGreaterThan(0.5);
  });

  it("limit(steps), with the workspace as it stood handed in", async () => {
    const { trajectory } = await play(Array(3).fill(command(ALWAYS_ZERO)), { limits: { steps: 3 } });
    expect(outcomeText(trajectory.outcome)).toBe("limit:steps");
    expect(trajectory.finalSubmission).not.toBeNull();
  });

  it("limit(format) after replies in a row without a command, and not when one of them is good", async () => {
    const bad = "I would rather think a little.";
    expect(await ending([bad, bad, bad], { limits: { formatErrors: 3 } })).toBe("limit:format");
    expect(
      await ending([bad, bad, command("ls"), bad, bad, command("submit")], { limits: { formatErrors: 3 } }),
    ).toBe("submitted");
  });

  it("limit(tokens), limit(cost) and limit(wall)", async () => {
    const many = Array(5).fill(command("true"));
    expect(await ending(many, { limits: { tokens: 220 } })).toBe("limit:tokens");
    expect(await ending(many, { limits: { costUsd: 0.03 } })).toBe("limit:cost");
    expect(await ending([command("sleep 0.4"), ...many], { limits: { wallSeconds: 0.2 } })).toBe(
      "limit:wall",
    );
  });

  it("limit(refusal) when the provider's filter cuts replies off", async () => {
    const model = listModel(["", ""], async () => ({ finish: "contentFilter" }));
    const { trajectory } = await playWith(here, task, model, { limits: { refusals: 2, formatErrors: 5 } });
    expect(outcomeText(trajectory.outcome)).toBe("limit:refusal");
  });

  it("limit(context) when the prompt no longer fits, limit(cost) when the rollout's budget refuses the call", async () => {
    const throwing = (error: Error) =>
      listModel([command("ls"), ""], async (call) => (call === 1 ? Promise.reject(error) : {}));
    const overflow = await playWith(here, task, throwing(new ContextOverflowError("too long")));
    expect(outcomeText(overflow.trajectory.outcome)).toBe("limit:context");
    expect(overflow.trajectory.finalSubmission).not.toBeNull();
    const refused = await playWith(here, task, throwing(new BudgetExceededError("rollout", "usd", "no")));
    expect(outcomeText(refused.trajectory.outcome)).toBe("limit:cost");
  });

  it("failed(model), failed(agent) and failed(sandbox): never a score", async () => {
    const model = listModel([""], () => Promise.reject(new BoundaryError("model", "the server is gone")));
    expect((await playWith(here, task, model)).trajectory).toMatchObject({
      outcome: { kind: "failed", boundary: "model", error: "the server is gone" },
      finalSubmission: null,
    });
    const broken = listModel([""], () => Promise.reject(new TypeError("a slip in the scaffold")));
    expect(outcomeText((await playWith(here, task, broken)).trajectory.outcome)).toBe("failed:agent");
    let sandbox: Sandbox | null = null;
    const killer = listModel([command("ls"), command("submit")], async (call) => {
      if (call === 1) await sandbox?.[Symbol.asyncDispose]();
      return undefined;
    });
    const dead = await playWith(here, task, killer, {
      onSandbox: (created) => {
        sandbox = created;
      },
    });
    expect(outcomeText(dead.trajectory.outcome)).toBe("failed:sandbox");
    expect(dead.trajectory.finalSubmission).toBeNull();
  });

  it("stays owed when the run stops it: abort, the run's budget, a broken store", async () => {
    const stop = new AbortController();
    const model = listModel([""], async () => {
      stop.abort();
      return undefined;
    });
    await expect(playWith(here, task, model, { signal: stop.signal })).rejects.toThrow();
    const poor = listModel([""], () => Promise.reject(new BudgetExceededError("run", "usd", "used up")));
    await expect(playWith(here, task, poor)).rejects.toThrow(BudgetExceededError);
    const full = listModel([""], () => Promise.reject(new StoreError("disk full")));
    await expect(playWith(here, task, full)).rejects.toThrow(StoreError);
  });
});

describe("what is written down", () => {
  it("is durable in order: opening, reply, observation, reply, …", async () => {
    const { records } = await play([command("ls"), "no command here", command("submit")]);
    expect(records.map((record) => record.kind)).toEqual([
      "rollout-opened",
      "reply-received",
      "observation-made",
      "reply-received",
      "complaint-made",
      "reply-received",
      "observation-made",
    ]);
  });

  it("rebuilds each prompt from the pool, every one an extension of the last", async () => {
    const model = listModel([command("ls"), "no command", command("echo hello"), command("submit")]);
    const { trajectory } = await playWith(here, task, model);
    let before = "";
    for (const [index, step] of trajectory.steps.entries()) {
      const prompt = step.prompt.flatMap(([from, to]) => trajectory.pool.slice(from, to));
      expect(prompt.map(({ message }) => message)).toEqual(model.asked[index]?.messages);
      expect(step.promptSha256).toBe(
        promptSha256(
          [],
          prompt.map(({ sha256 }) => sha256),
        ),
      );
      const text = JSON.stringify(prompt.map(({ message }) => message)).slice(0, -1);
      expect(text.startsWith(before)).toBe(true);
      before = text;
    }
    expect(trajectory.pool.map(({ kind }) => kind)).toEqual([
      "system",
      "task",
      "reply",
      "observation",
      "reply",
      "formatError",
      "reply",
      "observation",
      "reply",
    ]);
  });

  it("links each validation to its step, and remembers the best one", async () => {
    const write = (move: number) =>
      command(`cat > strategy.py <<'EOF'\ndef row_strategy(history):\n    return ${move}\nEOF`);
    const { trajectory } = await play([
      write(0),
      command("validate"),
      write(1),
      command("validate"),
      command("submit"),
    ]);
    const validations = trajectory.steps.map((step) => step.actions[0]?.result?.validation?.score ?? null);
    expect(validations[1]).toBeGreaterThan(validations[3] ?? Number.POSITIVE_INFINITY);
    expect(trajectory.bestValidated?.score).toBe(validations[1]);
    expect(trajectory.bestValidated?.submission).not.toBe(trajectory.finalSubmission);
  });
});
