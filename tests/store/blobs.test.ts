import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { StoreError } from "../../src/core/errors.ts";
import { sha256 } from "../../src/core/hash.ts";
import { blobReader, openBlobs } from "../../src/store/blobs.ts";
import { temporaryFolder } from "./temporary.ts";

const filesUnder = async (folder: string) =>
  (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name)
    .toSorted();

describe("blobs", () => {
  test("come back by their hash, small and large and empty", async () => {
    const folder = await temporaryFolder();
    const blobs = await openBlobs(folder);
    for (const data of [Buffer.alloc(0), Buffer.from("small"), Buffer.alloc(1_000_000, "large")]) {
      const id = await blobs.put(data);
      expect(id).toBe(sha256(data));
      expect(Buffer.compare(await blobs.get(id), data)).toBe(0);
      expect(await readFile(join(folder, id.slice(0, 2), id))).toEqual(data);
      expect(await blobReader(folder).has(id)).toBe(true);
    }
    expect(await blobs.has(sha256("other"))).toBe(false);
    await expect(blobs.get(sha256("other"))).rejects.toThrow(/no such blob/);
  });

  test("the same bytes are stored once, also when put many times at once", async () => {
    const folder = await temporaryFolder();
    const blobs = await openBlobs(folder);
    const texts = Array.from({ length: 200 }, (_, index) => `content ${index % 20}`);
    const ids = await Promise.all(texts.map((text) => blobs.put(Buffer.from(text))));
    expect(ids).toEqual(texts.map((text) => sha256(text)));
    const names = await filesUnder(folder);
    expect(names).toEqual([...new Set(ids)].toSorted());
    const [first] = names;
    const path = join(folder, first?.slice(0, 2) ?? "", first ?? "");
    const before = await stat(path);
    const again = await openBlobs(folder);
    for (const text of texts) await again.put(Buffer.from(text));
    expect((await stat(path)).ino).toBe(before.ino);
  });

  test("a damaged one is never returned, and can be put again", async () => {
    const folder = await temporaryFolder();
    const blobs = await openBlobs(folder);
    const id = await blobs.put(Buffer.from("as it was"));
    const path = join(folder, id.slice(0, 2), id);
    await writeFile(path, "as it wa$");
    await expect(blobs.get(id)).rejects.toThrow(StoreError);
    // Half-written by another program: the size gives it away when the next session puts it.
    await writeFile(path, "as");
    const next = await openBlobs(folder);
    expect(await next.put(Buffer.from("as it was"))).toBe(id);
    expect((await next.get(id)).toString()).toBe("as it was");
  });

  test("over the limit they are refused on the way in and on the way out", async () => {
    const folder = await temporaryFolder();
    const small = await openBlobs(folder, 10);
    await expect(small.put(Buffer.alloc(11))).rejects.toThrow("11 bytes is over the limit of 10");
    expect(await filesUnder(folder)).toEqual([]);
    const large = await openBlobs(folder);
    const id = await large.put(Buffer.alloc(11));
    await expect(small.get(id)).rejects.toThrow(/over the limit of 10/);
  });

  test("names that are no hash lead nowhere", async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "secret"), "secret");
    const blobs = await openBlobs(join(folder, "blobs"));
    for (const name of ["../secret", "", sha256("x").toUpperCase(), `${sha256("x")}/`]) {
      await expect(blobs.get(name)).rejects.toThrow(/is not a SHA-256/);
      await expect(blobs.has(name)).rejects.toThrow(/is not a SHA-256/);
    }
  });

  test("half-written leftovers of a killed process are cleared", async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, "drafts"), { recursive: true });
    await writeFile(join(folder, "drafts", "0"), "half");
    const blobs = await openBlobs(folder);
    const id = await blobs.put(Buffer.from("whole"));
    expect(await filesUnder(folder)).toEqual([id]);
  });

  test("a failed put leaves nothing behind and the next one works", async () => {
    const folder = await temporaryFolder();
    const blobs = await openBlobs(folder);
    const id = sha256("content");
    await writeFile(join(folder, id.slice(0, 2)), "a file where the shelf should be");
    await expect(blobs.put(Buffer.from("content"))).rejects.toThrow();
    expect(await readdir(join(folder, "drafts"))).toEqual([]);
    const other = await blobs.put(Buffer.from("other content"));
    expect(await blobs.has(other)).toBe(true);
  });
});
