// Imports .traj files of every ending: what stands in them stands in the tables, and nothing else does.
import { readdir } from "node:fs/promises";
import { afterAll, describe, expect, it } from "vitest";
import { workerPool } from "../../src/compute/workerPool.ts";
import { checkDataset } from "../../src/dataset/checkDataset.ts";
import { openDataset } from "../../src/dataset/openDataset.ts";
import type { RolloutRows } from "../../src/dataset/rows.ts";
import { RECIPES } from "../../src/export/recipes.ts";
import { importTraj } from "../../src/importers/traj/importTraj.ts";
import { parsePythonJson } from "../../src/importers/traj/trajFile.ts";
import { withDuck } from "../dataset/duck.ts";
import { temporaryFolder } from "../dataset/temporary.ts";
import { FOOTER, type MadeRun, madeTraj, RUN_FOLDER, validated, writeTraj } from "./trajFiles.ts";

const at = temporaryFolder();
const pool = workerPool({ workersMax: 1, waitingMax: 1 });
afterAll(() => pool[Symbol.asyncDispose]());

function take(paths: readonly string[], outDir: string, createdAtMs = 0) {
  const { signal } = new AbortController();
  return importTraj({ paths, outDir, codeVersion: "test", createdAtMs, offThread: pool.runInWorker, signal });
}

async function rolloutsOf(dir: string): Promise<RolloutRows[]> {
  const rollouts: RolloutRows[] = [];
  for await (const rollout of (await openDataset(dir)).rollouts("benchmark")) rollouts.push(rollout);
  return rollouts;
}

/** The only rollout of one made file. */
async function imported(
  name: string,
  run: MadeRun,
  place: Parameters<typeof writeTraj>[2] = {},
): Promise<RolloutRows> {
  const file = await writeTraj(at(name), madeTraj(run), place);
  await take([file], at(`${name}-out`));
  const [rollout] = await rolloutsOf(at(`${name}-out`));
  if (rollout === undefined) throw new Error("nothing was imported");
  return rollout;
}

const PLAIN: MadeRun = {
  steps: [
    { action: "ls", observation: "a.py\nb.py" },
    { action: "python train.py", observation: "   " },
    { action: "validate", observation: validated(0.1) },
    { action: "validate", observation: "It printed no numbers." },
    { action: "validate", observation: validated(0.05) },
    { action: "submit", observation: "" },
  ],
  status: "submitted",
  scores: [{ Score: 0.1 }, { Score: 0.05 }, { Score: 0.07 }],
};

describe("a run that touched what it was measured against", () => {
  const TAKEN = "1:def play(h):\nFile updated. Please review the changes.";
  const open = "/home/agent/workspace/target.py";
  const edit = "edit 1:9\ndef play(h):\n    return [20] * 6\nend_of_edit";
  it("says so, with the step, and with a score that nobody came near", async () => {
    const { trajectory } = await imported("tampered", {
      steps: [
        { action: "open target.py", observation: "[File: target.py]" },
        { action: edit, observation: TAKEN, open },
        { action: "validate", observation: validated(0.576) },
      ],
      status: "",
      scores: [{ Score: 0.576 }],
    });
    const signals = (trajectory.signals ?? []).map(({ name, step }) => `${name}@${step}`);
    expect(signals).toEqual(["tamper:opponent@1", "score:implausible@2", "score:jump@2"]);
    expect(trajectory.flags).toEqual(expect.arrayContaining(["score:implausible", "tamper:opponent"]));
  });

  it("says nothing of an edit that was refused, or of one to its own file", async () => {
    const own = "/home/agent/workspace/strategy.py";
    const { trajectory } = await imported("refused", {
      ...PLAIN,
      steps: [
        { action: edit, observation: "Your proposed edit has introduced new syntax error(s).", open },
        { action: edit, observation: TAKEN, open: own },
        ...PLAIN.steps,
      ],
    });
    expect(trajectory.signals).toEqual([]);
  });
});

