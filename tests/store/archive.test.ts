import { mkdir, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { StoreError } from "../../src/core/errors.ts";
import type { ArchiveRef } from "../../src/core/ledger.ts";
import type { Trajectory } from "../../src/core/trajectory.ts";
import { type ArchiveScan, archiveReader, openArchive } from "../../src/store/archive.ts";
import { encodeFrame, FRAME_HEADER_BYTES, scanFrames } from "../../src/store/frames.ts";
import { rolloutKeyOf, trajectory } from "./samples.ts";
import { temporaryFolder } from "./temporary.ts";

const nothingSealed = () => 0;

async function seal(folder: string, trajectories: readonly Trajectory[], segmentBytesMax?: number) {
  const options = segmentBytesMax === undefined ? {} : { segmentBytesMax };
  const archive = await openArchive(folder, nothingSealed, options);
  const refs: ArchiveRef[] = [];
  for (const one of trajectories) refs.push(await archive.append(one));
  await archive.close();
  return refs;
}

async function scanAll(folder: string, segment = 0): Promise<ArchiveScan[]> {
  return collect(archiveReader(folder).scan(segment));
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

const keysIn = (scan: readonly ArchiveScan[]) =>
  scan.map((one) => (one.kind === "trajectory" ? one.trajectory.key : one.kind));

const some = (count: number) =>
  Array.from({ length: count }, (_, index) => trajectory(rolloutKeyOf(index), 2));

describe("the archive", () => {
  test("gives every trajectory back by its reference and by scanning", async () => {
    const folder = await temporaryFolder();
    const sealed = [trajectory("a"), trajectory("b", 0), trajectory("c", 30, "naïve “text”\t\n\0 🌙")];
    const refs = await seal(folder, sealed);
    const reader = archiveReader(folder);
    for (const [index, ref] of refs.entries()) expect(await reader.read(ref)).toEqual(sealed[index]);
    expect(await reader.segments()).toEqual([0]);
    expect(await scanAll(folder)).toEqual(
      refs.map((ref, index) => ({ kind: "trajectory", ref, trajectory: sealed[index] })),
    );
  });

  test("many sealed at once each get their own place", async () => {
    const folder = await temporaryFolder();
    const archive = await openArchive(folder, nothingSealed, { segmentBytesMax: 4000 });
    const sealed = some(30);
    const refs = await Promise.all(sealed.map((one) => archive.append(one)));
    for (const [index, ref] of refs.entries()) expect(await archive.read(ref)).toEqual(sealed[index]);
    await archive.close();
    expect((await readdir(folder)).length).toBeGreaterThan(2);
    const scanned = await Promise.all((await archive.segments()).map((segment) => scanAll(folder, segment)));
    expect(new Set(keysIn(scanned.flat()))).toEqual(new Set(sealed.map((one) => one.key)));
  });

  test("is compressed", async () => {
    const [ref] = await seal(await temporaryFolder(), [trajectory("long", 200)]);
    const json = JSON.stringify(trajectory("long", 200)).length;
    expect(ref?.length).toBeLessThan(json / 4);
  });

  test("refuses what it could not read back", async () => {
    const folder = await temporaryFolder();
    const archive = await openArchive(folder, nothingSealed);
    await expect(archive.append({ ...trajectory("a"), endedAtMs: Number.NaN })).rejects.toThrow();
    const broken = trajectory("b");
    const [step] = broken.steps;
    if (step === undefined) throw new Error("the sample has no step");
    await expect(
      archive.append({ ...broken, steps: [{ ...step, startedAtMs: Number.NaN }] }),
    ).rejects.toThrow();
    const ref = await archive.append(trajectory("c"));
    await archive.close();
    expect(ref.offset).toBe(0);
    expect(keysIn(await scanAll(folder))).toEqual(["c"]);
  });

  test("goes on in the segment where the last session stopped", async () => {
    const folder = await temporaryFolder();
    const [first] = await seal(folder, [trajectory("a")]);
    const [second] = await seal(folder, [trajectory("b")]);
    expect(second).toMatchObject({ segment: 0, offset: first?.length });
    expect(keysIn(await scanAll(folder))).toEqual(["a", "b"]);
  });
});

describe("a torn tail", () => {
  test("at any byte is left out by readers and cut off by the next writer", async () => {
    const folder = await temporaryFolder();
    const [first, second] = await seal(folder, [trajectory("a"), trajectory("b", 1)]);
    if (first === undefined || second === undefined) throw new Error("nothing was sealed");
    const path = join(folder, "000000.seg");
    const data = await readFile(path);
    for (let size = first.length; size < data.length; size++) {
      await writeFile(path, data.subarray(0, size));
      expect(keysIn(await scanAll(folder))).toEqual(["a"]);
      const archive = await openArchive(folder, () => first.length);
      expect(archive.tornBytes).toBe(size - first.length);
      if (size % 16 === 0) {
        const ref = await archive.append(trajectory("c"));
        expect(ref.offset).toBe(first.length);
        expect(keysIn(await scanAll(folder))).toEqual(["a", "c"]);
      }
      await archive.close();
    }
    await expect(archiveReader(folder).read(second)).rejects.toThrow(StoreError);
  });

  test("that was never written reads as zeros and is cut off too", async () => {
    const folder = await temporaryFolder();
    const [first] = await seal(folder, [trajectory("a")]);
    const path = join(folder, "000000.seg");
    await truncate(path, (first?.length ?? 0) + 5000);
    const archive = await openArchive(folder, nothingSealed);
    expect(archive.tornBytes).toBe(5000);
    await archive.append(trajectory("b"));
    await archive.close();
    expect(keysIn(await scanAll(folder))).toEqual(["a", "b"]);
  });

  test("what the ledger knows to be sealed is never cut off", async () => {
    const folder = await temporaryFolder();
    const [, second] = await seal(folder, [trajectory("a"), trajectory("b")]);
    const end = (second?.offset ?? 0) + (second?.length ?? 0);
    const path = join(folder, "000000.seg");
    const data = await readFile(path);
    // The last record's length field is damaged: it looks as if the record were cut off.
    data.writeUInt32LE(1_000_000, (second?.offset ?? 0) + 4);
    await writeFile(path, data);
    const archive = await openArchive(folder, () => end);
    const ref = await archive.append(trajectory("c"));
    await archive.close();
    expect([archive.tornBytes, ref.offset]).toEqual([0, end]);
    expect(keysIn(await scanAll(folder))).toEqual(["a", "damaged", "c"]);
  });

  test("a segment that lost what the ledger knows is left as it is", async () => {
    const folder = await temporaryFolder();
    const [ref] = await seal(folder, [trajectory("a")]);
    await truncate(join(folder, "000000.seg"), 20);
    const archive = await openArchive(folder, () => ref?.length ?? 0);
    const next = await archive.append(trajectory("b"));
    await archive.close();
    expect(next).toMatchObject({ segment: 1, offset: 0 });
    expect((await readFile(join(folder, "000000.seg"))).length).toBe(20);
  });
});

describe("damage in the middle", () => {
  test("of any byte costs that record alone, and is named", async () => {
    const folder = await temporaryFolder();
    const sealed = [trajectory("a", 0), trajectory("b", 0), trajectory("c", 0)];
    const [first, second, third] = await seal(folder, sealed);
    if (first === undefined || second === undefined || third === undefined)
      throw new Error("nothing was sealed");
    const path = join(folder, "000000.seg");
    const data = await readFile(path);
    for (let byte = 0; byte < second.length; byte++) {
      const copy = Buffer.from(data);
      const at = second.offset + byte;
      copy[at] = (copy[at] ?? 0) ^ (1 << (byte % 8));
      await writeFile(path, copy);
      const scan = await scanAll(folder);
      expect(keysIn(scan)).toEqual(["a", "damaged", "c"]);
      expect(scan[1]?.ref).toEqual(second);
      await expect(archiveReader(folder).read(second)).rejects.toThrow(
        `${path}: the trajectory at byte ${second.offset}`,
      );
      expect((await archiveReader(folder).read(third)).key).toBe("c");
    }
  });

  test("a removed stretch does not hide the records behind it", async () => {
    const folder = await temporaryFolder();
    await seal(folder, some(4));
    const path = join(folder, "000000.seg");
    const data = await readFile(path);
    await writeFile(path, Buffer.concat([data.subarray(0, 50), data.subarray(90)]));
    const expected = ["damaged", ...[1, 2, 3].map((index) => rolloutKeyOf(index))];
    expect(keysIn(await scanAll(folder))).toEqual(expected);
  });

  test("whole frames that hold no trajectory are named, not returned", async () => {
    const folder = await temporaryFolder();
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, "000000.seg"), encodeFrame(Buffer.from("not compressed")));
    const scan = await scanAll(folder);
    expect(keysIn(scan)).toEqual(["damaged"]);
    expect(scan[0]?.kind === "damaged" && scan[0].reason).toContain("not a trajectory of this version");
  });

  test("a missing segment is named", async () => {
    const folder = await temporaryFolder();
    const [ref] = await seal(folder, [trajectory("a")]);
    if (ref === undefined) throw new Error("nothing was sealed");
    await rm(join(folder, "000000.seg"));
    await expect(archiveReader(folder).read(ref)).rejects.toThrow(/the segment is missing/);
    expect(await scanAll(folder)).toEqual([]);
  });
});

describe("frames", () => {
  test("a scan finds its way over more than one window of rubbish", async () => {
    const path = join(await temporaryFolder(), "frames");
    const rubbish = Buffer.alloc(2_500_000, "NSf");
    const payload = Buffer.from("payload");
    await writeFile(path, Buffer.concat([encodeFrame(payload), rubbish, encodeFrame(payload)]));
    const length = FRAME_HEADER_BYTES + payload.length;
    expect(await collect(scanFrames(path, 0))).toEqual([
      { kind: "frame", offset: 0, length, payload },
      { kind: "damaged", offset: length, length: rubbish.length },
      { kind: "frame", offset: length + rubbish.length, length, payload },
    ]);
  });

  test("an empty payload is a frame", async () => {
    const path = join(await temporaryFolder(), "frames");
    await writeFile(path, encodeFrame(Buffer.alloc(0)));
    expect(await collect(scanFrames(path, 0))).toMatchObject([{ kind: "frame", length: FRAME_HEADER_BYTES }]);
  });
});
