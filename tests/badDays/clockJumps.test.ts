// Somebody sets this machine's clock, back and forward by hours, while a run plays and between its sessions: no duration is negative or hours
// too long, nothing times out too early, the ledger's order is that of its lines, and what was done is what a calm run does.
import { mkdtempSync, rmSync } from "node:fs";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { Trajectory } from "../../src/core/trajectory.ts";
import { readManifest } from "../../src/dataset/manifest.ts";
import type { PlannedRun } from "../../src/pipeline/plannedRun.ts";
import { dockerBackend } from "../../src/sandbox/docker/docker.ts";
import { readRun } from "../../src/store/readRun.ts";
import { memoryBlobs, never, PATIENT, clock as realClock, silentLog, spec } from "../sandbox/ground.ts";
import { badDay, dayOf, twice } from "./badDay.ts";
import { endpointDouble } from "./endpointDouble.ts";
import { handClock } from "./handClock.ts";
import { DOCKER_SOCKET, dockerObstacle } from "./places.ts";

const HOUR_MS = 3_600_000;
const socketRoot = mkdtempSync("/tmp/nsc");
afterAll(() => rmSync(socketRoot, { recursive: true, force: true }));

/** What must not depend on the clock; texts may, since commands print dates. */
function essence(trajectories: readonly Trajectory[]) {
  return trajectories
    .map(({ key, seed, outcome, finalSubmission, steps }) => ({
      ...{ key, seed, outcome, finalSubmission },
      actions: steps.map(({ actions }) =>
        actions.map(({ tool, text, result }) => [tool, text, result?.exitCode]),
      ),
    }))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** Plays a run under a clock that is set by turns with each call; `sessions` by turns: a run is opened, stopped and opened again. */
async function played(jumps: readonly number[], isCutOff: boolean) {
  await using double = await endpointDouble();
  // A rollout may take five minutes, far less than a jump.
  await using day = await badDay(dayOf([double.baseUrl], { wallSeconds: 300 }));
  double.mood((_, nth) => {
    const jump = jumps[nth % Math.max(1, jumps.length)];
    if (jump !== undefined) day.clock.jump(jump);
    return null;
  });
  const play = async (run: PlannedRun, signal: AbortSignal) => {
    try {
      return await run.play(signal);
    } finally {
      if (!signal.aborted) await run.writeDataset(never);
      await run.close();
    }
  };
  if (isCutOff) {
    const stop = new AbortController();
    const first = play(await day.open(), stop.signal);
    while (double.sold.length < 6) await realClock.sleep(5);
    stop.abort();
    await first;
    day.clock.jump(-3 * HOUR_MS);
  }
  await play(await day.open(), never);
  const { archive, events, state } = await readRun(day.directory);
  const rollouts = [...state.rollouts.values()];
  const trajectories = await Promise.all(
    rollouts.map(({ archive: ref }) =>
      ref === null ? Promise.reject(new Error("owed")) : archive.read(ref),
    ),
  );
  const { tables } = await readManifest(path.join(day.directory, "dataset"));
  return { events, state, trajectories, rows: tables.trajectories.rows, sold: double.sold };
}

describe("a clock that is set while a run plays", { timeout: 120_000 }, () => {
  it.each([
    { what: "back by an hour, and again", jumps: [0, -HOUR_MS, 0], isCutOff: false },
    { what: "forward by an hour, and again", jumps: [HOUR_MS, 0, 0], isCutOff: false },
    { what: "both ways, across sessions", jumps: [2 * HOUR_MS, -HOUR_MS, -HOUR_MS], isCutOff: true },
  ])("$what", async ({ jumps, isCutOff }) => {
    const calm = await played([], false);
    const { events, state, trajectories, rows, sold } = await played(jumps, isCutOff);
    const dates = events.map(({ atMs }) => atMs);
    const steps = events.filter(
      (event, index) => index > 0 && Math.abs(event.atMs - (dates[index - 1] ?? 0)) > HOUR_MS / 2,
    );
    expect(steps.length, "the dates of the ledger jump").toBeGreaterThan(0);
    expect([...state.rollouts.values()].map(({ outcome }) => outcome?.kind)).toEqual(
      Array(3).fill("submitted"),
    );
    for (const { facts } of state.rollouts.values()) {
      expect(facts?.wallMs).toBeGreaterThanOrEqual(0);
      expect(facts?.wallMs).toBeLessThan(HOUR_MS / 2);
    }
    for (const { startedAtMs, endedAtMs, steps: made } of trajectories) {
      expect(endedAtMs).toBeGreaterThanOrEqual(startedAtMs);
      if (!isCutOff) expect(endedAtMs - startedAtMs).toBeLessThan(HOUR_MS / 2);
      for (const { reply, actions } of made) {
        expect(reply.latencyMs).toBeGreaterThanOrEqual(0);
        expect(reply.latencyMs).toBeLessThan(HOUR_MS / 2);
        for (const { result } of actions) {
          expect(result?.timedOut).toBe(false);
          expect(result?.durationMs).toBeGreaterThanOrEqual(0);
          expect(result?.durationMs).toBeLessThan(HOUR_MS / 2);
        }
      }
    }
    expect(twice(sold)).toEqual([]);
    expect(essence(trajectories)).toEqual(essence(calm.trajectories));
    expect(rows).toBe(calm.rows);
  });
});

describe("a clock that is set while containers live", { timeout: 60_000 }, () => {
  it("ends none that a living process owns, whatever its label says; what nobody owns goes when it has expired", async ({
    skip,
  }) => {
    const obstacle = await dockerObstacle();
    if (obstacle !== null) skip(obstacle);
    const clock = handClock();
    const runId = "clock-jump";
    const backend = dockerBackend({
      name: "local",
      connection: { socketPath: DOCKER_SOCKET },
      blobs: memoryBlobs(),
      clock,
      log: silentLog(),
      socketRoot,
    });
    await using sandbox = await backend.create(spec({ runId }), never);
    const action = sandbox.shell("long", "sleep 1; echo done", PATIENT);
    clock.jump(24 * HOUR_MS);
    const found: string[] = [];
    const gc = { spareOwned: true, dryRun: true, found: (what: string) => void found.push(what) };
    await backend.sweep(gc);
    const own = `container nightshift-${sandbox.handle.locator.split("/").at(-1)}`;
    expect(found).not.toContain(own);
    // Without an owner that lives, the label alone counts, by the clock of whoever sweeps.
    await backend.sweep({ ...gc, spareOwned: false });
    expect(found).toContain(own);
    found.length = 0;
    clock.jump(-48 * HOUR_MS);
    await backend.sweep({ ...gc, spareOwned: false });
    expect(found).not.toContain(own);
    expect((await action).output).toBe("done\n");
  });
});
