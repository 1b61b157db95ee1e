// A process that may open few files: rollouts wait for one another; and where the descriptors run out all the same the run pauses with one
// clear sentence, and nothing is lost.
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { startDouble } from "../../scripts/bench/startDouble.ts";
import { rolloutsWithin } from "../../src/compose/openFiles.ts";
import {
  dayFolder,
  dayPipeline,
  expectNothingBoughtTwice,
  startCommand,
  startRun,
  untilCalls,
} from "./machineDay.ts";

const HOLDER = fileURLToPath(new URL("./holdFiles.mjs", import.meta.url));
/** A supervisor puts descriptors at 200 and 201: with fewer no sandbox starts. */
const FILES_FEW = 230;

function submitted(count: number): readonly string[] {
  return Array.from({ length: count }, () => "submitted");
}

describe("too few open files", { timeout: 200_000 }, () => {
  test("for what is asked at a time: the rest waits, and says so", async () => {
    await using folder = await dayFolder("few-files");
    await using double = await startDouble({ "latency-ms": 20, sigma: 0.2, steps: 4 });
    const pipeline = dayPipeline(double.baseUrl, { perCell: 40, rollouts: 40 });
    const run = await startRun(folder.path, "run", pipeline, { shell: `ulimit -n ${FILES_FEW}` });
    const { exitCode, stderr } = await run.ended;
    expect(exitCode, stderr).toBe(0);
    const atOnce = rolloutsWithin(FILES_FEW, 1);
    expect(stderr).toContain(`40 rollouts at a time; ${atOnce} are played at a time and the rest wait`);
    const { replies: sold = 0, inFlightMost = 0 } = await double.stats();
    await expectNothingBoughtTwice(run.directory, sold, submitted(40));
    expect(inFlightMost).toBeLessThanOrEqual(atOnce);
  });

  test("used up in mid-run: it pauses with one sentence, and is whole after a resume", async () => {
    await using folder = await dayFolder("no-files");
    await using double = await startDouble({ "latency-ms": 80, sigma: 0.2, steps: 8 });
    const flag = path.join(folder.path, "hold");
    const run = await startRun(folder.path, "run", dayPipeline(double.baseUrl, { perCell: 10 }), {
      shell: "ulimit -n 400",
      env: { NODE_OPTIONS: `--import=${HOLDER}`, HOLD_FILES_WHEN: flag },
    });
    await untilCalls(run.directory, 12);
    await writeFile(flag, "");
    const paused = await run.ended;
    expect(paused.stderr).toMatch(
      /^paused: this process has as many files open as it may \(ulimit -n\); raise that, or lower concurrency\.rollouts: .*; when it is mended, go on with `nightshift resume/m,
    );
    expect(paused.exitCode).toBe(1);
    const resumed = await startCommand(["resume", "run"], { cwd: folder.path }).ended;
    expect(resumed.exitCode, resumed.stderr).toBe(0);
    const { replies: sold = 0 } = await double.stats();
    await expectNothingBoughtTwice(run.directory, sold, submitted(10));
  });
});
