// An endpoint that is down for ten minutes: its rollouts wait, off their clocks, and nothing fails.

import { readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { endpointLines } from "../../src/cli/endpointText.ts";
import { nightshift } from "../cli/nightshift.ts";
import { badDay, dayOf, twice, until, untilWaiting } from "./badDay.ts";
import { endpointDouble } from "./endpointDouble.ts";

describe("an endpoint that is down for ten minutes", () => {
  it("has its rollouts parked, not failed, off the agent's clock, and the report says for how long", async () => {
    await using double = await endpointDouble();
    const notices = path.join(tmpdir(), `nightshift-notices-${process.pid}`);
    const notify = `notify: { command: [sh, -c, "cat >> ${notices}"], env: [] }`;
    await using day = await badDay(dayOf([double.baseUrl], { more: notify }));
    const run = await day.open();
    double.mood((_, nth) => {
      if (nth >= 4) void double.close();
      return null;
    });
    const played = run.play(new AbortController().signal);
    await untilWaiting(day.log, 3);
    await until(
      "parking",
      () => run.state.parked.size > 0,
      () => day.clock.advance(500),
    );
    expect(run.progress().parked).toMatchObject([{ model: "double", trouble: "down" }]);
    const underWay = run.state.underWay().length;
    expect(underWay).toBeGreaterThan(0);
    const inCall = () =>
      run.state.callCount - run.state.unansweredCallCount - double.sold.length - lostIn(day.log);
    const quiet = () =>
      until(
        "quiet",
        () => inCall() === 0,
        () => day.clock.advance(100),
      );
    for (let minutes = 0; minutes < 10; minutes += 0.5) {
      day.clock.advance(30_000);
      await quiet();
    }
    // A probe that has just begun is to find the door shut, too.
    await sleep(100);
    await quiet();
    expect(run.state.parked.size).toBe(1);
    const { stdout } = await nightshift(["status", day.directory], { cwd: path.dirname(day.directory) });
    expect(stdout).toMatch(
      /^parked: double since 2\d\d\d-\S+Z, .* ago \(down\): model endpoint "127\.0\.0\.1:\d+" /m,
    );
    double.mood(null);
    await double.open();
    // Only until its call is out: what passes while it is answered is the model's time.
    const seenBefore = double.seenCount;
    await until(
      "a probe",
      () => double.seenCount > seenBefore,
      () => day.clock.advance(5_000),
    );
    await until("the endpoint's return", () => run.state.parked.size === 0);
    expect(await played).toBe("played");
    const { books } = run.progress();
    expect(books).toMatchObject({ admitted: 3, failed: {}, owed: 0 });
    const { times, parkedMs } = run.state.away.get("double") ?? { times: 0, parkedMs: 0 };
    expect(times).toBe(1);
    expect(parkedMs).toBeGreaterThan(600_000);
    expect(endpointLines(run.state, day.clock.now())).toEqual([
      expect.stringMatching(
        /^away: double for 1\d min \d\d s in all, once; its rollouts waited, off their clocks$/,
      ),
    ]);
    await run.writeDataset(new AbortController().signal);
    await run.close();

    const told = (await readFile(notices, "utf8")).trim().split("\n");
    await rm(notices);
    expect(told.map((line) => JSON.parse(line))).toMatchObject([
      { status: "parked", reason: expect.stringContaining(double.host), books: { failed: {} } },
      { status: "back", reason: expect.stringMatching(/^model double answers again after 1\d\.\d min$/) },
    ]);
    const of = await day.ledger();
    const ended = of("rollout-ended");
    // With the outage on their clocks they would have ended as limit:wall after five minutes.
    expect(ended.map(({ outcome }) => outcome.kind)).toEqual(["submitted", "submitted", "submitted"]);
    expect(of("rollout-retried")).toEqual([]);
    expect(twice(double.sold)).toEqual([]);
    expect(double.sold).toHaveLength(ended.reduce((sum, { facts }) => sum + facts.stepCount, 0));
    // What reached nobody is no lost call.
    const refused = of("call-refused").length;
    expect(refused).toBeGreaterThan(0);
    expect(of("call-started")).toHaveLength(double.sold.length + refused + lostIn(day.log));
  });
});

/** Replies that were cut off by the fall itself: bought again, and paid for twice at most. */
function lostIn(log: { readonly lines: readonly { event: string; text: string }[] }): number {
  return log.lines.filter(
    ({ event, text }) => event === "model-call-retried" && text.includes("closed the connection"),
  ).length;
}