describe("a run that submitted", () => {
  it("keeps actions and observations as they were, and links each score to its step", async () => {
    const { trajectory, steps } = await imported("plain", PLAIN, {
      results: { agent: PLAIN.scores, baseline: { Score: -0.25 } },
    });
    expect(steps.map(({ actions }) => [actions[0]?.text, actions[0]?.observation])).toEqual(
      PLAIN.steps.map(({ action, observation }) => [`${action}\n`, observation]),
    );
    expect(steps.map(({ actions }) => actions[0]?.tool)).toEqual([
      "shell",
      "shell",
      "validate",
      "validate",
      "validate",
      "submit",
    ]);
    expect(trajectory.evaluations).toEqual([
      { kind: "scored", phase: "validation", step: 2, score: 0.1, metrics: { Score: 0.1 } },
      { kind: "scored", phase: "validation", step: 4, score: 0.05, metrics: { Score: 0.05 } },
      { kind: "scored", phase: "record", step: 5, score: 0.07, metrics: { Score: 0.07 } },
    ]);
    expect(steps[2]?.actions[0]?.validation).toMatchObject({ score: 0.1, metrics: { Score: 0.1 } });
    expect(steps[3]?.actions[0]?.validation).toMatchObject({ score: null, reason: "It printed no numbers." });
    expect(trajectory).toMatchObject({
      task_id: "mlgym:blotto",
      outcome: "submitted",
      mlgym_exit_status: "submitted",
      evaluation_status: "scored",
      score_metric: "Score",
      score_raw: 0.07,
      score_baseline: -0.25,
      score_higher_is_better: true,
      best_score_raw: 0.1,
      judged_submission: "final",
      num_steps: 6,
      num_tool_calls: 6,
      flags: ["cost:estimated", "tokens:estimated"],
    });
  });

  it("takes provider, model, agent and sampling from the folder, costs and tokens from the file", async () => {
    const { trajectory } = await imported("names", PLAIN);
    expect(trajectory).toMatchObject({
      provider: "litellm",
      model: "model-x",
      agent_name: "default",
      group_index: 2,
      sampling: { temperature: 0, top_p: 0.95, top_k: null, seed: null },
      cost_usd: 0.25,
      prompt_tokens: 1200,
      completion_tokens: 34,
      tool_s: 3,
      source: { format: "mlgym.traj", folder: RUN_FOLDER, file: "blotto.traj", costLimitUsd: 4, unread: [] },
    });
    // Without results.json the baseline is what the first validation told.
    expect(trajectory.score_baseline).toBe(-0.25);
  });

  it("says its licence and is never to be trained on", async () => {
    const { trajectory, steps } = await imported("licence", PLAIN);
    expect(trajectory).toMatchObject({ license: "CC-BY-NC-4.0", trainable: false, split: "benchmark" });
    expect(steps.some(({ train }) => train) || trajectory.messages.some(({ train }) => train)).toBe(false);
    const { manifest } = await openDataset(at("licence-out"));
    expect(manifest).toMatchObject({ license: "CC-BY-NC-4.0", rewardFn: null });
  });

  it("leaves null what no file of MLGym's says", async () => {
    const { trajectory, steps } = await imported("null", PLAIN);
    const { seed, started_at, wall_s, reward, success, score_se, task_version, context_mode } = trajectory;
    expect([seed, started_at, wall_s, reward, success, score_se, task_version, context_mode]).toEqual(
      Array.from({ length: 8 }, () => null),
    );
    for (const step of steps) {
      expect([step.prompt_msgs, step.prompt_sha256, step.latency_s, step.prompt_tokens]).toEqual(
        Array.from({ length: 4 }, () => null),
      );
    }
  });

  it("keeps the history as the pool, each observation's message with its step", async () => {
    const { trajectory, steps } = await imported("pool", { ...PLAIN, demo: "See how it is done." });
    expect(trajectory.messages.slice(0, 4).map(({ kind, sampled }) => [kind, sampled])).toEqual([
      ["system", false],
      ["demo", false],
      ["task", false],
      ["reply", true],
    ]);
    const [first] = steps;
    const carried = trajectory.messages[first?.actions[0]?.observation_msg ?? -1];
    expect(carried?.content).toBe(`a.py\nb.py${FOOTER}`);
    expect(steps.at(-1)?.actions[0]?.observation_msg).toBeNull();
  });
});

