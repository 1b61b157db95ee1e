// Storms of 429 and 503, replies that hang, replies that break off: tried again within limits, and nothing is bought twice.
import { describe, expect, it } from "vitest";
import { cutAtOnce, cutMidBody, raw, refusal, silence, silenceMidBody } from "../models/faultyServer.ts";
import { badDay, dayOf, playThrough, twice } from "./badDay.ts";
import { endpointDouble, type Mood } from "./endpointDouble.ts";

/** Plays a run under a mood, with time laid in where calls wait; then its ledger. */
async function played(mood: Mood, { model = "", advanceMs = 0, perCell = 3 } = {}) {
  await using double = await endpointDouble();
  await using day = await badDay(dayOf([double.baseUrl], { model, perCell }));
  const run = await day.open();
  double.mood(mood);
  const ending = await playThrough(run, double, day.clock, advanceMs);
  const { books } = run.progress();
  const { spent, away } = run.state;
  await run.close();
  const of = await day.ledger();
  const steps = of("rollout-ended").reduce((sum, { facts }) => sum + facts.stepCount, 0);
  const retried = day.log.lines.filter(({ event }) => event === "model-call-retried");
  return { ending, books, spent, away, of, steps, retried, sold: double.sold, seen: double.seenCount, day };
}

describe("a storm", () => {
  it("of 429 is waited out as long as the server says, and costs nothing", async () => {
    const askedAt: number[] = [];
    const { ending, books, of, steps, retried, sold, day } = await played(
      (_, nth) => {
        askedAt.push(nth);
        return nth < 60 && nth % 4 !== 3
          ? refusal(429, "slow down", { headers: { "retry-after": "20" } })
          : null;
      },
      { advanceMs: 1000 },
    );
    expect(ending).toBe("played");
    expect(books).toMatchObject({ admitted: 3, failed: {}, owed: 0 });
    expect(of("rollout-ended").map(({ outcome }) => outcome.kind)).toEqual(Array(3).fill("submitted"));
    expect(retried.length).toBeGreaterThan(10);
    for (const { text } of retried)
      expect(Number(/"waitMs":(\d+)/.exec(text)?.[1])).toBeGreaterThanOrEqual(20_000);
    expect(twice(sold)).toEqual([]);
    expect(sold).toHaveLength(steps);
    // Refused tries are tries of one call: none was lost, none was bought.
    expect(of("call-started")).toHaveLength(steps);
    expect(day.log.lines.map(({ event }) => event)).not.toContain("endpoint-parked");
  });

  it("of 503 is waited out, too, and parks what outlasts every patience", async () => {
    const { ending, books, away, of, steps, sold } = await played(
      (_, nth) => {
        if (nth < 3) return null;
        return nth < 30 ? refusal(503, "overloaded", { headers: { "retry-after": "600" } }) : null;
      },
      { advanceMs: 30_000 },
    );
    expect(ending).toBe("played");
    expect(books).toMatchObject({ admitted: 3, failed: {}, owed: 0 });
    expect(twice(sold)).toEqual([]);
    expect(sold).toHaveLength(steps);
    const parked = of("endpoint-parked");
    expect(parked).toMatchObject([{ model: "double", trouble: "throttled" }]);
    expect(away.get("double")?.times).toBe(1);
    expect(of("call-started").length - of("call-refused").length).toBe(steps);
  });
});

describe("a reply that never comes whole", () => {
  const faults: [string, Mood][] = [
    ["has no headers", (_, nth) => (nth % 3 === 1 && nth < 9 ? silence : null)],
    ["stalls in its body", (_, nth) => (nth % 3 === 1 && nth < 9 ? silenceMidBody : null)],
    ["is cut off in its body", (_, nth) => (nth % 3 === 1 && nth < 9 ? cutMidBody : null)],
    ["is cut off before its headers", (_, nth) => (nth % 3 === 1 && nth < 9 ? cutAtOnce : null)],
    [
      "is truncated JSON",
      (_, nth) => (nth % 3 === 1 && nth < 9 ? raw(200, '{"model":"double-1","choices":[{"mess') : null),
    ],
    [
      "is a stream that ends early",
      (_, nth) =>
        nth % 3 === 1 && nth < 9
          ? (response) => {
              response.writeHead(200, { "content-type": "application/json" });
              response.write('{"model":"double-1","cho', () => response.socket?.destroy());
            }
          : null,
    ],
  ];
  it.each(faults)("because it %s is asked for again, and counted as possibly sold", async (_, mood) => {
    const { ending, books, of, steps, sold, spent, seen } = await played(mood, {
      model: ", timeoutSeconds: 0.4",
      perCell: 2,
    });
    expect(ending).toBe("played");
    expect(books).toMatchObject({ admitted: 2, failed: {}, owed: 0 });
    const lost = seen - sold.length;
    expect(lost).toBe(3);
    expect(sold).toHaveLength(steps);
    expect(twice(sold)).toEqual([]);
    // Each lost one is a call of its own in the ledger, charged at all that it may have cost.
    const again = of("call-started").filter(({ call }) => call.split("/").length > 3);
    expect(again).toHaveLength(lost);
    expect(of("call-started")).toHaveLength(steps + lost);
    const replies = of("rollout-ended").reduce((sum, { facts }) => sum + (facts.costUsd ?? 0), 0);
    const most = Math.min(...of("call-started").map(({ reservedUsd }) => reservedUsd));
    expect(spent.usd).toBeGreaterThanOrEqual(replies + lost * most);
  });
});

describe("a prompt that no longer fits", () => {
  it("is the agent's limit, not a failure, and parks nobody", async () => {
    const overflow = refusal(400, "This model's maximum context length is 4096 tokens", {
      code: "context_length_exceeded",
    });
    const { ending, books, of, sold, steps } = await played(
      ({ body }) => (body.toString().split('"role":"assistant"').length > 3 ? overflow : null),
      { perCell: 2 },
    );
    expect(ending).toBe("played");
    expect(books.failed).toEqual({});
    expect(of("rollout-ended").map(({ outcome }) => outcome)).toEqual(
      Array(2).fill({ kind: "limit", limit: "context" }),
    );
    expect(of("endpoint-parked")).toEqual([]);
    expect(sold).toHaveLength(steps);
    expect(of("call-refused")).toHaveLength(2);
  });
});
