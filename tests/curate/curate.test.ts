// Curation of real datasets on disk: each rule gives its reason and its count, nothing is deleted, and the books close.
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { workerPool } from "../../src/compute/workerPool.ts";
import { CURATE_REASON_TEXTS, CURATE_REASONS } from "../../src/core/verdict.ts";
import { curateDatasets } from "../../src/curate/curateDatasets.ts";
import { curateRulesSchema } from "../../src/curate/rules.ts";
import { checkDataset } from "../../src/dataset/checkDataset.ts";
import { openDataset } from "../../src/dataset/openDataset.ts";
import type { DatasetRecord } from "../../src/dataset/records.ts";
import type { RolloutRows } from "../../src/dataset/rows.ts";
import { writeDataset } from "../../src/dataset/writeDataset.ts";
import {
  FIXTURE_RUN,
  type FixtureStep,
  fixtureRecord,
  fixtureTask,
  inKeyOrder,
  streamed,
} from "../dataset/fixtures.ts";
import { temporaryFolder } from "../dataset/temporary.ts";

const at = temporaryFolder();
const pool = workerPool({ workersMax: 1, waitingMax: 4 });
const signal = new AbortController().signal;
afterAll(() => pool[Symbol.asyncDispose]());

const SUBMIT: FixtureStep = { text: "Good.\n```\nsubmit\n```", observation: null };
const act = (command: string, said = "Now."): FixtureStep => ({
  text: `${said}\n\`\`\`\n${command}\n\`\`\``,
  observation: "done",
});
const WORDS = Array.from({ length: 60 }, (_, index) => `word${index}`);
const TRAINING = `python train.py ${WORDS.join(" ")}`;
const NEARLY = `python train.py ${WORDS.slice(0, -1).join(" ")} another`;
const TASK = fixtureTask();
const BENCH = fixtureTask("held-back", { use: "benchmark", family: "held-back" });

let seeds = 0;
const record = (steps: readonly FixtureStep[], over: Parameters<typeof fixtureRecord>[0] = {}) =>
  fixtureRecord({ steps: [...steps, SUBMIT], seedIndex: seeds++, ...over });

async function write(name: string, records: readonly DatasetRecord[]): Promise<void> {
  const kept = records.filter(({ verdict }) => verdict.kind === "kept").length;
  const dropped = { outcome: records.length - kept, belowScore: 2 };
  await writeDataset({
    outDir: at(name),
    tasks: [TASK, BENCH],
    rows: streamed(inKeyOrder(records)),
    runInfo: { ...FIXTURE_RUN, runId: name },
    funnel: { admitted: records.length + 3, kept, dropped, failed: { sandbox: 1 }, owed: 0 },
    allow: [],
    offThread: pool.runInWorker,
    signal,
  });
}

const curate = (out: string, names: readonly string[], rules: object, testedTexts: readonly string[] = []) =>
  curateDatasets({
    datasetDirs: names.map((name) => at(name)),
    rules: curateRulesSchema.parse(rules),
    testedTexts,
    outDir: at(out),
    codeVersion: "0.1.0-test",
    offThread: pool.runInWorker,
    signal,
  });

async function rowsOf(name: string): Promise<RolloutRows[]> {
  const dataset = await openDataset(at(name));
  const rows: RolloutRows[] = [];
  for (const split of dataset.splits) for await (const row of dataset.rollouts(split)) rows.push(row);
  return rows;
}

beforeAll(async () => {
  await write("run", [
    record([act("ls -la"), act(TRAINING)]),
    record([act("ls   -la"), act(TRAINING)]),
    record([act("ls -la"), act(NEARLY)]),
    record([act("ls"), act("ls"), act("ls"), act("ls")]),
    record([act("cat data.csv", "我们先看一下数据，然后训练模型。再看一次结果吧。")]),
    record([act("cat a.csv", "As Claude, I would look first.")]),
    record([{ text: "I will not act.", formatError: true, observation: "no action" }, act("cat b.csv")]),
    record([act("cat c.csv")], { scores: [] }),
    record([act("cat d.csv")], {
      verdict: { kind: "dropped", stage: "filter", reason: "outcome", detail: "forfeit" },
    }),
  ]);
});

const CASES: readonly [string, object, Record<string, number>][] = [
  [
    "conditions, where null keeps",
    { where: [{ path: "reward", op: ">=", value: 0.7, missing: "keep" }] },
    { where: 7 },
  ],
  [
    "conditions, where null drops",
    { where: [{ path: "reward", op: ">=", value: 0.5, missing: "drop" }] },
    { where: 1 },
  ],
  ["loops", { loopRepeatsMax: 3 }, { loop: 1 }],
  ["most steps", { stepsMax: 4 }, { tooLong: 1 }],
  ["fewest steps", { stepsMin: 3 }, { tooShort: 3 }],
  ["other scripts", { foreignScriptShareMax: 0.2 }, { foreignScript: 1 }],
  ["names that leak", { identityNames: ["claude", "GPT"] }, { identityLeak: 1 }],
  ["malformed replies", { formatErrorShareMax: 0.2 }, { malformed: 1 }],
  ["exact duplicates", { exactDuplicates: true }, { duplicate: 1 }],
  ["near duplicates", { nearDuplicates: {} }, { dupOf: 2 }],
  ["a spread that is not there", { groupSpreadMin: 0.01 }, { groupVariance: 8 }],
  ["tasks that are solved too often", { passRate: { min: 0.1, max: 0.9 } }, { passRate: 8 }],
  ["caps", { capTask: 3 }, { capTask: 5 }],
  ["the best of a group", { bestOfGroup: 2 }, { notBest: 4 }],
];

