import { execFile } from "node:child_process";
import { mkdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import { StoreError } from "../../src/core/errors.ts";
import { type CommitFile, openCommitFile } from "../../src/store/groupCommit.ts";
import { encodeLine, scanLines } from "../../src/store/lines.ts";
import { diskError, faultyDisk } from "./faultyDisk.ts";
import { settle, temporaryFolder } from "./temporary.ts";

const bytes = (text: string) => () => Buffer.from(text);

/** Appends records until one is refused; how many were acknowledged, and the refusal. */
async function fill(file: CommitFile, record: Uint8Array, countMax: number) {
  for (let count = 0; count < countMax; count++) {
    try {
      await file.append(() => record);
    } catch (error) {
      return { count, error };
    }
  }
  return { count: countMax, error: null };
}

describe("order and durability", () => {
  test("records lie in the order of the calls and resolve with their offset", async () => {
    const path = join(await temporaryFolder(), "file");
    const file = openCommitFile(path, { keepBytes: 0 });
    const offsets = await Promise.all(["a", "bb", "ccc", "dddd"].map((text) => file.append(bytes(text))));
    await file.close();
    expect(offsets).toEqual([0, 1, 3, 6]);
    expect(await readFile(path, "utf8")).toBe("abbcccdddd");
  });

  test("2,000 writers share their batches, and each one's records keep their order", async () => {
    const path = join(await temporaryFolder(), "file");
    const disk = faultyDisk();
    const file = openCommitFile(path, { keepBytes: 0, disk });
    const writers = Array.from({ length: 2000 }, async (_, writer) => {
      for (let index = 0; index < 5; index++) await file.append(() => encodeLine([writer, index]));
    });
    await Promise.all(writers);
    await file.close();
    const seen = new Map<number, number[]>();
    await scanLines(path, (text) => {
      const [, writer, index] = /^\[(\d+),(\d+)\]$/.exec(text) ?? [];
      const list = seen.get(Number(writer)) ?? [];
      list.push(Number(index));
      seen.set(Number(writer), list);
    });
    expect(seen.size).toBe(2000);
    for (const list of seen.values()) expect(list).toEqual([0, 1, 2, 3, 4]);
    // 10,000 records: five rounds of all writers together, plus a few batches at the seams.
    expect(disk.syncCount).toBeLessThan(100);
  });

  test("nothing resolves before its bytes are synced, whatever the disk takes at once", async () => {
    const path = join(await temporaryFolder(), "file");
    const disk = faultyDisk({ writeBytesMax: 7 });
    const file = openCommitFile(path, { keepBytes: 0, disk });
    const durableWhenResolved = await Promise.all(
      Array.from({ length: 50 }, async (_, index) => {
        const record = Buffer.from(`record ${index};`);
        if (index % 3 === 0) await settle();
        const offset = await file.append(() => record);
        return disk.durableBytes(path) >= offset + record.length;
      }),
    );
    await file.close();
    expect(durableWhenResolved).toEqual(durableWhenResolved.map(() => true));
    expect((await readFile(path, "utf8")).split(";").length).toBe(51);
  });

  test("a record that waits for room is not even encoded, and keeps its place", async () => {
    const path = join(await temporaryFolder(), "file");
    const blocked = Promise.withResolvers<void>();
    const disk = faultyDisk({ before: (operation) => (operation === "write" ? blocked.promise : undefined) });
    const limits = { pendingBytesMax: 100, recordBytesMax: 1000 };
    const file = openCommitFile(path, { keepBytes: 0, disk, limits });
    let encoded = 0;
    const appends = Array.from({ length: 100 }, (_, index) =>
      file.append(() => {
        encoded += 1;
        return Buffer.from(String(index).padStart(10, " "));
      }),
    );
    await settle();
    // One batch of ten under way, one of ten collected behind it.
    expect(encoded).toBe(20);
    blocked.resolve();
    const offsets = await Promise.all(appends);
    await file.close();
    expect(offsets).toEqual(offsets.map((_, index) => index * 10));
    expect((await readFile(path, "utf8")).trim().split(/\s+/)).toEqual(
      offsets.map((_, index) => String(index)),
    );
  });

  test("closing waits for what was appended and refuses what comes after", async () => {
    const path = join(await temporaryFolder(), "file");
    const file = openCommitFile(path, { keepBytes: 0 });
    const appended = file.append(bytes("last"));
    await file.close();
    expect(await readFile(path, "utf8")).toBe("last");
    await expect(appended).resolves.toBe(0);
    await expect(file.append(bytes("late"))).rejects.toThrow(/closed/);
  });
});

describe("opening", () => {
  test("what lies behind the kept bytes is cut off before the first record", async () => {
    const path = join(await temporaryFolder(), "file");
    await writeFile(path, "whole|torn remains");
    const file = openCommitFile(path, { keepBytes: 6 });
    expect(await file.append(bytes("next"))).toBe(6);
    await file.close();
    expect(await readFile(path, "utf8")).toBe("whole|next");
  });

  test("a file that lost bytes is not written to", async () => {
    const path = join(await temporaryFolder(), "file");
    await writeFile(path, "short");
    const file = openCommitFile(path, { keepBytes: 6 });
    await expect(file.append(bytes("next"))).rejects.toThrow(/has 5 bytes where 6 were expected/);
    expect(await readFile(path, "utf8")).toBe("short");
  });
});

describe("a disk that fails", () => {
  test("an error rejects everyone who waits and whoever comes later, and leaves no torn record", async () => {
    const path = join(await temporaryFolder(), "file");
    const disk = faultyDisk({
      tornShare: 0.5,
      before: (operation, count) => {
        if (operation === "write" && count >= 2) throw diskError("ENOSPC");
      },
    });
    const file = openCommitFile(path, { keepBytes: 0, disk });
    await file.append(bytes("durable;"));
    const lost = await Promise.allSettled(["one;", "two;", "three;"].map((text) => file.append(bytes(text))));
    for (const one of lost) {
      expect(one.status).toBe("rejected");
      if (one.status === "rejected") {
        expect(one.reason).toBeInstanceOf(StoreError);
        expect(one.reason.message).toContain("ENOSPC");
        expect(one.reason.message).toContain("The 8 bytes before are whole");
      }
    }
    expect(file.good).toBe(false);
    await expect(file.append(bytes("later;"))).rejects.toThrow(/ENOSPC/);
    await file.close();
    expect(await readFile(path, "utf8")).toBe("durable;");
  });

  test("a failed sync counts as not written, even where the bytes are in the file", async () => {
    const path = join(await temporaryFolder(), "file");
    const disk = faultyDisk({
      before: (operation, count) => {
        if (operation === "datasync" && count > 1) throw diskError("EIO");
      },
    });
    const file = openCommitFile(path, { keepBytes: 0, disk });
    await file.append(bytes("durable;"));
    await expect(file.append(bytes("unsynced;"))).rejects.toThrow(/EIO/);
    await file.close();
    expect(await readFile(path, "utf8")).toBe("durable;");
  });

  test("the records behind the failing batch are rejected too, not written after it", async () => {
    const path = join(await temporaryFolder(), "file");
    const blocked = Promise.withResolvers<void>();
    const disk = faultyDisk({
      tornShare: 1,
      before: async () => {
        await blocked.promise;
        throw diskError("EIO");
      },
    });
    const limits = { pendingBytesMax: 4, recordBytesMax: 100 };
    const file = openCommitFile(path, { keepBytes: 0, disk, limits });
    const appends = ["aaaa", "bbbb", "cccc", "dddd"].map((text) => file.append(bytes(text)));
    const all = Promise.allSettled(appends);
    await settle();
    blocked.resolve();
    expect((await all).map((one) => one.status)).toEqual(["rejected", "rejected", "rejected", "rejected"]);
    await file.close();
  });

  test("a record over the limit is refused and harms nobody", async () => {
    const path = join(await temporaryFolder(), "file");
    const limits = { pendingBytesMax: 1000, recordBytesMax: 10 };
    const file = openCommitFile(path, { keepBytes: 0, limits });
    const [before, tooLong, broken, after] = await Promise.allSettled([
      file.append(bytes("before;")),
      file.append(bytes("more than ten bytes")),
      file.append(() => {
        throw new TypeError("cannot be encoded");
      }),
      file.append(bytes("after;")),
    ]);
    await file.close();
    expect([before?.status, tooLong?.status, broken?.status, after?.status]).toEqual([
      "fulfilled",
      "rejected",
      "rejected",
      "fulfilled",
    ]);
    expect(await readFile(path, "utf8")).toBe("before;after;");
  });

  test("a device without room", async () => {
    const folder = await temporaryFolder();
    const path = join(folder, "full");
    await symlink("/dev/full", path);
    const file = openCommitFile(path, { keepBytes: 0 });
    const { count, error } = await fill(file, Buffer.alloc(100), 3);
    await file.close();
    expect(count).toBe(0);
    expect(error).toBeInstanceOf(StoreError);
    expect(String(error)).toContain("ENOSPC");
  });

  test("a file system that fills up, and goes on after room was made", async ({ skip }) => {
    const folder = join(await temporaryFolder(), "small");
    await mkdir(folder);
    const run = promisify(execFile);
    try {
      await run("mount", ["-t", "tmpfs", "-o", "size=256k", "none", folder]);
    } catch (error) {
      console.warn(`skipped: a small file system cannot be mounted here: ${String(error).slice(0, 200)}`);
      skip("no right to mount");
    }
    onTestFinished(async () => {
      await run("umount", [folder]);
    });
    const path = join(folder, "journal");
    await writeFile(join(folder, "ballast"), Buffer.alloc(100_000));
    const record = encodeLine({ text: "x".repeat(5000) });
    const file = openCommitFile(path, { keepBytes: 0 });
    const { count, error } = await fill(file, record, 1000);
    await file.close();
    expect(count).toBeGreaterThan(0);
    expect(String(error)).toContain("ENOSPC");
    expect(await scanLines(path, () => undefined)).toEqual({
      goodBytes: count * record.byteLength,
      tornBytes: 0,
      lineCount: count,
    });

    await writeFile(join(folder, "ballast"), "");
    const again = openCommitFile(path, { keepBytes: (await stat(path)).size });
    await again.append(() => record);
    await again.close();
    expect((await scanLines(path, () => undefined)).lineCount).toBe(count + 1);
  });
});
