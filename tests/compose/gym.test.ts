// The Gym as a program uses it: Gymnasium's five values, seeds, endings, rewards, the score of record, and what misuse is told.
import { appendFile, chmod, cp, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Gym, type GymAction, type GymOptions, type StepReturn, UserError } from "../../src/index.ts";
import { anchored } from "../../src/rewards/anchored.ts";
import { REPOSITORY } from "../cli/nightshift.ts";

const OPTIONS: GymOptions = { task: "colonel-blotto", sandbox: { backend: "process" } };
const BETTER = `cat > strategy.py <<'END'
def row_strategy(history):
    return [1, 1, 1, 39, 39, 39]
END`;

let gym: Gym;
/** A temporary folder that nobody else uses. */
let own = "";
beforeAll(async () => {
  own = await mkdtemp(path.join(tmpdir(), "gym-test-"));
  await chmod(own, 0o755);
  process.env["TMPDIR"] = own;
  gym = await Gym.open(OPTIONS);
});
afterAll(async () => {
  await gym.close();
  await rm(own, { recursive: true });
});

async function play(actions: readonly GymAction[], seed?: number): Promise<readonly StepReturn[]> {
  await gym.reset(seed === undefined ? {} : { seed });
  const steps: StepReturn[] = [];
  for (const action of actions) steps.push(await gym.step(action));
  return steps;
}

describe("an episode", () => {
  it("begins with the workspace, the task's words and a seed", async () => {
    const [first, info] = await gym.reset({ seed: 5 });
    expect(first.text).toContain("- strategy.py (");
    expect(info).toMatchObject({ seed: 5, stepsMax: gym.limits.steps, description: gym.task.description });
    expect(info.toolDocs).toContain("`validate`");
    const [, next] = await gym.reset();
    expect(next.seed).toBe(6);
    expect(next.key).not.toBe(info.key);
    expect((await gym.reset({ seed: 5 }))[1]).toEqual(info);
  });

  it("refuses the programs that are blocked, which are part of its key", async () => {
    await using blocked = await Gym.open({ ...OPTIONS, blocked: { words: ["git"], alone: [] } });
    const [, info] = await blocked.reset({ seed: 5 });
    const [observation, , , , { ok }] = await blocked.step("echo a; git status");
    expect([observation.text, ok]).toEqual([
      "`git` is blocked in this environment, so nothing of the command was run.",
      false,
    ]);
    expect(info.key).not.toBe((await gym.reset({ seed: 5 }))[1].key);
  });

  it("is the same again for the same seed and actions, from a fresh workspace", async () => {
    const actions = ["echo $((6 * 7)) > mine.txt; cat mine.txt", "ls", "validate", "exit 3", "submit"];
    const once = await play(actions, 3);
    const again = await play(actions, 3);
    expect(again.map(([observation]) => observation)).toEqual(once.map(([observation]) => observation));
    expect(once[1]?.[0].text).toContain("mine.txt");
    const kept = ([, reward, terminated, truncated, info]: StepReturn) => {
      const { durationMs: _wall, cpuMs: _cpu, ...rest } = info;
      return { reward, terminated, truncated, rest };
    };
    expect(again.map(kept)).toEqual(once.map(kept));
    expect(once[3]?.[4]).toMatchObject({ ok: false, exitCode: 3, step: 4 });
  });

  it("is terminated by the agent, and its submission is judged in the task's unit", async () => {
    const steps = await play(["validate", "submit"]);
    const [, , terminated, truncated, info] = steps[1] ?? [];
    expect([terminated, truncated]).toEqual([true, false]);
    expect(info).toMatchObject({ ending: { kind: "submitted" }, submissionReason: null });
    const score = await gym.evaluate({ seeds: 2 });
    expect(score).toMatchObject({ outcome: { kind: "submitted" }, submission: info?.submission });
    expect(score.score.kind === "scored" && score.score.mean).toBeCloseTo(-0.248, 1);
    expect(score.rewards["anchored@1"]).toBeCloseTo(0.25, 1);
    expect(score.success).toBe(false);
    expect(steps[0]?.[4].validation?.submission).toBe(info?.submission);
    await expect(gym.step("ls")).rejects.toThrow("the episode has ended; call reset for another one");
  });

  it("has nothing to judge once it is forfeited", async () => {
    const [last] = await play(["forfeit"]);
    expect(last?.[2]).toBe(true);
    expect(await gym.evaluate()).toMatchObject({
      submission: null,
      score: { kind: "none", reason: "the agent gave up" },
      rewards: { "raw@1": null, "anchored@1": null },
      success: null,
    });
  });

  it("that still runs is ended by its evaluation", async () => {
    await play(["ls"]);
    expect(await gym.evaluate({ seeds: 1 })).toMatchObject({
      outcome: { kind: "stopped", rule: "caller" },
      score: { kind: "scored" },
    });
    await expect(gym.step("ls")).rejects.toThrow("has ended");
  });
});

