// The examples of the library work as they stand: each is run as a program of its own, against this clone's sources.
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { REPOSITORY } from "../cli/nightshift.ts";

const RUN_MS_MAX = 120_000;
let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "nightshift-examples-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What an example prints, from an empty folder. The condition has `nightshift` mean the sources. */
async function printed(name: string, ...args: readonly string[]): Promise<string> {
  const file = path.join(REPOSITORY, "examples", name);
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--conditions=nightshift-source", file, ...args],
    { cwd: folder, timeout: RUN_MS_MAX },
  );
  return stdout;
}

it("the Gym: an episode, its rewards and its score of record", { timeout: RUN_MS_MAX }, async () => {
  const text = await printed("gym.ts", "3");
  expect(text).toContain("- strategy.py (");
  expect(text.match(/^playing 1 with chance 0\.\d\d: score [\d.]+, reward -?[\d.]+$/gm)).toHaveLength(3);
  expect(text).toMatch(/^scored 0\.\d+ (true|false)$/m);
});

it("the GymPool: a result for every seed, in order", { timeout: RUN_MS_MAX }, async () => {
  const text = await printed("gymPool.ts");
  expect(text.match(/^\d(?= \{)/gm)).toEqual(["0", "1", "2", "3", "4", "5", "6", "7"]);
  expect(text.match(/'anchored@1': [\d.]+/g)).toHaveLength(8);
});

it("replay: the same scores once more", { timeout: RUN_MS_MAX }, async () => {
  expect(await printed("replay.ts", path.join(folder, "runs"))).toMatch(
    /^[1-9]\d* evaluations, all the same in the replay$/m,
  );
});
