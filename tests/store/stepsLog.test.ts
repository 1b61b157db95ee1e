import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { StoreError } from "../../src/core/errors.ts";
import type { StepsLogRecord } from "../../src/core/trajectory.ts";
import { openStepsLog, readStepsLog } from "../../src/store/stepsLog.ts";
import { replyReceived, rolloutKeyOf, snapshotTaken } from "./samples.ts";
import { temporaryFolder } from "./temporary.ts";

const A = rolloutKeyOf("a");
const B = rolloutKeyOf("b");
const C = rolloutKeyOf("c");
const open =
  (...keys: string[]) =>
  (key: string, retry: number) =>
    retry === 0 && keys.includes(key);

async function write(folder: string, records: readonly StepsLogRecord[], segmentBytesMax?: number) {
  const options = segmentBytesMax === undefined ? {} : { segmentBytesMax };
  const log = await openStepsLog(folder, () => true, options);
  for (const record of records) await log.append(record);
  await log.close();
}

async function readOpen(folder: string, ...keys: string[]) {
  const reader = await readStepsLog(folder, open(...keys));
  return Promise.all(keys.map((key) => reader.records(key, 0)));
}

describe("the steps log", () => {
  test("gives back the records of open rollouts, in order, and of no others", async () => {
    const folder = await temporaryFolder();
    const records = [0, 1, 2].flatMap((index) => [replyReceived(A, index), replyReceived(B, index)]);
    await write(folder, [...records, snapshotTaken(A, 3), replyReceived(A, 0, 1)]);
    const log = await openStepsLog(folder, open(A));
    expect(await log.records(A, 0)).toEqual([
      replyReceived(A, 0),
      replyReceived(A, 1),
      replyReceived(A, 2),
      snapshotTaken(A, 3),
    ]);
    expect(await log.records(B, 0)).toEqual([]);
    expect(await log.records(A, 1)).toEqual([]);
    await log.append(replyReceived(A, 4));
    expect((await log.records(A, 0)).length).toBe(5);
    await log.close();
  });

  test("refuses a record that could not be read back", async () => {
    const log = await openStepsLog(await temporaryFolder(), () => true);
    await expect(
      log.append({ kind: "snapshot-taken", key: A, retry: 0, index: Number.NaN, action: 0, snapshot: "s" }),
    ).rejects.toThrow();
    await log.append(snapshotTaken(A, 1));
    expect(await log.records(A, 0)).toEqual([snapshotTaken(A, 1)]);
    await log.close();
  });

  test("a last record torn at any byte is left out, reported, and written over", async () => {
    const folder = await temporaryFolder();
    await write(folder, [replyReceived(A, 0), snapshotTaken(A, 1)]);
    const path = join(folder, "000000.jsonl");
    const data = await readFile(path);
    const keep = data.indexOf("\n") + 1;
    for (let size = keep; size < data.length; size++) {
      await writeFile(path, data.subarray(0, size));
      const log = await openStepsLog(folder, open(A));
      expect(log.tornBytes).toBe(size - keep);
      expect(await log.records(A, 0)).toEqual([replyReceived(A, 0)]);
      // Where it is cut makes no difference to what is written over it: a sample will do.
      if (size % 8 === 0) await log.append(snapshotTaken(A, 9));
      await log.close();
      const written = size % 8 === 0 ? [snapshotTaken(A, 9)] : [];
      expect(await readOpen(folder, A)).toEqual([[replyReceived(A, 0), ...written]]);
    }
  });

  test("damage in the middle is named", async () => {
    const folder = await temporaryFolder();
    await write(folder, [replyReceived(A, 0), replyReceived(A, 1), replyReceived(A, 2)]);
    const path = join(folder, "000000.jsonl");
    const data = await readFile(path);
    const second = data.indexOf("\n") + 1;
    data[second + 20] = (data[second + 20] ?? 0) ^ 1;
    await writeFile(path, data);
    await expect(openStepsLog(folder, open(A))).rejects.toThrow(
      `${path}: line 2 (byte ${second}) is damaged`,
    );
  });

  test("damage done while the log is open is found on reading", async () => {
    const folder = await temporaryFolder();
    const log = await openStepsLog(folder, () => true);
    await log.append(replyReceived(A, 0));
    const path = join(folder, "000000.jsonl");
    const data = await readFile(path);
    data[30] = (data[30] ?? 0) ^ 1;
    await writeFile(path, data);
    await expect(log.records(A, 0)).rejects.toThrow(StoreError);
    await log.close();
  });
});

