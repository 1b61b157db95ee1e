// A finished run, copied to another path: there it is as finished as here, nothing is played or written again, and no absolute path matters;
// with more to do it does only that. A run that was cut off goes on in its copy as well.
import { cp, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { startDouble } from "../../scripts/bench/startDouble.ts";
import { checkDataset } from "../../src/dataset/checkDataset.ts";
import { readManifest } from "../../src/dataset/manifest.ts";
import { dayFolder, dayPipeline, ledgerOf, startCommand, startRun, untilCalls } from "./machineDay.ts";

/** Every file below a folder with its size and time of change. */
async function filesOf(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const lines = entries
    .filter((entry) => entry.isFile())
    .map(async (entry) => {
      const file = path.join(entry.parentPath, entry.name);
      const { size, mtimeMs } = await stat(file);
      return `${path.relative(folder, file)} ${size} ${mtimeMs}`;
    });
  return (await Promise.all(lines)).sort();
}

test("a finished run is finished wherever it lies, and does only what is new", {
  timeout: 120_000,
}, async () => {
  await using folder = await dayFolder("copied");
  await using double = await startDouble({ "latency-ms": 10, sigma: 0.2, steps: 4 });
  const run = await startRun(folder.path, "run", dayPipeline(double.baseUrl, { perCell: 3 }));
  const { exitCode, stderr } = await run.ended;
  expect(exitCode, stderr).toBe(0);
  const { tables } = await readManifest(path.join(run.directory, "dataset"));
  const { replies: sold = 0 } = await double.stats();

  const copy = path.join(folder.path, "elsewhere", "deeper", "copy");
  await cp(run.directory, copy, { recursive: true, preserveTimestamps: true });
  // The first place is gone: whatever pointed at it would now break.
  await rm(run.directory, { recursive: true });
  for (const name of ["run.json", "ledger.jsonl"]) {
    expect(await readFile(path.join(copy, name), "utf8"), name).not.toContain(folder.path);
  }
  const before = await filesOf(copy);
  const again = await startCommand(["resume", copy], { cwd: "/" }).ended;
  expect(again).toMatchObject({ exitCode: 0, stdout: `${copy}: complete, nothing to do.\n` });
  expect(await filesOf(copy)).toEqual(before);
  const status = await startCommand(["status", copy, "--json"], { cwd: "/" }).ended;
  expect(JSON.parse(status.stdout)).toMatchObject({ status: "complete", books: { admitted: 3, owed: 0 } });
  const checks = await checkDataset(path.join(copy, "dataset"));
  expect(checks.filter(({ problem }) => problem !== null)).toEqual([]);

  const more = await startCommand(["resume", copy, "--set", "rollouts.perCell=4"], { cwd: "/" }).ended;
  expect(more.exitCode, more.stderr).toBe(0);
  const { of } = await ledgerOf(copy);
  expect(of("rollout-ended")).toHaveLength(4);
  expect(await double.stats()).toMatchObject({
    replies: sold + (of("rollout-ended").at(-1)?.facts.stepCount ?? 0),
  });
  expect((await readManifest(path.join(copy, "dataset"))).tables).not.toEqual(tables);
});

test("a run that was cut off goes on where it was moved to", { timeout: 120_000 }, async () => {
  await using folder = await dayFolder("moved");
  await using double = await startDouble({ "latency-ms": 60, sigma: 0.2, steps: 6 });
  const run = await startRun(folder.path, "run", dayPipeline(double.baseUrl));
  await untilCalls(run.directory, 10);
  run.child.kill("SIGKILL");
  await run.ended;
  const moved = path.join(folder.path, "moved");
  await rename(run.directory, moved);
  const resumed = await startCommand(["resume", moved], { cwd: "/" }).ended;
  expect(resumed.exitCode, resumed.stderr).toBe(0);
  const { of } = await ledgerOf(moved);
  expect(of("rollout-resumed").length).toBeGreaterThan(0);
  expect(of("rollout-retried").reduce((sum, { stepCount }) => sum + stepCount, 0)).toBe(0);
  const recorded = of("rollout-ended").reduce((sum, { facts }) => sum + facts.stepCount, 0);
  const { replies: sold = 0 } = await double.stats();
  expect(sold - recorded).toBeLessThanOrEqual(of("call-started").length - recorded);
});
