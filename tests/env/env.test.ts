// The Gym over a sandbox in memory: reset, steps, validation, the two endings, and what is told when things do not fit.
import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { Action, Env } from "../../src/core/env.ts";
import { BoundaryError } from "../../src/core/errors.ts";
import { canonicalJson } from "../../src/core/json.ts";
import type { RolloutLimits } from "../../src/core/limits.ts";
import { defineTool } from "../../src/tools/defineTool.ts";
import { type MemorySandbox, memoryBlobs, memorySandbox } from "../tools/memorySandbox.ts";
import { env as createTestEnv, evaluatorOver, manualClock } from "./parts.ts";

const never = new AbortController().signal;
const action = (tool: string, args: Action["arguments"] = {}): Action => ({
  tool,
  arguments: args,
  text: tool,
  callId: null,
});
const validate = (env: Env) => env.step(action("validate"), never);

async function opened(sandbox: MemorySandbox, limits: Partial<RolloutLimits> = {}) {
  const blobs = memoryBlobs();
  const evaluator = evaluatorOver(blobs);
  const env = createTestEnv({ sandbox, blobs, evaluator, limits });
  const first = await env.reset({ actionScope: "abc/0" }, never);
  return { env, blobs, evaluator, first };
}

describe("reset and step", () => {
  it("begins with the files of the task and a clean editor", async () => {
    const { first } = await opened(memorySandbox());
    expect(first).toEqual({
      text: "Files in the working folder:\n- data/x.csv (4 bytes)\n- train.py (9 bytes)",
      state: { openFile: null, firstLine: 1, cwd: "." },
    });
  });

  it("names its actions in order and carries the state from one to the next", async () => {
    const sandbox = memorySandbox({ "src/a.py": "x\n" }, { "cd src": { cwd: "src" } });
    const { env } = await opened(sandbox);
    const moved = await env.step(action("shell", { command: "cd src" }), never);
    expect(moved).toEqual({
      observation: { text: "[no output]", state: { openFile: null, firstLine: 1, cwd: "src" } },
      reward: null,
      terminated: false,
      truncated: false,
      ending: null,
      info: {
        ok: true,
        exitCode: 0,
        timedOut: false,
        oomKilled: false,
        durationMs: 5,
        cpuMs: 1,
        validation: null,
      },
    });
    const shown = await env.step(action("open", { path: "a.py" }), never);
    expect(shown.observation.state).toMatchObject({ openFile: "src/a.py", firstLine: 1, cwd: "src" });
    await env.step(action("shell", { command: "ls" }), never);
    expect(sandbox.shellCalls.map(({ actionId }) => actionId)).toEqual(["abc/0/0", "abc/0/2"]);
  });

  it("tells of unknown tools and of arguments that do not fit, and runs nothing", async () => {
    const sandbox = memorySandbox();
    const { env } = await opened(sandbox);
    const unknown = await env.step(action("browse"), never);
    expect(unknown.observation.text).toContain("There is no tool `browse`. Tools: `shell`, `open`,");
    expect(unknown.info.ok).toBe(false);
    const wrong = await env.step(action("edit", { first: 0, last: "x", text: "" }), never);
    expect(wrong.observation.text).toContain("The arguments of `edit` do not fit.");
    expect(wrong.observation.text).toContain("last");
    const empty = await env.step(action("shell", { command: "  " }), never);
    expect(empty.observation.text).toContain("the command is empty");
    const nul = await env.step(action("shell", { command: "echo \0" }), never);
    expect(nul.observation.text).toContain("NUL character");
    expect(sandbox.shellCalls).toEqual([]);
  });

  it("caps a long output head and tail, and cleans it of terminal codes", async () => {
    const output = `\u001b[31mred\u001b[0m 10%\r100%\nbell\u0007 ${"é".repeat(3_000)} end`;
    const { env } = await opened(memorySandbox({}, { it: { output } }), { observationBytes: 512 });
    const { text } = (await env.step(action("shell", { command: "it" }), never)).observation;
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(512);
    expect(text.startsWith("100%\nbell\\x07 éé")).toBe(true);
    expect(text.endsWith("é end")).toBe(true);
    expect(text).toMatch(/\n\[\.\.\. 5\d\d\d bytes left out \.\.\.\]\n/);
    expect(text).not.toContain("\u{fffd}");
  });

  it("takes nothing that is printed for a command", async () => {
    const output = "```\nsubmit\n```\n<<SUBMISSION||1||SUBMISSION>>\nvalidate\n";
    const { env, evaluator } = await opened(memorySandbox({}, { cat: { output } }));
    const shown = await env.step(action("shell", { command: "cat" }), never);
    expect(shown.terminated).toBe(false);
    expect(shown.info.validation).toBe(null);
    expect(evaluator.calls).toEqual([]);
  });

  it("hints at a tool that was taken for a program of the shell", async () => {
    const output = "bash: line 1: edit: command not found\n";
    const { env } = await opened(memorySandbox({}, { "cd a && edit 1:2": { exitCode: 127, output } }));
    const { text } = (await env.step(action("shell", { command: "cd a && edit 1:2" }), never)).observation;
    expect(text).toContain("[exit code 127]\n[`edit` is a tool, not a program of the shell:");
    const other = await env.step(action("shell", { command: "vim" }), never);
    expect(other.observation.text).toBe("command not found\n[exit code 127]");
  });

  it("passes a dead sandbox on as what it is, and says so when probed", async () => {
    const sandbox = memorySandbox({ a: "x" });
    const { env } = await opened(sandbox);
    expect(await env.probe()).toBe(true);
    sandbox.die();
    await expect(env.step(action("open", { path: "a" }), never)).rejects.toMatchObject({
      boundary: "sandbox",
    });
    expect(await env.probe()).toBe(false);
  });

  it("gives up on a sandbox that does not answer, well after the action's own limit", async () => {
    const clock = manualClock();
    const hanging = { ...memorySandbox(), shell: () => new Promise<never>(() => {}) };
    const blobs = memoryBlobs();
    const env = createTestEnv({ sandbox: hanging, blobs, evaluator: evaluatorOver(blobs), clock });
    await env.reset({ actionScope: "s" }, never);
    const step = env.step(action("shell", { command: "x" }), never);
    clock.pass(179_999);
    clock.pass(180_000);
    await expect(step).rejects.toThrow(
      new BoundaryError("sandbox", "no answer from the sandbox within 180000 ms", { transient: true }),
    );
  });

  it("stops for an abort", async () => {
    const { env } = await opened(memorySandbox());
    await expect(env.step(action("submit"), AbortSignal.abort())).rejects.toThrow(/abort/i);
  });

  it("serves one episode and disposes of its sandbox once", async () => {
    const sandbox = memorySandbox();
    const { env } = await opened(sandbox);
    await expect(env.reset({ actionScope: "again" }, never)).rejects.toThrow("one episode");
    await env[Symbol.asyncDispose]();
    await env[Symbol.asyncDispose]();
    expect(sandbox.disposeCount()).toBe(1);
  });
});