describe("endings", () => {
  it("a reply that MLGym made up is no sampled reply, and its action was not carried out", async () => {
    const { trajectory, steps } = await imported("context", {
      steps: [
        { action: "ls", observation: "x" },
        { action: "exit_context", observation: "", response: "Exit due to context window" },
      ],
      status: "evaluation_format_error (exit_context)",
    });
    expect(trajectory).toMatchObject({
      outcome: "limit:context",
      truncated: true,
      evaluation_status: "invalid",
      eval_error: "MLGym: evaluation_format_error (exit_context)",
      num_steps: 2,
      num_tool_calls: 1,
    });
    expect(steps[1]?.action_valid).toBe(false);
    expect(trajectory.messages[steps[1]?.response_msg ?? -1]?.sampled).toBe(false);
  });

  it("the action beyond the step limit was recorded and not carried out; the workspace was scored", async () => {
    const { trajectory, steps } = await imported("limit", {
      steps: [
        { action: "validate", observation: validated(0.1) },
        { action: "validate", observation: "" },
      ],
      status: "autosubmission (max_steps)",
      scores: [{ Score: 0.1 }, { Score: 0.2 }],
    });
    expect(trajectory).toMatchObject({ outcome: "limit:steps", score_raw: 0.2, best_score_raw: 0.1 });
    expect(steps[1]?.actions[0]).toMatchObject({
      error: "not carried out: the step limit had been reached",
      validation: null,
    });
  });

  it("an empty status is a run that broke off, and what came after its last step stays in the pool", async () => {
    const { trajectory } = await imported("broken", {
      steps: [{ action: "ls", observation: "x" }],
      status: "",
      tail: [
        { role: "user", content: "x" },
        { role: "assistant", content: "I would go on." },
      ],
    });
    expect(trajectory).toMatchObject({ outcome: "interrupted", evaluation_status: "none", num_steps: 1 });
    expect(trajectory.messages.at(-1)).toMatchObject({ content: "I would go on.", step: null });
  });

  it("links nothing to what an agent printed, and says that a score has no step", async () => {
    const { trajectory } = await imported("forged", {
      steps: [
        { action: "cat log", observation: validated(0.9) },
        { action: "ls", observation: "x" },
      ],
      status: "",
      scores: [{ Score: 0.1 }],
    });
    expect(trajectory.evaluations).toMatchObject([{ step: null, score: 0.1 }]);
    expect(trajectory.flags).toContain("scores:unlinked");
  });

  it("a task that MLGym does not ship has its only number as metric, and no direction", async () => {
    const { trajectory } = await imported(
      "own",
      { ...PLAIN, scores: [{ Score: 0.1 }, { Score: 0.05 }, { Score: 0.07 }] },
      { folder: RUN_FOLDER.replace("__blotto__", "__myTask__"), file: "myTask.traj" },
    );
    expect(trajectory).toMatchObject({
      task_id: "mlgym:myTask",
      score_metric: "Score",
      score_raw: 0.07,
      score_higher_is_better: null,
      best_score_raw: null,
    });
  });
});

describe("the dataset", () => {
  it("is the same whatever the order, the place and the time of the import", async () => {
    for (const [root, runs] of [
      ["one", [0, 1]],
      ["two", [1, 0]],
    ] as const) {
      for (const run of runs) {
        await writeTraj(at(root), madeTraj({ ...PLAIN, stats: { tokens_sent: run } }), {
          folder: RUN_FOLDER.replace("_run_2", `_run_${run}`),
        });
      }
    }
    const first = await take([at("one")], at("one-out"), 1);
    const second = await take([at("two")], at("two-out"), 2);
    expect(second.manifest.tables).toEqual(first.manifest.tables);
    expect(first.manifest.tables.trajectories.rows).toBe(2);
  });

  it("holds its invariants and opens in DuckDB", async () => {
    await writeTraj(at("duck"), madeTraj(PLAIN));
    const { manifest } = await take([at("duck")], at("duck-out"));
    expect((await checkDataset(at("duck-out"))).filter(({ problem }) => problem !== null)).toEqual([]);
    await withDuck(async (query) => {
      const counts = await query(
        `SELECT (SELECT count(*)::INT FROM '${at("duck-out")}/data/trajectories/*.parquet') AS trajectories,
                (SELECT count(*)::INT FROM '${at("duck-out")}/data/steps/*.parquet') AS steps`,
      );
      expect(counts).toEqual([{ trajectories: 1, steps: 6 }]);
    });
    expect(manifest.tables).toMatchObject({
      tasks: { rows: 1 },
      trajectories: { rows: 1 },
      steps: { rows: 6 },
    });
  });

  it("takes a number that only Python writes as null, and half a surrogate pair as U+FFFD, and says both", async () => {
    const text = JSON.stringify(
      madeTraj({
        steps: [
          { action: "validate", observation: validated(0.1) },
          { action: "submit", observation: "\ud800 NaN" },
        ],
        status: "submitted",
        scores: [{ Score: 0.1 }, { Score: 0.7 }],
      }),
    ).replace('"Score":0.7', '"Score": NaN');
    const file = await writeTraj(at("nan"), text);
    await take([file], at("nan-out"));
    const [rollout] = await rolloutsOf(at("nan-out"));
    expect(rollout?.trajectory.flags).toEqual(expect.arrayContaining(["numbers:notFinite", "text:repaired"]));
    expect(rollout?.trajectory).toMatchObject({ score_raw: null, evaluation_status: "none" });
    expect(rollout?.steps[1]?.actions[0]?.observation).toBe("\ufffd NaN");
  });

  it("finds such a number beside strings of any length, with whatever quotes are in them", () => {
    const strings = ["NaN", 'a "NaN"', "\\", "\n".repeat(9_000_000)];
    const text = `[${strings.map((one) => JSON.stringify(one)).join(", NaN, ")}, -Infinity]`;
    const [a, b, c, d] = strings;
    expect(parsePythonJson(text)).toEqual({ value: [a, null, b, null, c, null, d, null], notFinite: 4 });
    expect(() => parsePythonJson('[NaN, "open')).toThrow(/is not JSON/);
  });

  it("gives no export a prompt that nobody recorded", async () => {
    const rollout = await imported("export", PLAIN);
    for (const name of ["sft_branches", "sft_text_chat", "sft_steps"] as const) {
      expect(RECIPES[name].convert(rollout)).toMatchObject({ rows: [], leftOut: ["promptUnknown"] });
    }
    for (const name of ["grpo_prompts", "verl_rl", "skyrl_rl"] as const) {
      const conversion = RECIPES[name].open({ tasks: new Map(), tokenizer: null });
      expect(conversion.convert(rollout)).toMatchObject({ rows: [], leftOut: ["promptUnknown"] });
    }
  });

  it("names members of a newer format that it does not read", async () => {
    const traj = madeTraj(PLAIN);
    const file = await writeTraj(at("newer"), { ...traj, info: { ...traj.info, mood: "good" } });
    await take([file], at("newer-out"));
    const [rollout] = await rolloutsOf(at("newer-out"));
    expect(rollout?.trajectory.source).toMatchObject({ unread: ["info.mood"] });
  });
});

