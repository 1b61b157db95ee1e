// `curate` through the door: rules from a file and from settings, and what each exit code says.
import { stat, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { workerPool } from "../../src/compute/workerPool.ts";
import { writeDataset } from "../../src/dataset/writeDataset.ts";
import { FIXTURE_RUN, fixtureFunnel, fixtureRecords, fixtureTask, streamed } from "../dataset/fixtures.ts";
import { temporaryFolder } from "../dataset/temporary.ts";
import { nightshift } from "./nightshift.ts";

const at = temporaryFolder();
const pool = workerPool({ workersMax: 1, waitingMax: 2 });
afterAll(() => pool[Symbol.asyncDispose]());

describe("curate", () => {
  beforeAll(async () => {
    await writeDataset({
      outDir: at("run"),
      tasks: [fixtureTask()],
      rows: streamed(fixtureRecords(4)),
      runInfo: FIXTURE_RUN,
      funnel: fixtureFunnel(4),
      allow: [],
      offThread: pool.runInWorker,
      signal: new AbortController().signal,
    });
    await writeFile(at("curate.yaml"), "exactDuplicates: true\nstepsMin: 1\n");
  });
  const run = (...args: string[]) => nightshift(["curate", ...args], { cwd: at() });

  it("drops by the rules of a file and tells what", async () => {
    const { exitCode, stdout, stderr } = await run("run", "--rules", "curate.yaml", "--out", "good");
    expect(exitCode, stderr).toBe(0);
    expect(stdout).toBe(
      "4 rollouts read, 0 dropped before\n" +
        "  3 dropped: duplicate (a rollout of the same task did the same)\n1 kept\n→ good\n",
    );
  });

  it("says with exit code 1 what dropped everything", async () => {
    const { exitCode, stdout, stderr } = await run("run", "--set", "stepsMin=9", "--out", "none");
    expect(exitCode).toBe(1);
    expect(stdout).toContain("4 dropped: tooShort");
    expect(stderr).toContain("no rollout is kept");
  });

  it.each([
    ["no rule", [], /no rule to curate by/],
    ["a rule that there is not", ["--set", "stepMin=3"], /stepsMin/],
    [
      "a column that there is not",
      ["--set", "where=[{path: rewrad, op: '>', value: 1, missing: drop}]"],
      /reward/,
    ],
    ["a file that is not there", ["--rules", "none.yaml"], /none\.yaml cannot be read/],
  ])("refuses %s, and writes nothing", async (_, args, complaint) => {
    const { exitCode, stderr } = await run("run", ...args, "--out", "bad");
    expect(exitCode, stderr).toBe(2);
    expect(stderr).toMatch(complaint);
    await expect(stat(at("bad"))).rejects.toThrow("ENOENT");
  });
});
