// Containers that somebody kills from outside: in mid action (`docker kill`, `docker rm -f`) the rollout's try ends with its steps kept, and
// in a run each one is taken up in another container from its snapshot or its starter files; no reply is bought again, no container is left.
import { execFileSync, spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startDouble } from "../../scripts/bench/startDouble.ts";
import { loadTask } from "../../src/tasks/loadTask.ts";
import { command, listModel } from "../fixtures/listModel.ts";
import { TASKS, type World, world } from "../judge/world.ts";
import { playWith } from "../rollout/stage.ts";
import {
  dayFolder,
  dayPipeline,
  expectNothingBoughtTwice,
  ledgerOf,
  startRun,
  untilCalls,
} from "./machineDay.ts";
import { dockerObstacle, workingPlaces } from "./places.ts";

const obstacle = await dockerObstacle();
let here: World;
beforeAll(async () => {
  here = await world();
});
afterAll(() => here[Symbol.asyncDispose]());

function containersOf(runId: string): readonly string[] {
  const label = `label=nightshift.run=${runId}`;
  const printed = execFileSync("docker", ["ps", "-aq", "--filter", label], { encoding: "utf8" });
  return printed.split("\n").filter((id) => id !== "");
}

describe.skipIf(obstacle !== null)("a container that is killed from outside", { timeout: 180_000 }, () => {
  it.each([["kill"], ["rm", "-f"]])(
    "in mid action by docker %s ends the try, with what it had",
    async (...how) => {
      const [place] = await workingPlaces(["docker"]);
      if (place === undefined) throw new Error("there was a daemon a moment ago");
      await using ground = place;
      const task = await loadTask(TASKS, "battle-of-sexes");
      let id = "";
      const model = listModel(
        [command("echo one"), command("sleep 30; echo two"), command("submit")],
        async (call) => {
          // While the long action runs: the reply that asks for it is on its way.
          if (call === 1) setTimeout(() => spawnSync("docker", [...how, id], { stdio: "ignore" }), 1_000);
          return undefined;
        },
      );
      const { trajectory } = await playWith({ ...here, backend: ground.backend }, task, model, {
        onSandbox: (sandbox) => {
          id = sandbox.handle.id;
        },
      });
      expect(trajectory.outcome).toMatchObject({ kind: "failed", boundary: "sandbox" });
      expect(trajectory.steps).toHaveLength(2);
      expect(trajectory.steps[0]?.actions[0]?.result?.exitCode).toBe(0);
      expect(trajectory.steps[1]?.actions[0]?.result).toBeNull();
    },
  );

  it("is made up for by another: the run is whole, and nothing was bought twice", async () => {
    await using folder = await dayFolder("killed");
    await using double = await startDouble({ "latency-ms": 200, sigma: 0.2, steps: 8 });
    const run = await startRun(folder.path, "run", dayPipeline(double.baseUrl, { backend: "docker" }));
    await untilCalls(run.directory, 8);
    const { runId } = JSON.parse(await readFile(path.join(run.directory, "run.json"), "utf8"));
    for (const [turn, how] of [["kill"], ["rm", "-f"], ["kill", "-s", "TERM"]].entries()) {
      const living = containersOf(runId);
      spawnSync("docker", [...how, living[turn % Math.max(1, living.length)] ?? ""], { stdio: "ignore" });
      await untilCalls(run.directory, 10 + 4 * turn);
    }
    const { exitCode, stderr } = await run.ended;
    expect(exitCode, stderr).toBe(0);
    const { replies: sold = 0 } = await double.stats();
    await expectNothingBoughtTwice(
      run.directory,
      sold,
      Array.from({ length: 4 }, () => "submitted"),
    );
    const resumed = (await ledgerOf(run.directory)).of("rollout-resumed");
    expect(resumed.length).toBeGreaterThan(0);
    expect(new Set(resumed.map(({ how, lostCallCount }) => `${how} ${lostCallCount}`))).toEqual(
      new Set(["restored 0"]),
    );
    expect(containersOf(runId)).toEqual([]);
  });
});
if (obstacle !== null) console.warn(`SKIPPED: containers that are killed from outside: ${obstacle}`);