describe("a file that is no trajectory of MLGym's", () => {
  const whole = JSON.stringify(madeTraj(PLAIN));
  const bad: readonly [string, string | Uint8Array, RegExp][] = [
    ["is not UTF-8", Buffer.from(whole.replace("a.py", "\u00e9.py"), "latin1"), /is not UTF-8/],
    ["is cut off", whole.slice(0, -40), /is not JSON/],
    ["is empty", "", /is not JSON/],
    [
      "is of another system",
      whole.replace("mlgym_main", "swe_main"),
      /a trajectory of "swe_main", not of MLGym/,
    ],
    ["is something else", '{"a": 1}', /no trajectory of MLGym's/],
    ["lacks its history", JSON.stringify({ ...madeTraj(PLAIN), history: [] }), /0 replies for 6 steps/],
    [
      "has replies of another run",
      JSON.stringify({
        ...madeTraj(PLAIN),
        history: madeTraj({ ...PLAIN, steps: PLAIN.steps.toReversed() }).history,
      }),
      /reply 0 of the history is not that of step 0/,
    ],
  ];

  it.each(bad)("is named and counted where others can be taken: it %s", async (what, text, why) => {
    const root = at(`bad ${what}`);
    await writeTraj(root, madeTraj(PLAIN));
    const file = await writeTraj(root, text, { folder: "other_run_1" });
    const report = await take([root], `${root}-out`);
    expect(report).toMatchObject({
      files: 2,
      refused: 1,
      manifest: { tables: { trajectories: { rows: 1 } } },
    });
    expect(report.refusals).toEqual([{ path: file, why: expect.stringMatching(why) }]);
  });

  it("ends an import where there is no other, and leaves what was there", async () => {
    const root = at("alone");
    const file = await writeTraj(root, "{}");
    await expect(take([file], at("deep", "er", "out"))).rejects.toThrow(/nothing is imported/);
    expect(await readdir(at())).not.toContain("deep");
    await take([await writeTraj(at("older"), madeTraj(PLAIN))], at("kept"));
    const before = (await openDataset(at("kept"))).manifest;
    await expect(take([file], at("kept"))).rejects.toThrow(/nothing is imported/);
    expect((await openDataset(at("kept"))).manifest).toEqual(before);
  });

  it("counts the same run's same bytes once", async () => {
    await writeTraj(at("twice", "a"), madeTraj(PLAIN));
    await writeTraj(at("twice", "b"), madeTraj(PLAIN));
    expect(await take([at("twice")], at("twice-out"))).toMatchObject({ files: 2, repeated: 1, refused: 0 });
  });
});