describe("curation", () => {
  it.each(CASES)("drops for %s, with a count", async (name, rules, dropped) => {
    const report = await curate(`out ${name}`, ["run"], rules);
    expect(report.dropped).toEqual(dropped);
    const count = Object.values(dropped).reduce((sum, each) => sum + each, 0);
    expect(report).toMatchObject({ rollouts: 9, droppedBefore: 1, kept: 8 - count });
    expect(report.funnel).toMatchObject({ admitted: 12, kept: 8 - count, failed: { sandbox: 1 } });
    expect(report.funnel.dropped).toMatchObject({ outcome: 1, belowScore: 2, ...dropped });
    expect((await checkDataset(at(`out ${name}`))).filter(({ problem }) => problem !== null)).toEqual([]);
    const rows = await rowsOf(`out ${name}`);
    expect(rows).toHaveLength(9);
    expect(rows.filter(({ trajectory }) => trajectory.filter_stage === "curate")).toHaveLength(count);
  });

  it("keeps the first of near duplicates in key order, and names it", async () => {
    await curate("near", ["run"], { nearDuplicates: {} });
    const rows = await rowsOf("near");
    const later = rows.filter(({ trajectory }) => trajectory.filter_reasons.includes("dupOf"));
    const named = new Set(later.map(({ trajectory }) => trajectory.filter_detail?.split(",")[0]));
    expect(named.size).toBe(1);
    for (const { trajectory } of later) expect(trajectory.trajectory_id > String([...named][0])).toBe(true);
  });

  it("finds thirteen words of a tested text, and not twelve", async () => {
    const rules = { decontaminate: {} };
    const tested = (count: number) => [`before ${WORDS.slice(3, 3 + count).join(", ")} after`];
    expect((await curate("tested", ["run"], rules, tested(13))).dropped).toEqual({ contaminated: 3 });
    expect((await curate("untested", ["run"], rules, tested(12))).dropped).toEqual({});
  });

  it("masks replies whose actions failed, without dropping their rollout", async () => {
    const slip = record([act("python broken.py"), act("python train.py")]);
    const steps = slip.trajectory.steps.map((step, index) => ({
      ...step,
      actions: step.actions.map((action) =>
        index === 0 && action.result !== null
          ? { ...action, result: { ...action.result, exitCode: 1 } }
          : action,
      ),
    }));
    await write("slips", [{ ...slip, trajectory: { ...slip.trajectory, steps } }]);
    const trained = (rows: readonly RolloutRows[]) => rows[0]?.steps.map(({ train }) => train);
    expect(trained(await rowsOf("slips"))).toEqual([true, true, true]);
    const report = await curate("masked", ["slips"], { maskActionErrors: true });
    expect(report).toMatchObject({ kept: 1, dropped: {}, maskedReplies: 1 });
    const rows = await rowsOf("masked");
    expect(trained(rows)).toEqual([false, true, true]);
    const [reply] = rows[0]?.steps.map(({ response_msg: at }) => rows[0]?.trajectory.messages[at]) ?? [];
    expect(reply).toMatchObject({ train: false, train_reason: "actionError" });
    expect((await curate("shared", ["slips"], { actionErrorShareMax: 0.3 })).dropped).toEqual({
      actionErrors: 1,
    });
  });

  it("gives the same bytes twice, and takes a rollout of two datasets once", async () => {
    const rules = { nearDuplicates: {}, capTask: 4 };
    await curate("once", ["run"], rules);
    await curate("twice", ["run"], rules);
    const manifest = (name: string) => readFile(at(name, "manifest.json"), "utf8");
    expect(await manifest("twice")).toBe(await manifest("once"));
    const both = await curate("both", ["run", "run"], rules);
    expect(both).toMatchObject({ rollouts: 9, repeated: 9 });
    expect(both.funnel).toMatchObject({ dropped: { outcome: 1, belowScore: 4 }, failed: { sandbox: 2 } });
  });

  it("refuses a column that there is not, a script that there is not, and a folder that is in use", async () => {
    const where = [{ path: "rewrad", op: ">=", value: 0.5, missing: "keep" }];
    await expect(curate("bad", ["run"], { where })).rejects.toThrow(/where\[0\]: .*"rewrad".*reward/);
    await expect(curate("bad", ["run"], { scripts: ["Latim"] })).rejects.toThrow(/"Latim" is no script/);
    await expect(curate("run", ["run"], { capTask: 1 })).rejects.toThrow(/is one of the datasets/);
    await write("other", [record([act("ls")])]);
    await expect(curate("other", ["run"], { capTask: 1 })).rejects.toThrow(/is no curated dataset/);
  });

  it("says of every reason in the guide what it means", async () => {
    const guide = await readFile(new URL("../../docs/curation.md", import.meta.url), "utf8");
    for (const reason of CURATE_REASONS) {
      expect(guide).toContain(`\`${reason}\``);
      expect(CURATE_REASON_TEXTS[reason]).not.toBe("");
    }
  });
});
