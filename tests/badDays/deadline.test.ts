// A session with a deadline: it stops early enough for judging and writing, what is not done is owed, and a resumed run buys none of it again.
import { stat } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { silence } from "../models/faultyServer.ts";
import { badDay, dayOf, twice, until } from "./badDay.ts";
import { endpointDouble } from "./endpointDouble.ts";

const signal = new AbortController().signal;
const HOUR_MS = 3_600_000;

describe("a deadline", () => {
  it("finds the dataset written, with what is owed still owed, and nothing is bought twice afterwards", async () => {
    await using double = await endpointDouble();
    await using day = await badDay(dayOf([double.baseUrl], { perCell: 40, wallSeconds: 86_400 }));
    const atMs = day.clock.now() + HOUR_MS;
    const run = await day.open([], atMs);
    const playing = run.play(signal);
    await until("a verdict", () => run.progress().books.kept > 0);
    const { kept } = run.progress().books;
    // Twenty seconds are left: more than calls take, less than what is kept free.
    day.clock.advance(atMs - 20_000 - day.clock.now());
    expect(await playing).toBe("deadline");
    expect(run.shortfall("deadline")).toMatch(
      /^the session's time is over \(deadline \d{4}-.*\); \d+ rollouts are owed/,
    );
    await run.writeDataset(signal);
    expect(day.clock.now()).toBeLessThan(atMs);
    const { books } = run.progress();
    expect(books.kept).toBeGreaterThanOrEqual(kept);
    expect(books.owed).toBeGreaterThan(0);
    expect(books.failed).toEqual({});
    expect((await stat(path.join(run.datasetDirectory, "manifest.json"))).isFile()).toBe(true);
    await run.end("short");
    await run.close();
    const of = await day.ledger();
    // The writing is measured, for the next time.
    expect(of("dataset-written")).toMatchObject([
      { tookMs: expect.any(Number), rollouts: expect.any(Number) },
    ]);

    const resumed = await day.open(["rollouts.perCell=8"]);
    expect(await resumed.play(signal)).toBe("played");
    expect(resumed.progress().books).toMatchObject({ failed: {}, owed: 0 });
    await resumed.close();
    expect(twice(double.sold)).toEqual([]);
  });

  it("ends the wait for an endpoint that is away: what was played is written, what waits is owed", async () => {
    await using double = await endpointDouble();
    await using day = await badDay(dayOf([double.baseUrl], { perCell: 12, wallSeconds: 86_400 }));
    const atMs = day.clock.now() + HOUR_MS;
    const run = await day.open([], atMs);
    double.mood((_, nth) => {
      if (nth > 16) void double.close();
      return null;
    });
    const playing = run.play(signal);
    await until("parking", () => run.state.parked.size > 0);
    await until("verdicts", () => run.progress().books.kept > 0);
    day.clock.advance(atMs - 15_000 - day.clock.now());
    expect(await playing).toBe("deadline");
    await run.writeDataset(signal);
    expect(day.clock.now()).toBeLessThan(atMs);
    expect(run.progress().books).toMatchObject({ failed: {} });
    expect(run.progress().books.owed).toBeGreaterThan(0);
    expect(run.state.callCount - run.state.unansweredCallCount - double.sold.length).toBeLessThanOrEqual(3);
    await run.close();
  });

  it("cuts off a call that never ends, in time to write, and counts it as possibly sold", async () => {
    await using double = await endpointDouble();
    await using day = await badDay(dayOf([double.baseUrl], { perCell: 3, wallSeconds: 86_400 }));
    const atMs = day.clock.now() + HOUR_MS;
    const run = await day.open([], atMs);
    double.mood((_, nth) => (nth >= 4 ? silence : null));
    const playing = run.play(signal);
    await until("silence", () => double.waitingCount === 3);
    day.clock.advance(atMs - 20_000 - day.clock.now());
    await until("no more to begin", () => run.progress().books.admitted === 3);
    // Writing must begin 7.59 s before the deadline: five seconds and 20 ms for each rollout, and half again.
    day.clock.advance(13_000);
    expect(await playing).toBe("deadline");
    await run.writeDataset(signal);
    expect(day.clock.now()).toBeLessThan(atMs);
    await run.close();

    double.mood(null);
    const resumed = await day.open();
    expect(await resumed.play(signal)).toBe("played");
    const lost = [...resumed.state.resumed.values()].reduce(
      (sum, { lostCallCount }) => sum + lostCallCount,
      0,
    );
    expect(resumed.progress().books).toMatchObject({ admitted: 3, failed: {}, owed: 0 });
    await resumed.close();
    expect(lost).toBeGreaterThan(0);
    expect(twice(double.sold)).toEqual([]);
  });
});
