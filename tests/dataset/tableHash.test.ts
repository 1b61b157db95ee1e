// The hash that says two tables are the same.
import { expect, it } from "vitest";
import { sha256 } from "../../src/core/hash.ts";
import { rolloutRows } from "../../src/dataset/rows.ts";
import { type StepRow, stepsTable, trajectoriesTable } from "../../src/dataset/schema.ts";
import { orderedTableHasher, rowKey, sortingTableHasher } from "../../src/dataset/tableHash.ts";
import { taskInfo } from "../../src/dataset/writeDataset.ts";
import { FIXTURE_RUN, fixtureRecords, fixtureTask } from "./fixtures.ts";

const task = taskInfo(fixtureTask());
const rollouts = fixtureRecords(12).map((record) => rolloutRows(record, task, FIXTURE_RUN));
const steps = rollouts.flatMap((rows) => rows.steps);

function hashOf(rows: readonly StepRow[], hasher = sortingTableHasher(stepsTable)): string {
  for (const row of rows) hasher.add(row);
  return hasher.digest();
}

it("does not depend on the order of rows, and both hashers agree", () => {
  const ordered = hashOf(steps, orderedTableHasher(stepsTable));
  expect(hashOf([...steps].reverse())).toBe(ordered);
  expect(hashOf([...steps].sort((a, b) => a.step_index - b.step_index))).toBe(ordered);
});

it("leaves out volatile columns, nested ones too, and nothing else", () => {
  const before = hashOf(steps);
  expect(
    hashOf(steps.map((row) => ({ ...row, latency_s: 9, endpoint: "x", request_id: null, started_at: 0 }))),
  ).toBe(before);
  expect(hashOf(steps.map((row, i) => (i === 4 ? { ...row, error: "x" } : row)))).not.toBe(before);
  expect(hashOf(steps.slice(1))).not.toBe(before);

  const one = (change: (timestamp: number | null) => number | null, content = "") => {
    const hasher = orderedTableHasher(trajectoriesTable);
    for (const { trajectory } of rollouts) {
      const messages = trajectory.messages.map((message) => ({
        ...message,
        timestamp_ms: change(message.timestamp_ms),
        content: message.content + content,
      }));
      hasher.add({ ...trajectory, messages });
    }
    return hasher.digest();
  };
  expect(one(() => null)).toBe(one((timestamp) => timestamp));
  expect(one(() => null, "x")).not.toBe(one(() => null));
});

it("refuses rows out of order, or a key that comes twice", () => {
  const hasher = orderedTableHasher(stepsTable);
  const [first, second] = steps;
  if (first === undefined || second === undefined) throw new Error("the fixture has steps");
  hasher.add(second);
  expect(() => hasher.add(first)).toThrow(/comes after/);
  expect(() => hashOf([first, second, first])).toThrow(/twice/);
});

it("orders numbers in keys as numbers", () => {
  const key = (step_index: number) => rowKey(stepsTable, { trajectory_id: "t", step_index });
  expect(key(9) < key(10)).toBe(true);
  expect(() => rowKey(stepsTable, { trajectory_id: "t", step_index: -1 })).toThrow(TypeError);
});

it("is fixed: these bytes are what earlier datasets were compared by", () => {
  const hasher = orderedTableHasher(trajectoriesTable);
  expect(hasher.digest()).toBe(sha256("nightshift/table/trajectories\n"));
});
