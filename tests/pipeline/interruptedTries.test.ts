// What the tries that a session left open had come to: replies at their price, lost calls and replies that nobody counted at what they may have cost.
import { expect, test } from "vitest";
import { NO_USAGE } from "../../src/core/model.ts";
import { attemptId, fold } from "../../src/core/runState.ts";
import type { StepsLogRecord } from "../../src/core/trajectory.ts";
import { interruptedTries } from "../../src/pipeline/interruptedTries.ts";
import { fixtureTrajectory } from "../dataset/fixtures.ts";
import { admitted, called, replyReceived, rolloutKeyOf, started, stepRecord } from "../store/samples.ts";

const KEY = rolloutKeyOf("open");

function uncounted(index: number): StepsLogRecord {
  const record = replyReceived(KEY, index);
  const step = stepRecord(index);
  return {
    ...record,
    kind: "reply-received",
    step: { ...step, reply: { ...step.reply, usage: NO_USAGE, costUsd: null } },
    standIns: [],
    message: { ...messageOf(record) },
  };
}

function messageOf(record: StepsLogRecord) {
  if (record.kind !== "reply-received") throw new Error("not a reply");
  return record.message;
}

test("a reply without usage counts at its reservation and is not lost; a call without a reply is", async () => {
  const calls = [called(KEY, 0, 0), called(KEY, 0, 1), called(KEY, 0, 1), called(KEY, 0, 2)];
  const state = fold([admitted(KEY), started(KEY), ...calls]);
  const tries = await interruptedTries(state, { records: async () => [replyReceived(KEY, 0), uncounted(1)] });
  // Step 0 has its price; step 1 was asked for twice and answered without a count; step 2 was in flight.
  expect(tries.get(attemptId(KEY, 0))).toMatchObject({
    stepCount: 2,
    charged: { usd: 0.001 + 3 * 0.5, tokens: 13 + 3 * 1000 },
    lostCallCount: 2,
    lost: { usd: 1, tokens: 2000 },
  });
});

test("what a branch took over from its parent is not charged to it", async () => {
  const state = fold([admitted(KEY), started(KEY)]);
  const records = [openedWith(1), replyReceived(KEY, 0), replyReceived(KEY, 1)];
  const tries = await interruptedTries(state, { records: async () => records });
  expect(tries.get(attemptId(KEY, 0))).toMatchObject({
    stepCount: 2,
    charged: { usd: 0.001, tokens: 13 },
    lostCallCount: 0,
  });
});

/** The first record of a branch. */
function openedWith(takenOver: number): StepsLogRecord {
  const { place } = fixtureTrajectory();
  if (place === null) throw new Error("the fixture was played nowhere");
  return { kind: "rollout-opened", key: KEY, retry: 0, startedAtMs: 0, place, messages: [], takenOver };
}
