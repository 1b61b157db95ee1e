// Stopping in good order on a bad day: a call that never ends is waited for half a minute, a parked one not at all, and a second signal
// ends the process at once.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { nightshift, REPOSITORY } from "../cli/nightshift.ts";
import { silence } from "../models/faultyServer.ts";
import { badDay, dayOf, twice, until, untilWaiting } from "./badDay.ts";
import { endpointDouble } from "./endpointDouble.ts";

const signal = new AbortController().signal;

describe("a run that is told to stop", () => {
  it("waits half a minute for a call that never ends, then cuts it off, and counts it as possibly sold", async () => {
    await using double = await endpointDouble();
    await using day = await badDay(dayOf([double.baseUrl]));
    const run = await day.open();
    double.mood((_, nth) => (nth >= 6 ? silence : null));
    const stop = new AbortController();
    const playing = run.play(stop.signal);
    await until("silence", () => double.waitingCount === 3);
    stop.abort();
    day.clock.advance(29_000);
    const early = await Promise.race([playing, sleep(300).then(() => "still waiting")]);
    expect(early).toBe("still waiting");
    day.clock.advance(1_500);
    expect(await playing).toBe("interrupted");
    expect(run.progress().books).toMatchObject({ admitted: 3, failed: {}, owed: 3 });
    await run.close();

    double.mood(null);
    const resumed = await day.open();
    expect(await resumed.play(signal)).toBe("played");
    const lost = [...resumed.state.resumed.values()].reduce(
      (sum, { lostCallCount }) => sum + lostCallCount,
      0,
    );
    expect(resumed.progress().books).toMatchObject({ admitted: 3, failed: {}, owed: 0 });
    expect(lost).toBe([...resumed.state.resumed.values()].length);
    await resumed.close();
    expect(twice(double.sold)).toEqual([]);
  });

  it("leaves at once where its calls are parked or wait to be tried again: nothing is in flight, nothing is charged", async () => {
    await using double = await endpointDouble();
    await using day = await badDay(dayOf([double.baseUrl]));
    const run = await day.open();
    double.mood((_, nth) => {
      if (nth >= 4) void double.close();
      return null;
    });
    const stop = new AbortController();
    const playing = run.play(stop.signal);
    await untilWaiting(day.log, 3);
    await until(
      "parking",
      () => run.state.parked.size > 0,
      () => day.clock.advance(500),
    );
    stop.abort();
    expect(await playing).toBe("interrupted");
    expect(run.progress().books).toMatchObject({ admitted: 3, failed: {}, owed: 3 });
    const cut = double.seenCount - double.sold.length;
    await run.close();
    double.mood(null);
    await double.open();
    const resumed = await day.open();
    expect(await resumed.play(signal)).toBe("played");
    expect(resumed.progress().books).toMatchObject({ admitted: 3, failed: {}, owed: 0 });
    const lost = [...resumed.state.resumed.values()].reduce(
      (sum, { lostCallCount }) => sum + lostCallCount,
      0,
    );
    // Only what the fall itself cut off may have been sold.
    expect(lost).toBeLessThanOrEqual(cut);
    await resumed.close();
    expect(twice(double.sold)).toEqual([]);
  });

  it("ends at once on a second signal, with 130, and goes on afterwards", { timeout: 120_000 }, async () => {
    await using double = await endpointDouble();
    await using day = await badDay(dayOf([double.baseUrl]));
    const cwd = path.dirname(day.directory);
    double.mood((_, nth) => (nth >= 4 ? silence : null));
    const child = spawn(
      process.execPath,
      [path.join(REPOSITORY, "bin/nightshift.js"), "run", "day.yaml", "--out", day.directory],
      { cwd, stdio: ["ignore", "pipe", "ignore"] },
    );
    const exited = once(child, "exit");
    let said = "";
    child.stdout.on("data", (chunk: Buffer) => {
      said += chunk.toString();
    });
    await until("silence", () => double.waitingCount === 3);
    child.kill("SIGTERM");
    await until("the first signal's answer", () => said.includes("again to end at once"));
    expect(child.exitCode).toBeNull();
    child.kill("SIGINT");
    // The first signal alone would take half a minute, since nobody answers.
    expect(await exited).toEqual([130, null]);
    double.mood(null);
    const { exitCode, stderr } = await nightshift(["resume", day.directory], { cwd });
    expect(exitCode, stderr).toBe(0);
    expect(twice(double.sold)).toEqual([]);
    const of = await day.ledger();
    expect(of("rollout-ended").map(({ outcome }) => outcome.kind)).toEqual(Array(3).fill("submitted"));
  });
});

describe("--deadline", { timeout: 120_000 }, () => {
  it("is refused with exit code 2 where it is none or is past, before anything is written", async () => {
    await using day = await badDay(dayOf(["http://127.0.0.1:9/v1"]));
    const cwd = path.dirname(day.directory);
    for (const [text, said] of [
      ["tomorrow", "must be a local time of day such as 08:00"],
      ["2020-01-01T08:00", "that is past"],
    ] as const) {
      const run = await nightshift(["run", "day.yaml", "--out", "none", "--deadline", text], { cwd });
      expect(run).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(said) });
      expect(await nightshift(["status", "none"], { cwd })).toMatchObject({ exitCode: 2 });
    }
  });

  it("has the dataset written by then, with exit code 1 and the reason, and overrides the pipeline's", async () => {
    await using double = await endpointDouble();
    const text = dayOf([double.baseUrl], { perCell: 400, more: 'budgets: { deadline: "00:00" }' });
    await using day = await badDay(text);
    const cwd = path.dirname(day.directory);
    await writeFile(path.join(cwd, "day.yaml"), text);
    const atMs = Date.now() + 30_000;
    const deadline = new Date(atMs).toISOString();
    const run = await nightshift(["run", "day.yaml", "--out", day.directory, "--deadline", deadline], {
      cwd,
    });
    expect(run).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining(`fell short: the session's time is over (deadline ${deadline})`),
    });
    const of = await day.ledger();
    const [written] = of("dataset-written");
    expect(written?.atMs).toBeLessThan(atMs);
    expect(of("run-ended")).toMatchObject([{ status: "short" }]);
    const status = JSON.parse((await nightshift(["status", day.directory, "--json"], { cwd })).stdout);
    expect(status.books.failed).toEqual({});
  });
});
