// Snapshots of unfinished tries: one each, shared where they are alike, deleted where nobody needs them, and never more than allowed.
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { BoundaryError } from "../../src/core/errors.ts";
import { openSnapshots } from "../../src/store/snapshots.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "nightshift-snapshots-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const bytes = (text: string) => new TextEncoder().encode(text);
const NONE = new Map<string, string>();

async function onDisk(): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).length;
}

it("keeps the newest snapshot of each try, and one copy of those that are alike", async () => {
  const store = await openSnapshots(folder, NONE, 1_000);
  const first = await store.put(bytes("first"));
  store.need("a/0", first);
  store.need("b/0", await store.put(bytes("first")));
  const second = await store.put(bytes("second"));
  store.need("a/0", second);
  await store.close();
  expect(await onDisk()).toBe(2);
  store.need("b/0", null);
  await store.close();
  expect([await store.has(first), await store.has(second)]).toEqual([false, true]);
  expect(store.bytes).toBe(6);
});

it("stores bytes again that were on their way out", async () => {
  const store = await openSnapshots(folder, NONE, 1_000);
  store.need("a/0", await store.put(bytes("same")));
  store.need("a/0", null);
  const id = await store.put(bytes("same"));
  store.need("b/0", id);
  expect(new TextDecoder().decode(await store.get(id))).toBe("same");
});

it("opens with what open tries need and nothing else", async () => {
  const before = await openSnapshots(folder, NONE, 1_000);
  const [needed, left] = [await before.put(bytes("needed")), await before.put(bytes("left"))];
  const store = await openSnapshots(folder, new Map([["a/0", needed]]), 1_000);
  await store.close();
  expect([await store.has(needed), await store.has(left)]).toEqual([true, false]);
});

it("refuses what would pass the limit, and takes it once there is room", async () => {
  const store = await openSnapshots(folder, NONE, 10);
  store.need("a/0", await store.put(bytes("12345678")));
  await expect(store.put(bytes("abcdef"))).rejects.toThrow(BoundaryError);
  store.need("a/0", null);
  await expect(store.put(bytes("abcdef"))).resolves.toMatch(/^[0-9a-f]{64}$/);
});

it("keeps many that come at once within the limit together", async () => {
  const store = await openSnapshots(folder, NONE, 10);
  const put = await Promise.allSettled(["aaaa", "bbbb", "cccc"].map((text) => store.put(bytes(text))));
  expect(put.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected"]);
  expect(store.bytes).toBe(8);
  await store.close();
});
