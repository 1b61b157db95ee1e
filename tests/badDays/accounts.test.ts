// A key that is revoked and a quota that is used up while rollouts are under way: the run pauses or waits, in words that name the endpoint and
// the key's variable; nothing has failed, and what was paid for is not paid for again.
import { describe, expect, it } from "vitest";
import { type Behaviour, json, refusal } from "../models/faultyServer.ts";
import { badDay, dayOf, playThrough, twice } from "./badDay.ts";
import { endpointDouble } from "./endpointDouble.ts";

const signal = new AbortController().signal;
const KEY = "sk-double-0123456789abcdef";
const model = ", keyEnv: DOUBLE_KEY";

/** A run whose endpoint begins to refuse in mid-run; it pauses, the endpoint is mended, and it is resumed. */
async function refusedAndResumed(refused: Behaviour, { more = "", advanceMs = 1000 } = {}) {
  await using double = await endpointDouble(9);
  await using day = await badDay(dayOf([double.baseUrl], { model, more }), {
    DOUBLE_KEY: KEY,
  });
  const run = await day.open();
  double.mood((_request, nth) => (nth >= 6 ? refused : null));
  const ending = await playThrough(run, double, day.clock, advanceMs);
  const { books } = run.progress();
  const reason = run.pauseReason ?? "";
  const soldBefore = double.sold.length;
  const refusals = double.seenCount - soldBefore;
  await run.close();
  const atPause = await day.ledger();

  double.mood(null);
  const resumed = await day.open();
  const again = await resumed.play(signal);
  const after = resumed.progress().books;
  const lost = [...resumed.state.resumed.values()].reduce((sum, { lostCallCount }) => sum + lostCallCount, 0);
  await resumed.close();
  const of = await day.ledger();
  expect(JSON.stringify(day.log.lines) + reason).not.toContain(KEY);
  return {
    ending,
    books,
    reason,
    refusals,
    atPause,
    again,
    after,
    of,
    lost,
    sold: double.sold,
    host: double.host,
    soldBefore,
  };
}

describe("in mid-run", () => {
  it.each([
    [401, "Incorrect API key provided"],
    [403, "This key has been disabled"],
    [404, "The model `double` does not exist"],
  ])(
    "a key that is revoked or a model that is gone (%i) pauses the run with one clear sentence, and nothing is bought again",
    async (status, said) => {
      const day = await refusedAndResumed(refusal(status, said));
      expect(day.ending).toBe("paused");
      expect(day.books).toMatchObject({ admitted: 3, failed: {}, owed: 3 });
      if (status !== 404) expect(day.reason).toContain("its key is taken from DOUBLE_KEY");
      expect(day.reason).toContain(`"${day.host}"`);
      expect(day.reason).toContain(String(status));
      expect(day.atPause("run-paused")).toMatchObject([{ cause: "endpoint", reason: day.reason }]);
      expect(day.atPause("rollout-ended")).toEqual([]);
      // One refusal each, then a probe at a time, three in all.
      expect(day.refusals).toBeLessThanOrEqual(3 + 3);

      expect(day.again).toBe("played");
      expect(day.after).toMatchObject({ admitted: 3, failed: {}, owed: 0 });
      expect(day.of("rollout-resumed").length).toBeGreaterThan(0);
      const steps = day.of("rollout-ended").reduce((sum, { facts }) => sum + facts.stepCount, 0);
      expect(twice(day.sold)).toEqual([]);
      expect(day.sold).toHaveLength(steps);
      // What was refused is no call in flight: nothing is charged for it.
      expect(day.lost).toBe(0);
    },
  );

  const spentQuotas: [string, Behaviour][] = [
    ["402", refusal(402, "Insufficient Balance")],
    [
      "429",
      refusal(429, "You exceeded your current quota", {
        code: "insufficient_quota",
        headers: { "retry-after": "1" },
      }),
    ],
    [
      "400",
      json(400, {
        type: "error",
        error: {
          type: "invalid_request_error",
          message: "Your credit balance is too low to access the API.",
        },
      }),
    ],
  ];
  it.each(spentQuotas)(
    "a quota that is used up (%s) is waited for, then pauses the run, and nothing is bought again",
    async (_, refused) => {
      const more = "endpoints: { parkedHoursMax: 2, probeSeconds: 60 }";
      const day = await refusedAndResumed(refused, { more, advanceMs: 20_000 });
      expect(day.ending).toBe("paused");
      expect(day.books).toMatchObject({ admitted: 3, failed: {}, owed: 3 });
      expect(day.reason).toMatch(
        /^model double has had no quota left for 2\.\d h \(its key is taken from DOUBLE_KEY\): /,
      );
      expect(day.reason).toContain(`"${day.host}"`);
      expect(day.again).toBe("played");
      expect(day.after).toMatchObject({ admitted: 3, failed: {}, owed: 0 });
      expect(twice(day.sold)).toEqual([]);
      expect(day.sold).toHaveLength(
        day.of("rollout-ended").reduce((sum, { facts }) => sum + facts.stepCount, 0),
      );
      expect(day.lost).toBe(0);
    },
  );

  it("a quota that is filled up again in time lets the run go on by itself", async () => {
    await using double = await endpointDouble();
    await using day = await badDay(dayOf([double.baseUrl], { model }), {
      DOUBLE_KEY: KEY,
    });
    const run = await day.open();
    double.mood((_, nth) => (nth >= 6 && nth < 12 ? refusal(402, "Insufficient Balance") : null));
    expect(await playThrough(run, double, day.clock, 1000)).toBe("played");
    expect(run.progress().books).toMatchObject({ admitted: 3, failed: {}, owed: 0 });
    await run.close();
    expect(twice(double.sold)).toEqual([]);
  });
});

describe("an endpoint beside another", () => {
  it("may refuse the key or be down: the other one serves, and nothing waits", async () => {
    await using well = await endpointDouble();
    await using ill = await endpointDouble();
    ill.mood((_, nth) => (nth >= 2 ? refusal(401, "no such key") : null));
    await using day = await badDay(dayOf([well.baseUrl, ill.baseUrl], { model, perCell: 6 }), {
      DOUBLE_KEY: KEY,
    });
    const run = await day.open();
    expect(await run.play(signal)).toBe("played");
    expect(run.progress().books).toMatchObject({ admitted: 6, failed: {}, owed: 0 });
    await run.close();
    const of = await day.ledger();
    expect(of("endpoint-parked")).toEqual([]);
    expect(twice([...well.sold, ...ill.sold])).toEqual([]);
  });
});