describe("segments", () => {
  const bytes = 3000;

  test("are begun when one is full, and read back together", async () => {
    const folder = await temporaryFolder();
    const records = Array.from({ length: 12 }, (_, index) => replyReceived(index % 2 === 0 ? A : B, index));
    await write(folder, records, bytes);
    const names = await readdir(folder);
    expect(names.length).toBeGreaterThan(2);
    expect(names.toSorted()[1]).toBe("000001.jsonl");
    for (const name of names) expect((await stat(join(folder, name))).size).toBeLessThan(2 * bytes);
    expect(await readOpen(folder, A, B)).toEqual([
      records.filter((record) => record.key === A),
      records.filter((record) => record.key === B),
    ]);
  });

  test("many writers at once lose nothing where segments change", async () => {
    const folder = await temporaryFolder();
    const log = await openStepsLog(folder, () => true, { segmentBytesMax: bytes });
    const keys = Array.from({ length: 40 }, (_, index) => rolloutKeyOf(`writer ${index}`));
    await Promise.all(
      keys.flatMap((key) => [0, 1, 2, 3].map((index) => log.append(snapshotTaken(key, index)))),
    );
    await log.close();
    const found = await readOpen(folder, ...keys);
    for (const [index, key] of keys.entries()) {
      expect(found[index]).toEqual([0, 1, 2, 3].map((step) => snapshotTaken(key, step)));
    }
  });

  test("are deleted once all their rollouts have ended, and not before", async () => {
    const folder = await temporaryFolder();
    const log = await openStepsLog(folder, () => true, { segmentBytesMax: 1 });
    for (const key of [A, B, A, C]) await log.append(snapshotTaken(key, 0));
    expect(await readdir(folder)).toHaveLength(4);
    log.release(B, 0);
    log.release(A, 1);
    await expect.poll(() => readdir(folder)).not.toContain("000001.jsonl");
    expect(await log.records(A, 0)).toHaveLength(2);
    log.release(A, 0);
    await expect.poll(() => readdir(folder)).toEqual(["000003.jsonl"]);
    await log.append(snapshotTaken(C, 1));
    await log.close();
    expect(await readOpen(folder, C)).toEqual([[snapshotTaken(C, 0), snapshotTaken(C, 1)]]);
  });

  test("that became ownerless while they were written go when the next one begins", async () => {
    const folder = await temporaryFolder();
    const log = await openStepsLog(folder, () => true, { segmentBytesMax: 1 });
    await log.append(snapshotTaken(A, 0));
    log.release(A, 0);
    expect(await readdir(folder)).toEqual(["000000.jsonl"]);
    await log.append(snapshotTaken(B, 0));
    await expect.poll(() => readdir(folder)).toEqual(["000001.jsonl"]);
    await log.close();
  });

  test("nothing is left at the end of a run in which every rollout ended", async () => {
    const folder = await temporaryFolder();
    const log = await openStepsLog(folder, () => true);
    await log.append(snapshotTaken(A, 0));
    log.release(A, 0);
    await log.close();
    expect(await readdir(folder)).toEqual([]);
  });

  test("of rollouts that ended before a crash go on opening", async () => {
    const folder = await temporaryFolder();
    await write(folder, [snapshotTaken(A, 0), snapshotTaken(B, 0), snapshotTaken(C, 0)], 1);
    const log = await openStepsLog(folder, open(B), { segmentBytesMax: 1 });
    await expect.poll(() => readdir(folder)).toEqual(["000001.jsonl", "000002.jsonl"]);
    expect(await log.records(B, 0)).toEqual([snapshotTaken(B, 0)]);
    await log.close();
  });

  test("a reader that comes too late is told so", async () => {
    const folder = await temporaryFolder();
    const log = await openStepsLog(folder, () => true);
    await log.append(snapshotTaken(A, 0));
    const reader = await readStepsLog(folder, open(A));
    log.release(A, 0);
    await log.close();
    await expect(reader.records(A, 0)).rejects.toThrow(/its rollouts have ended/);
  });
});
