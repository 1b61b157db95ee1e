import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { listSegments, openSegments } from "../../src/store/segments.ts";
import { diskError, faultyDisk } from "./faultyDisk.ts";
import { temporaryFolder } from "./temporary.ts";

const bytes = (text: string) => () => Buffer.from(text);
const START = { first: 0, keepBytes: 0 };

describe("segments", () => {
  test("tell each record's place at once, in order, also where one begins", async () => {
    const folder = await temporaryFolder();
    const segments = openSegments(folder, "seg", START, { segmentBytesMax: 4 });
    const heard: number[] = [];
    const places = await Promise.all(
      ["aa", "bbb", "c", "dddd", "e"].map((text) =>
        segments.append(bytes(text), (segment) => heard.push(segment)),
      ),
    );
    await segments.close();
    expect(places).toEqual([
      { segment: 0, offset: 0 },
      { segment: 0, offset: 2 },
      { segment: 1, offset: 0 },
      { segment: 1, offset: 1 },
      { segment: 2, offset: 0 },
    ]);
    expect(heard).toEqual([0, 0, 1, 1, 2]);
    expect(await readFile(join(folder, "000001.seg"), "utf8")).toBe("cdddd");
  });

  test("are listed by number, whatever else lies in the folder", async () => {
    const folder = await temporaryFolder();
    const segments = openSegments(folder, "seg", { first: 999_999, keepBytes: 0 }, { segmentBytesMax: 1 });
    for (const text of ["a", "b"]) await segments.append(bytes(text));
    await segments.close();
    await openSegments(folder, "other", START).append(bytes("c"));
    expect((await readdir(folder)).length).toBe(3);
    expect(await listSegments(folder, "seg")).toEqual([999_999, 1_000_000]);
    expect(await listSegments(join(folder, "missing"), "seg")).toEqual([]);
  });

  test("all stop when one that was left behind could not be written", async () => {
    const folder = await temporaryFolder();
    const disk = faultyDisk({
      before: (_, count) => {
        if (count === 0) throw diskError("EIO");
      },
    });
    const segments = openSegments(folder, "seg", START, { segmentBytesMax: 1, disk });
    const [first, second] = await Promise.allSettled(["a", "b"].map((text) => segments.append(bytes(text))));
    expect([first?.status, second?.status].toSorted()).toEqual(["fulfilled", "rejected"]);
    await expect(segments.append(bytes("c"))).rejects.toThrow(/EIO/);
    await segments.close();
    expect(await readdir(folder)).toHaveLength(2);
  });
});
