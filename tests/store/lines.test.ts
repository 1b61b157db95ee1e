import { readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { describe, expect, test } from "vitest";
import { StoreError } from "../../src/core/errors.ts";
import { decodeLine, encodeLine, scanLines } from "../../src/store/lines.ts";
import { temporaryFolder } from "./temporary.ts";

async function scan(path: string) {
  const values: unknown[] = [];
  const result = await scanLines(path, (text) => {
    values.push(JSON.parse(text));
  });
  return { values, ...result };
}

async function fileOf(...values: unknown[]) {
  const path = join(await temporaryFolder(), "file.jsonl");
  const lines = values.map((value) => Buffer.from(encodeLine(value)));
  await writeFile(path, Buffer.concat(lines));
  return { path, lines, data: Buffer.concat(lines) };
}

const AWKWARD = [
  { text: 'tab\t newline\n quote" zero\0 emoji 🌙 lone \ud800' },
  ["naïve", 1e-7, -0.5, null, true],
  "x".repeat(5000),
];

describe("a checked line", () => {
  test("is JSON text, a tab, the crc32 of the text, a newline", () => {
    const line = Buffer.from(encodeLine({ a: "ü" })).toString("utf8");
    expect(line).toBe(`{"a":"ü"}\t${crc32('{"a":"ü"}').toString(16).padStart(8, "0")}\n`);
  });

  test("gives its value back", async () => {
    const { path } = await fileOf(...AWKWARD);
    expect((await scan(path)).values).toEqual(AWKWARD);
  });

  test("holds one line end and one tab, whatever is in the value", () => {
    for (const value of AWKWARD) {
      const line = Buffer.from(encodeLine(value));
      expect(line.indexOf("\n")).toBe(line.length - 1);
      expect(line.indexOf("\t")).toBe(line.length - 10);
    }
  });

  test("is refused when any bit is not as it was", () => {
    const line = Buffer.from(encodeLine({ key: "value", n: 12 })).subarray(0, -1);
    expect(decodeLine(line)).toBe('{"key":"value","n":12}');
    for (let bit = 0; bit < line.length * 8; bit++) expect(decodeLine(flipped(line, bit))).toBeNull();
  });
});

describe("a scan", () => {
  test("of a missing or an empty file finds nothing", async () => {
    const folder = await temporaryFolder();
    const nothing = { values: [], goodBytes: 0, tornBytes: 0, lineCount: 0 };
    expect(await scan(join(folder, "missing"))).toEqual(nothing);
    await writeFile(join(folder, "empty"), "");
    expect(await scan(join(folder, "empty"))).toEqual(nothing);
  });

  test("finds lines that are longer than what is read at once", async () => {
    const values = [1, "y".repeat(3_000_000), { last: "ü".repeat(700_000) }, 2];
    const { path, data } = await fileOf(...values);
    const found = await scan(path);
    expect(found.lineCount).toBe(4);
    expect(found.goodBytes).toBe(data.length);
    expect(found.values).toEqual(values);
  });

  test("tolerates a last record that is cut off at any byte", async () => {
    const { path, lines, data } = await fileOf({ first: 1 }, { last: "ünë", list: [1, 2, 3] });
    const before = lines[0]?.length ?? 0;
    for (let size = data.length - 1; size >= before; size--) {
      await truncate(path, size);
      expect(await scan(path)).toEqual({
        values: [{ first: 1 }],
        goodBytes: before,
        tornBytes: size - before,
        lineCount: 1,
      });
    }
  });

  test("tolerates a tail that was never written, before or after a cut", async () => {
    const { path, lines, data } = await fileOf({ first: 1 }, { last: "x".repeat(100) }, { more: 1 });
    const before = lines[0]?.length ?? 0;
    for (const written of [before, before + 1, before + 40]) {
      const holed = Buffer.alloc(data.length);
      data.copy(holed, 0, 0, written);
      await writeFile(path, holed);
      expect(await scan(path)).toEqual({
        values: [{ first: 1 }],
        goodBytes: before,
        tornBytes: data.length - before,
        lineCount: 1,
      });
      // The same with the last line end written: pages reach a disk in any order.
      holed[data.length - 1] = 10;
      await writeFile(path, holed);
      expect((await scan(path)).goodBytes).toBe(before);
    }
  });

  test("tolerates a last record of which the last few bytes were never written, however few", async () => {
    const { path, lines, data } = await fileOf({ first: 1 }, { last: "x".repeat(100) });
    const before = lines[0]?.length ?? 0;
    for (let zeros = 1; zeros <= data.length - before; zeros++) {
      const holed = Buffer.from(data);
      holed.fill(0, data.length - zeros);
      await writeFile(path, holed);
      expect((await scan(path)).goodBytes, `${zeros} zeros`).toBe(before);
    }
  });

  test("names file, line and byte of damage in the middle, and counts what is usable", async () => {
    const { path, lines, data } = await fileOf({ line: 1 }, { line: 2 }, { line: 3 }, { line: 4 });
    const start = (lines[0]?.length ?? 0) + (lines[1]?.length ?? 0);
    await writeFile(path, flipped(data, (start + 4) * 8));
    const error = await scan(path).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(StoreError);
    expect(String(error)).toContain(`${path}: line 3 (byte ${start}) is damaged`);
    expect(String(error)).toContain("The 2 records before it are whole, and so are 1 after it");
    // The remedy it names works.
    await truncate(path, start);
    expect((await scan(path)).values).toEqual([{ line: 1 }, { line: 2 }]);
  });

  test("takes no flipped bit for a torn tail, wherever it is", async () => {
    const { path, data } = await fileOf({ a: 1 }, { b: "two" });
    for (let bit = 0; bit < data.length * 8; bit++) {
      await writeFile(path, flipped(data, bit));
      await expect(scan(path), `bit ${bit}`).rejects.toThrow(StoreError);
    }
  });

  test("never writes", async () => {
    const { path, data } = await fileOf({ a: 1 }, { b: 2 });
    await truncate(path, data.length - 3);
    await scan(path);
    expect((await readFile(path)).length).toBe(data.length - 3);
  });
});

function flipped(data: Buffer, bit: number): Buffer {
  const copy = Buffer.from(data);
  copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return copy;
}
