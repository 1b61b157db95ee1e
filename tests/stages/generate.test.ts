// A rollout that infrastructure cut off after its first step: taken up in the same try where its record is kept, else begun again as another.
import { expect, it } from "vitest";
import { systemClock } from "../../src/compose/world.ts";
import type { LedgerEvent } from "../../src/core/ledger.ts";
import { pastOf } from "../../src/core/past.ts";
import type { StepsLogRecord, Trajectory } from "../../src/core/trajectory.ts";
import { generateRollout } from "../../src/stages/generate.ts";
import { fixtureTask, fixtureTrajectory } from "../dataset/fixtures.ts";

const NEVER = new AbortController().signal;

async function generated(keepsRecord: boolean) {
  const whole = fixtureTrajectory();
  const broken = { kind: "failed", boundary: "sandbox", error: "it died" } as const;
  const cut: Trajectory = { ...whole, steps: whole.steps.slice(0, 1), outcome: broken };
  const { key, cell, seedIndex, origin, place, startedAtMs } = whole;
  if (place === null) throw new RangeError("the fixture was played nowhere");
  const opened: StepsLogRecord = {
    kind: "rollout-opened",
    ...{ key, retry: 0, startedAtMs, place, messages: whole.pool.filter(({ step }) => step === null) },
  };
  const tries: { retry: number; taken: boolean; chargedUsd: number }[] = [];
  const events: LedgerEvent[] = [];
  await generateRollout(
    { key, retry: 0, cell, seedIndex, origin, task: fixtureTask() },
    {
      ledger: { append: async (event) => void events.push(event) },
      archive: {
        append: async () => ({ segment: 0, offset: 0, length: 1 }),
        read: () => Promise.reject(new Error("nothing is read")),
      },
      clock: systemClock,
      async play({ retry, past }, prior) {
        tries.push({ retry, taken: Boolean(past), chargedUsd: prior.charged.usd });
        const trajectory = tries.length === 1 ? cut : { ...whole, retry };
        return { trajectory, charged: { usd: 1, tokens: 10 } };
      },
      pastOf: async () => (keepsRecord && tries.length > 0 ? pastOf([opened]) : null),
      retriesMax: 1,
      hold: NEVER,
    },
    NEVER,
  );
  const wallMs = events.flatMap((event) => (event.kind === "rollout-ended" ? [event.facts.wallMs] : []));
  const kinds = events.map((event) => [event.kind, "retry" in event ? event.retry : null]);
  return { tries, events: kinds, wallMs, fromStartMs: whole.endedAtMs - whole.startedAtMs };
}

it("goes on in the same try where its record is kept, with what it had cost", async () => {
  const { tries, events, wallMs } = await generated(true);
  // Of the record alone, which has no step yet: not the time since it was begun.
  expect(wallMs).toEqual([0]);
  expect(tries).toEqual([
    { retry: 0, taken: false, chargedUsd: 0 },
    { retry: 0, taken: true, chargedUsd: 1 },
  ]);
  expect(events).toEqual([
    ["rollout-started", 0],
    ["rollout-ended", 0],
  ]);
});

it("is begun again under the next number where nothing is kept, as for a trainer", async () => {
  const { tries, events, wallMs, fromStartMs } = await generated(false);
  expect(fromStartMs).toBeGreaterThan(0);
  expect(wallMs).toEqual([fromStartMs]);
  expect(tries).toEqual([
    { retry: 0, taken: false, chargedUsd: 0 },
    { retry: 1, taken: false, chargedUsd: 0 },
  ]);
  expect(events).toEqual([
    ["rollout-started", 0],
    ["rollout-retried", 0],
    ["rollout-started", 1],
    ["rollout-ended", 1],
  ]);
});