describe("a task that judges the last valid submission", () => {
  it("scores what validated last where the final one is missing", async () => {
    const project = path.join(own, "project");
    const copy = path.join(project, "tasks/forgiving");
    await cp(path.join(REPOSITORY, "tasks/colonel-blotto"), copy, { recursive: true });
    await appendFile(path.join(copy, "task.yaml"), "lastValid: true\n");
    const before = process.cwd();
    process.chdir(project);
    try {
      await using forgiving = await Gym.open({ ...OPTIONS, task: "forgiving" });
      await forgiving.reset();
      const [, , , , { validation }] = await forgiving.step("validate");
      await forgiving.step("rm strategy.py");
      const record = await forgiving.evaluate({ seeds: 1 });
      expect(record).toMatchObject({ submission: null, score: { kind: "none" } });
      expect(record.lastValid).toMatchObject({ kind: "scored" });
      expect(record.rewards["raw@1"]).toBeCloseTo(validation?.score ?? Number.NaN, 1);
      await forgiving.reset();
      await forgiving.step("validate");
      await forgiving.step("forfeit");
      expect(await forgiving.evaluate()).toMatchObject({ lastValid: null, success: null });
    } finally {
      process.chdir(before);
      await rm(project, { recursive: true });
    }
  });
});

describe("limits", () => {
  it("truncate an episode at the last step, whose work counts", async () => {
    await using short = await Gym.open({ ...OPTIONS, limits: { steps: 2 } });
    await short.reset();
    expect((await short.step("ls")).slice(2, 4)).toEqual([false, false]);
    const [, , terminated, truncated, info] = await short.step("echo done");
    expect([terminated, truncated, info.ending]).toEqual([false, true, { kind: "limit", limit: "steps" }]);
    expect(info.submission).toMatch(/^[0-9a-f]{64}$/);
  });

  it("let the agent's own ending win at the last step", async () => {
    await using short = await Gym.open({ ...OPTIONS, limits: { steps: 1 } });
    await short.reset();
    expect((await short.step("submit")).slice(2, 4)).toEqual([true, false]);
  });
});

describe("actions", () => {
  it("may be native calls, with arguments as an object or as a model wrote them", async () => {
    const steps = await play([
      { tool: "shell", arguments: { command: "echo one" } },
      { tool: "shell", arguments: '{"command":"echo two"}', id: "call_7" },
      { tool: "validate" },
    ]);
    expect(steps.map(([observation]) => observation.text.split("\n")[0])).toEqual([
      "one",
      "two",
      "The submission is valid.",
    ]);
    expect(steps.every(([, , , , info]) => info.actionError === null && info.ok)).toBe(true);
  });

  it("of the wrong form are answered, and too many in a row end the episode as in a pipeline", async () => {
    const circle: { [name: string]: unknown } = {};
    circle["self"] = circle;
    const wrong: readonly GymAction[] = ["", { tool: "sing" }, { tool: "shell", arguments: circle }];
    const steps = await play(["ls", ...wrong]);
    const errors = steps.slice(1).map(([{ text }, , , , { actionError }]) => [text, actionError]);
    expect(errors[0]).toEqual(["The command is empty.", "The command is empty."]);
    expect(errors[1]?.[1]).toContain("There is no tool `sing`.");
    expect(errors[2]?.[0]).toContain("do not fit the schema of `shell`");
    expect(steps.map((step) => step[3])).toEqual([false, false, false, true]);
    expect(steps[3]?.[4].ending).toEqual({ kind: "limit", limit: "format" });
  });

  it("that are no action at all are answered too", async () => {
    await gym.reset();
    for (const given of [42, null, undefined, [], Object.create(null), Symbol("x")]) {
      // What a program without types may pass.
      const action: GymAction = JSON.parse("null") ?? given;
      const [observation, , , truncated] = await gym.step(action);
      expect(observation.text).toBe("An action is a command, or a call { tool, arguments }.");
      if (truncated) await gym.reset();
    }
  });
});