describe("validate", () => {
  it("scores the declared files and tells the score, the baseline and what is left", async () => {
    const sandbox = memorySandbox({ "a.csv": "0.5\n", "out/b.csv": "x", "other.txt": "no" });
    const { env, blobs, evaluator } = await opened(sandbox, { validations: 2 });
    const result = await validate(env);
    expect(result.observation.text).toBe(
      [
        "The submission is valid.",
        "Score (accuracy, higher is better): 0.7",
        "Baseline (the starter files): 0.5",
        "Better than the baseline by 0.2.",
        "Validations left: 1 of 2.",
      ].join("\n"),
    );
    const submission = evaluator.calls[0]?.submission ?? "";
    expect(evaluator.calls).toEqual([{ submission, phase: "validation", seeds: [1, 3] }]);
    expect(result.info).toMatchObject({
      ok: true,
      validation: { submission, score: 0.7, reason: null, evaluationKeys: ["key-1", "key-3"], remaining: 1 },
    });
    const manifest = [
      { path: "a.csv", sha256: await blobs.put(Buffer.from("0.5\n")), bytes: 4 },
      { path: "out/b.csv", sha256: await blobs.put(Buffer.from("x")), bytes: 1 },
    ];
    expect(Buffer.from(await blobs.get(submission)).toString()).toBe(canonicalJson(manifest));
  });

  it("answers an unchanged submission from memory, and uses up no validation for it", async () => {
    const sandbox = memorySandbox({ "a.csv": "0.3", "out/b.csv": "" });
    const { env, evaluator } = await opened(sandbox, { validations: 1 });
    expect((await validate(env)).observation.text).toContain(
      "The same as the baseline.\nValidations left: 0 of 1.",
    );
    const again = await validate(env);
    expect(again.observation.text).toContain(
      "The submission is the same as before; this used up no validation.\nValidations left: 0 of 1.",
    );
    expect(again.info.validation).toMatchObject({ score: 0.5, remaining: 0 });
    expect(evaluator.calls).toHaveLength(1);
  });

  it("says that the limit is reached and scores nothing more", async () => {
    const sandbox = memorySandbox({ "a.csv": "0.1", "out/b.csv": "" });
    const { env, evaluator } = await opened(sandbox, { validations: 1 });
    expect((await validate(env)).observation.text).toContain("Worse than the baseline by 0.2.");
    sandbox.files.set("a.csv", Buffer.from("0.9"));
    const refused = await validate(env);
    expect(refused.observation.text).toBe(
      "Not scored: no validation is left (1 of 1 used). You can still `submit`.",
    );
    expect(refused.info.ok).toBe(false);
    expect(refused.info.validation).toMatchObject({
      score: null,
      reason: "no validations are left",
      remaining: 0,
    });
    expect(evaluator.calls).toHaveLength(1);
  });

  it("names every file that cannot be had, without asking the judge", async () => {
    const { env, evaluator } = await opened(memorySandbox({ "a.csv": "0123456789A" }), { validations: 3 });
    const result = await validate(env);
    const reason = "`a.csv` is larger than the 10 bytes allowed. The file `out/b.csv` is missing.";
    expect(result.observation.text).toBe(
      `The submission is not valid: ${reason}\nThis used up no validation.\nValidations left: 3 of 3.`,
    );
    expect(result.info.validation).toEqual({
      submission: null,
      score: null,
      reason,
      evaluationKeys: [],
      remaining: 3,
    });
    expect(evaluator.calls).toEqual([]);
  });

  it("tells the judge's reason for an invalid submission, once judged", async () => {
    const { env, evaluator } = await opened(memorySandbox({ "a.csv": "many", "out/b.csv": "" }), {
      validations: 3,
    });
    const result = await validate(env);
    expect(result.observation.text).toContain("The submission is not valid: a.csv holds no number but many.");
    expect(result.info.validation).toMatchObject({
      score: null,
      evaluationKeys: ["key-1", "key-3"],
      remaining: 3,
    });
    await validate(env);
    expect(evaluator.calls).toHaveLength(1);
  });

  it("lets a broken judge through: no verdict is not the agent's fault", async () => {
    const blobs = memoryBlobs();
    const evaluator = { evaluate: () => Promise.reject(new BoundaryError("judge", "the judge broke")) };
    const sandbox = memorySandbox({ "a.csv": "1", "out/b.csv": "" });
    const env = createTestEnv({ sandbox, blobs, evaluator });
    await env.reset({ actionScope: "s" }, never);
    await expect(validate(env)).rejects.toMatchObject({ boundary: "judge" });
  });
});

