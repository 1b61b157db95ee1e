// Several datasets as one: each rollout once, in key order, and refusals that name what contradicts what.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { workerPool } from "../../src/compute/workerPool.ts";
import type { Task } from "../../src/core/task.ts";
import type { DatasetRecord } from "../../src/dataset/records.ts";
import { writeDataset } from "../../src/dataset/writeDataset.ts";
import { exportDataset } from "../../src/export/exportDataset.ts";
import {
  FIXTURE_RUN,
  fixtureFunnel,
  fixtureRecord,
  fixtureRecords,
  fixtureTask,
  inKeyOrder,
  streamed,
} from "../dataset/fixtures.ts";
import { temporaryFolder } from "../dataset/temporary.ts";

const at = temporaryFolder();
const pool = workerPool({ workersMax: 1, waitingMax: 4 });
const signal = new AbortController().signal;
afterAll(() => pool[Symbol.asyncDispose]());

async function write(
  name: string,
  records: readonly DatasetRecord[],
  tasks: readonly Task[] = [fixtureTask()],
): Promise<void> {
  await writeDataset({
    outDir: at(name),
    tasks,
    rows: streamed(inKeyOrder(records)),
    runInfo: { ...FIXTURE_RUN, runId: name },
    funnel: fixtureFunnel(records.length),
    allow: [],
    offThread: pool.runInWorker,
    signal,
  });
}

const run = (out: string, names: readonly string[], recipe = "sft_branches") =>
  exportDataset({
    sources: names.map((name) => ({ datasetDir: at(name), allow: ["benchmark"] as const })),
    recipe,
    outDir: at(out),
    offThread: pool.runInWorker,
    signal,
  });

describe("several datasets", () => {
  beforeAll(async () => {
    const all = fixtureRecords(6);
    await write("all", all);
    await write(
      "evens",
      all.filter((_, index) => index % 2 === 0),
    );
    await write("first", all.slice(0, 4));
    // The same rollouts, played at another time on another machine: volatile columns only.
    await write(
      "later",
      [0, 1, 2].map((seedIndex) => fixtureRecord({ seedIndex, startedAtMs: 1, latencyMs: 3 })),
    );
    await write("rescored", [fixtureRecord({ seedIndex: 0, scores: [0.19, 0.19] })]);
    const benchmark = fixtureTask("ames-price", { use: "benchmark" });
    await write("moved", [fixtureRecord({ seedIndex: 9, task: benchmark })], [benchmark]);
    const renamed = fixtureTask("ames-price", { title: "Other houses" });
    await write("renamed", [fixtureRecord({ seedIndex: 8, task: renamed })], [renamed]);
  });

  it("give the same rows as one that holds them all, whatever the order", async () => {
    const one = await run("one", ["all"]);
    const two = await run("two", ["evens", "first", "all"]);
    const other = await run("other", ["all", "first", "evens"]);
    expect([two.tableHash, two.rows]).toEqual([one.tableHash, one.rows]);
    expect(other.tableHash).toBe(one.tableHash);
    expect(two.rollouts).toEqual({ read: 13, exported: 6, repeated: 7, leftOut: {} });
    expect(two.sources.map(({ runId }) => runId)).toEqual(["evens", "first", "all"]);
    const paths = (report: typeof one) => report.files.filter(({ table }) => table !== null);
    expect(paths(two)).toEqual(paths(one));
  });

  it("may have played the same rollout at other times", async () => {
    expect((await run("times", ["all", "later"])).rollouts).toMatchObject({
      read: 9,
      exported: 6,
      repeated: 3,
    });
  });

  it("are refused where they say different things of a rollout, with the column", async () => {
    await expect(run("conflict", ["all", "rescored"])).rejects.toThrow(
      /^rollout [0-9a-f]+ differs between .*all and .*rescored \(column score_raw\); score both runs alike/,
    );
  });

  it("are refused where a task stands in another split, or tasks differ in a recipe that holds them", async () => {
    await expect(run("leak", ["all", "moved"])).rejects.toThrow(
      /^the task ames-price stands in the split train in .*all and in benchmark in .*moved; .*: export them apart$/,
    );
    const house = fixtureTask("house-two", { use: "train", family: "tabular-regression" });
    await write("again", [fixtureRecord({ task: house })], [house]);
    await expect(run("fine", ["all", "again"])).resolves.toMatchObject({ rollouts: { exported: 7 } });
    await expect(run("raw", ["all", "renamed"], "raw")).rejects.toThrow(
      /^the task ames-price differs between .*all and .*renamed \(column title\)/,
    );
    await expect(run("branches", ["all", "renamed"])).resolves.toMatchObject({ rollouts: { exported: 7 } });
  });
});
