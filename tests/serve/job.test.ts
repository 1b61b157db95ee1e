// One request's life under a clock that moves only when asked: what it says while it waits, when it gives up, and books that close.
import { expect, it } from "vitest";
import { NO_USAGE } from "../../src/core/model.ts";
import { places } from "../../src/serve/places.ts";
import { startJob } from "../../src/serve/rollouts/job.ts";
import type { Lines } from "../../src/serve/rollouts/lines.ts";
import type { AskedRollout, PlannedRollouts, PlayedRollout } from "../../src/serve/rollouts/player.ts";
import { manualClock, silent } from "../env/parts.ts";
import { until } from "./live.ts";

const PROGRESS_MS = 30_000;
const STALL_MS = 600_000;

function asked(seed: number): AskedRollout {
  return { key: `key-${seed}`, task: "tiny", seed, group: { id: "group", index: seed } };
}

function playedOf(one: AskedRollout, kind: "submitted" | "cancelled"): PlayedRollout {
  const bill = { tries: 1, calls: 2, unanswered: 0, usage: { ...NO_USAGE, output: 5 }, usd: 0.5 };
  return {
    asked: one,
    outcome: { kind },
    retry: 0,
    record: { pool: [], steps: [], tools: [] },
    versions: [],
    score: { kind: "none", mean: null, standardError: null, reason: "nothing", evaluations: [] },
    rewards: { fn: "raw@1", value: null, success: null, components: {} },
    bill: { ...bill, unansweredTokensMax: 0, unansweredUsdMax: 0 },
  };
}

/** A job of three rollouts, two at a time, whose ends the test decides. */
function jobOf(write: (line: Record<string, unknown>) => Promise<void>) {
  const clock = manualClock();
  const ends = new Map<number, (end: "submitted" | Error) => void>();
  let disposed = false;
  const planned: PlannedRollouts = {
    rollouts: [0, 1, 2].map(asked),
    play: (one, signal) =>
      new Promise((resolve, reject) => {
        signal.addEventListener("abort", () => resolve(playedOf(one, "cancelled")));
        ends.set(one.seed, (end) => (end instanceof Error ? reject(end) : resolve(playedOf(one, end))));
      }),
    [Symbol.asyncDispose]: async () => {
      disposed = true;
    },
  };
  let isEnded = false;
  const lines: Lines = {
    write: async (value) => write({ ...value }),
    end: () => {
      isEnded = true;
    },
    drop: () => {},
  };
  const rooms = places("rollouts", 2);
  const job = startJob({ id: "one", planned, places: rooms, concurrency: 8, lines, clock, log: silent });
  return { job, clock, ends, rooms, isDisposed: () => disposed, isEnded: () => isEnded };
}

it("says how it stands while it waits, and closes its books", async () => {
  const said: Record<string, unknown>[] = [];
  const { job, clock, ends, rooms, isDisposed, isEnded } = jobOf(async (line) => void said.push(line));
  await until(() => ends.size === 2);
  clock.pass(PROGRESS_MS);
  await until(() => said.length === 2);
  expect(said[1]).toEqual({ kind: "progress", id: "one", asked: 3, running: 2, ended: 0 });
  ends.get(1)?.("submitted");
  await until(() => ends.size === 3);
  for (const seed of [0, 2]) ends.get(seed)?.("submitted");
  await job.over;
  expect(said.map(({ kind }) => kind)).toEqual([
    "started",
    "progress",
    "rollout",
    "rollout",
    "rollout",
    "end",
  ]);
  expect(said.at(-1)).toMatchObject({
    asked: 3,
    ended: { submitted: 3 },
    not_begun: 0,
    stopped: null,
    error: null,
  });
  expect(said.at(-1)).toMatchObject({ billed: { tries: 3, calls: 6, completion_tokens: 15, cost_usd: 1.5 } });
  expect([isDisposed(), isEnded(), rooms.taken]).toEqual([true, true, 0]);
});

it("stops all of it where one rollout breaks the service, and says so", async () => {
  const said: Record<string, unknown>[] = [];
  const { job, ends, rooms } = jobOf(async (line) => void said.push(line));
  await until(() => ends.size === 2);
  ends.get(0)?.(new Error("the disk is full"));
  await job.over;
  expect(said.at(-1)).toMatchObject({
    kind: "end",
    asked: 3,
    ended: { broken: 1, cancelled: 1 },
    not_begun: 1,
    error: "the disk is full",
  });
  expect(rooms.taken).toBe(0);
});

it("is given up where nobody reads what it has", async () => {
  const read = Promise.withResolvers<void>();
  const stuck: unknown[] = [];
  const { job, clock, ends, rooms } = jobOf(async (line) => {
    if (line["kind"] !== "rollout") return;
    stuck.push(line);
    await read.promise;
  });
  await until(() => ends.size === 2);
  ends.get(0)?.("submitted");
  await until(() => stuck.length === 1 && ends.size === 3);
  clock.pass(STALL_MS);
  await until(() => job.stopped !== null);
  expect(job.stopped).toContain("600 s");
  await job.quiet();
  await until(() => rooms.taken === 0);
  read.resolve();
  await job.over;
});