describe("a tool that breaks", () => {
  const breaking = async (from: { readonly source?: string }) => {
    const tool = defineTool({
      name: "mine",
      description: "Breaks.",
      arguments: z.strictObject({}),
      replay: "rerun",
      run: () => Promise.reject(new TypeError("x is not a function")),
    });
    const blobs = memoryBlobs();
    const evaluator = evaluatorOver(blobs);
    const tools = [{ ...tool, ...from }];
    const env = createTestEnv({ sandbox: memorySandbox(), blobs, evaluator, tools });
    await env.reset({ actionScope: "s" }, never);
    return env.step(action("mine"), never);
  };

  it("is the sandbox's fault where it is ours, and the agent's where it is the user's own", async () => {
    const words = "the tool mine: x is not a function";
    await expect(breaking({})).rejects.toMatchObject({ boundary: "sandbox", message: words });
    await expect(breaking({ source: "5e" })).rejects.toMatchObject({ boundary: "agent", message: words });
  });
});

describe("endings", () => {
  it("ends as submitted, and hands the submission out afterwards", async () => {
    const { env, evaluator } = await opened(memorySandbox({ "a.csv": "0.5", "out/b.csv": "" }));
    const result = await env.step(action("submit"), never);
    expect([result.terminated, result.ending]).toEqual([true, { kind: "submitted" }]);
    expect(await env.submission(never)).toEqual({ id: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(evaluator.calls).toEqual([]);
    await expect(env.step(action("submit"), never)).rejects.toThrow("the episode has ended");
  });

  it("does not end where there is nothing to hand in", async () => {
    const { env } = await opened(memorySandbox({ "a.csv": "0.5" }));
    const result = await env.step(action("submit"), never);
    expect([result.terminated, result.ending, result.info.ok]).toEqual([false, null, false]);
    expect(result.observation.text).toBe(
      "Nothing was handed in, and your work goes on. The file `out/b.csv` is missing.",
    );
    expect(await env.submission(never)).toEqual({ reason: "The file `out/b.csv` is missing." });
  });

  it("ends as forfeit", async () => {
    const { env } = await opened(memorySandbox());
    const result = await env.step(action("forfeit"), never);
    expect([result.terminated, result.ending]).toEqual([true, { kind: "forfeit" }]);
  });
});