describe("rewards", () => {
  it("pay an improvement once, where it is validated, and are null where nothing was scored", async () => {
    const steps = await play([
      "ls",
      "validate",
      BETTER,
      "validate",
      "validate",
      "rm strategy.py",
      "validate",
    ]);
    const rewards = steps.map(([, reward]) => reward);
    expect(rewards[0]).toBeNull();
    expect(rewards[2]).toBeNull();
    const worth = anchored(gym.task.definition, [steps[3]?.[4].validation?.score ?? Number.NaN]);
    expect(worth).toBeGreaterThan(0.25);
    expect((rewards[1] ?? Number.NaN) + (rewards[3] ?? Number.NaN)).toBeCloseTo((worth ?? 0) - 0.25, 12);
    expect(rewards[4]).toBe(0);
    expect(rewards.slice(5)).toEqual([null, null]);
    expect(steps[6]?.[4].validation).toMatchObject({ score: null });
  });

  it("are 0 where MLGym's are asked for", async () => {
    await using zero = await Gym.open({ ...OPTIONS, reward: "zero@1" });
    await zero.reset();
    expect((await zero.step("ls"))[1]).toBe(0);
    expect((await zero.step("submit"))[1]).toBe(0);
  });
});

describe("misuse", () => {
  it("is told in a sentence, before anything is made", async () => {
    await using fresh = await Gym.open(OPTIONS);
    await expect(fresh.step("ls")).rejects.toThrow("no episode is under way; call reset first");
    await expect(fresh.reset({ seed: -1 })).rejects.toThrow("seed: -1 is no whole number from 0 on");
    await fresh.reset();
    const first = fresh.step("sleep 0.2");
    await expect(fresh.step("ls")).rejects.toThrow("the Gym is busy with another call");
    expect((await first)[4].ok).toBe(true);
    await expect(fresh.evaluate({ seeds: 0 })).rejects.toThrow("seeds: 0 is no whole number from 1 to 100");
    expect((await fresh.step("ls"))[4].ok).toBe(true);
    await expect(Gym.open({ task: "colonel-bloto" })).rejects.toThrow(UserError);
  });

  it("closing cuts off what is under way, and leaves nothing behind", async () => {
    const before = await readdir(own);
    const cut = await Gym.open(OPTIONS);
    await cut.reset();
    const running = cut.step("sleep 60");
    await Promise.all([expect(running).rejects.toThrow("the Gym was closed"), cut.close()]);
    await expect(cut.reset()).rejects.toThrow("the Gym is closed");
    await cut.close();
    expect(await readdir(own)).toEqual(before);
  });

  it("an aborted step ends the episode, and the Gym goes on with another", async () => {
    await gym.reset();
    const stop = new AbortController();
    const running = gym.step("sleep 60", { signal: stop.signal });
    stop.abort(new Error("enough"));
    await expect(running).rejects.toThrow("enough");
    await expect(gym.step("ls")).rejects.toThrow("call reset first");
    await gym.reset();
    expect((await gym.step("echo back"))[0].text).toBe("back");
  });
});
