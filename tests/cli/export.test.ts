// `export` through the door: dataset folders, several as one, a condition, and what each exit code says.
import { readdir, readFile, stat } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { workerPool } from "../../src/compute/workerPool.ts";
import { writeDataset } from "../../src/dataset/writeDataset.ts";
import { exportReportSchema, REPORT_NAME } from "../../src/export/exportReport.ts";
import { FIXTURE_RUN, fixtureFunnel, fixtureRecords, fixtureTask, streamed } from "../dataset/fixtures.ts";
import { temporaryFolder } from "../dataset/temporary.ts";
import { nightshift } from "./nightshift.ts";

const at = temporaryFolder();
const pool = workerPool({ workersMax: 1, waitingMax: 2 });
afterAll(() => pool[Symbol.asyncDispose]());

describe("export", () => {
  beforeAll(async () => {
    const records = fixtureRecords(4, { tokens: true });
    for (const [name, own] of [
      ["one", records.slice(0, 3)],
      ["two", records.slice(1)],
    ] as const) {
      await writeDataset({
        outDir: at(name),
        tasks: [fixtureTask()],
        rows: streamed(own),
        runInfo: FIXTURE_RUN,
        funnel: fixtureFunnel(own.length),
        allow: [],
        offThread: pool.runInWorker,
        signal: new AbortController().signal,
      });
    }
  });
  const run = (...args: string[]) => nightshift(["export", ...args], { cwd: at() });

  it("writes two datasets as one, each rollout once, and says so", async () => {
    const { exitCode, stdout, stderr } = await run("one", "two", "--recipe", "sft_tokens", "--out", "both");
    expect(exitCode, stderr).toBe(0);
    expect(stdout).toBe("export sft_tokens both (4 rows of 4 of 6 rollouts, 12 trained turns, 2 repeated)\n");
    const report = exportReportSchema.parse(JSON.parse(await readFile(at("both", REPORT_NAME), "utf8")));
    expect(report).toMatchObject({ rows: 4, rollouts: { read: 6, exported: 4, repeated: 2, leftOut: {} } });
  });

  it("writes a file a rollout where the recipe is of documents", async () => {
    const { exitCode, stderr } = await run("one", "--recipe", "atif", "--out", "documents");
    expect(exitCode, stderr).toBe(0);
    const files = (await readdir(at("documents", "data", "atif"), { recursive: true })).filter((name) =>
      name.endsWith(".json"),
    );
    expect(files).toHaveLength(3);
  });

  it("falls short, with what was left out, where a condition leaves nothing", async () => {
    const { exitCode, stdout, stderr } = await run("one", "--where", "reward > 5", "--out", "none");
    expect(exitCode).toBe(1);
    expect(stdout).toContain("(0 rows of 0 of 3 rollouts; left out: notSelected 3)");
    expect(stderr).toMatch(/^fell short: no row is in the export/);
  });

  it.each([
    [["one", "--out", "x", "--where", "reward > 5 or modle = a"], /no column "modle"; did you mean `model`/],
    [["one", "--out", "x", "--recipe", "dpo_step"], /no export recipe "dpo_step"; did you mean `dpo_steps`/],
    [["one"], /is a dataset and no run; say where its export goes with --out DIR/],
    [["one", "two"], /2 runs are exported as one; say where with --out DIR/],
    [["one", "nowhere", "--out", "x"], /nowhere/],
    [["one", "--out", "two"], /two is not empty .* and is no export; name a new folder/],
  ])("refuses %j in one sentence, and writes nothing", async (args, says) => {
    const { exitCode, stdout, stderr } = await run(...args);
    expect({ exitCode, stdout, lines: stderr.trim().split("\n").length }).toEqual({
      exitCode: 2,
      stdout: "",
      lines: 1,
    });
    expect(stderr).toMatch(says);
    await expect(stat(at("x"))).rejects.toThrow();
  });
});
