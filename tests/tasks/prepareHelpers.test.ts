// What prepare scripts import: readers of IDX, ARFF and R's files, keyed splits, CSV and npz, on small files made here byte by byte.
import { execFile } from "node:child_process";
import { createHmac } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { deflateSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const HELPERS = fileURLToPath(new URL("../../src/tasks/python/", import.meta.url));
const run = promisify(execFile);
let root = "";
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), "nightshift-helpers-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** What the expression gives, as JSON; or the error's name and words. */
async function python(lines: string): Promise<unknown> {
  const script = `import sys, json; sys.path.insert(0, ${JSON.stringify(HELPERS)}); import nightshift_data as d
def value():
${lines.replaceAll(/^/gm, "    ")}
try:
    print(json.dumps(value()))
except Exception as error:
    print(json.dumps([type(error).__name__, str(error)]))
`;
  const { stdout } = await run("python3", ["-I", "-S", "-B", "-c", script], { cwd: root });
  return JSON.parse(stdout);
}

/** Puts a file where scripts run. */
const put = (name: string, content: Uint8Array | string) => writeFile(path.join(root, name), content);

// R's binary format, as far as a data frame needs it.
const int = (...values: number[]) => {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, index) => void bytes.writeInt32BE(value, 4 * index));
  return bytes;
};
const double = (value: number) => {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return bytes;
};
const text = (value: string | null, latin1 = false) => {
  if (value === null) return int(9, -1);
  const bytes = Buffer.from(value, latin1 ? "latin1" : "utf8");
  return Buffer.concat([int(9 | ((latin1 ? 4 : 8) << 12), bytes.length), bytes]);
};
const texts = (...values: (string | null)[]) =>
  Buffer.concat([int(16, values.length), ...values.map((value) => text(value))]);
const END = int(254);
const symbol = (name: string) => Buffer.concat([int(1), text(name)]);
const pairs = (...entries: (readonly [string, Buffer])[]) =>
  Buffer.concat([...entries.flatMap(([name, value]) => [int(2 | 0x400), symbol(name), value]), END]);
/** With attributes, the flags of a value's first word say so. */
const withAttributes = (value: Buffer, ...entries: (readonly [string, Buffer])[]) => {
  const flagged = Buffer.from(value);
  flagged.writeInt32BE(flagged.readInt32BE(0) | 0x300, 0);
  return Buffer.concat([flagged, pairs(...entries)]);
};
const NA_REAL = Buffer.from("7ff00000000007a2", "hex");
const NA_INTEGER = -(2 ** 31);
const ints = (...values: number[]) => int(13, values.length, ...values);
const FRAME = withAttributes(
  Buffer.concat([
    int(19, 6),
    Buffer.concat([int(14, 3), double(1.5), NA_REAL, double(-2)]),
    ints(7, NA_INTEGER, 9),
    int(10, 3, 1, NA_INTEGER, 0),
    Buffer.concat([int(16, 3), text("é"), text(null), text("ü", true)]),
    withAttributes(ints(2, 1, NA_INTEGER), ["levels", texts("low", "high")], ["class", texts("factor")]),
    // A sequence from 4 in steps of 1, which R keeps short.
    Buffer.concat([
      int(238),
      Buffer.concat([int(2), symbol("compact_intseq"), int(2), symbol("base"), int(2), ints(13), END]),
      Buffer.concat([int(14, 3), double(3), double(4), double(1)]),
      END,
    ]),
  ]),
  ["names", texts("real", "whole", "flag", "text", "factor", "sequence")],
  ["class", texts("data.frame")],
  ["row.names", ints(NA_INTEGER, -3)],
);
const HEAD = Buffer.concat([Buffer.from("X\n"), int(3, 0x40201, 0x30500, 5), Buffer.from("UTF-8")]);
const HEAD2 = Buffer.concat([Buffer.from("X\n"), int(2, 0x30501, 0x20300)]);
const READ = {
  real: [1.5, null, -2],
  whole: [7, null, 9],
  flag: [true, null, false],
  text: ["é", null, "ü"],
  factor: ["high", "low", null],
  sequence: [4, 5, 6],
};

describe("R's files", () => {
  it("give a data frame from rda, packed or not, and from rds", async () => {
    const named = pairs(["houses", FRAME]);
    await put("a.rda", gzipSync(Buffer.concat([Buffer.from("RDX3\n"), HEAD, named])));
    await put("b.RData", Buffer.concat([Buffer.from("RDX2\n"), HEAD2, named]));
    await put("c.rds", gzipSync(Buffer.concat([HEAD, FRAME])));
    expect(await python('return d.data_frame(d.read_r("a.rda")["houses"])')).toEqual(READ);
    expect(await python('return d.data_frame(d.read_r("b.RData")["houses"])')).toEqual(READ);
    expect(await python('return d.data_frame(d.read_r("c.rds")[""])')).toEqual(READ);
  });

  it("give what a package keeps in rdb and rdx, by name", async () => {
    const serialized = Buffer.concat([HEAD, FRAME]);
    const chunk = Buffer.concat([int(serialized.length), deflateSync(serialized)]);
    await put("Rdata.rdb", Buffer.concat([Buffer.from("ahead"), chunk]));
    const variables = withAttributes(Buffer.concat([int(19, 1), ints(5, chunk.length)]), [
      "names",
      texts("houses"),
    ]);
    const index = withAttributes(Buffer.concat([int(19, 1), variables]), ["names", texts("variables")]);
    await put("Rdata.rdx", gzipSync(Buffer.concat([HEAD, index])));
    expect(await python('return d.data_frame(d.read_r_database("Rdata.rdb", ["houses"])["houses"])')).toEqual(
      READ,
    );
    expect(await python('return d.read_r_database("Rdata.rdb", ["horses"])')).toEqual([
      "ValueError",
      "Rdata.rdb: has no horses",
    ]);
  });

  it.each([
    ["ends early", gzipSync(Buffer.concat([HEAD, FRAME.subarray(0, 60)])), /^bad\.rds: ends too early$/],
    ["is text", "id,price\n", /^bad\.rds: not R's binary format/],
    [
      "is cut gzip",
      gzipSync(Buffer.concat([HEAD, FRAME])).subarray(0, 80),
      /^bad\.rds: ends too early, or is larger/,
    ],
    ["holds byte code", Buffer.concat([HEAD, int(21, 1)]), /^bad\.rds: a value of R's type 21 is not read$/],
    [
      "is of another version",
      Buffer.concat([Buffer.from("X\n"), int(9, 1, 1)]),
      /^bad\.rds: version 9 of R's format/,
    ],
    [
      "refers to nothing",
      Buffer.concat([HEAD, int(255 | (7 << 8))]),
      /^bad\.rds: damaged, or not a data file of R's/,
    ],
    ["claims a billion values", Buffer.concat([HEAD, int(19, 2 ** 30)]), /^bad\.rds: ends too early$/],
  ])("are refused where one %s", async (_, content, says) => {
    await put("bad.rds", content);
    expect(await python('return d.read_r("bad.rds")')).toEqual(["ValueError", expect.stringMatching(says)]);
  });
});

describe("IDX", () => {
  const header = Buffer.from([0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3]);
  it("is read, packed too, and chosen from", async () => {
    await put("x.gz", gzipSync(Buffer.concat([header, Buffer.from([1, 2, 3, 4, 5, 6])])));
    expect(
      await python('a = d.read_idx("x.gz"); n, s, v = d.take(a, [1]); return [a[0], a[1], n, s, list(v)]'),
    ).toEqual(["u1", [2, 3], "u1", [1, 3], [4, 5, 6]]);
    const wide = Buffer.concat([Buffer.from([0, 0, 11, 1, 0, 0, 0, 2]), Buffer.from([0, 1, 255, 254])]);
    await put("wide", wide);
    expect(await python('n, s, v = d.read_idx("wide"); return [n, s, v.hex()]')).toEqual([
      "i2",
      [2],
      "0100feff",
    ]);
  });

  it("is refused where bytes are missing", async () => {
    await put("short", Buffer.concat([header, Buffer.from([1, 2])]));
    expect(await python('return d.read_idx("short")')).toEqual([
      "ValueError",
      "short: has 2 bytes of values where its shape (2, 3) asks for 6",
    ]);
    await put("none", "hello");
    expect(await python('return d.read_idx("none")')).toEqual(["ValueError", "none: not an IDX file"]);
  });
});

describe("ARFF", () => {
  it("is read with quotes, escapes, comments and missing values", async () => {
    await put(
      "t.arff",
      "% about\n@relation r\n@ATTRIBUTE 'lot size' REAL\n@attribute kind {a,'b c'}\n@attribute note string\n@data\n1.5, 'b c' ,'it\\'s, so'\n?,a,\"\"\n",
    );
    expect(await python('return d.read_arff("t.arff")')).toEqual([
      ["lot size", "kind", "note"],
      [
        ["1.5", "b c", "it's, so"],
        [null, "a", ""],
      ],
    ]);
  });

  it("is refused with the line", async () => {
    await put("t.arff", "@relation r\n@attribute a real\n@data\n1,2\n");
    expect(await python('return d.read_arff("t.arff")')).toEqual([
      "ValueError",
      "t.arff:4: has 2 values where there are 1 attributes",
    ]);
  });
});

describe("splits", () => {
  it("have exact sizes, share nothing, keep the order, and depend on the secret", async () => {
    const split = (secret: string) =>
      python(`return d.split_ids(list(range(100)), ${JSON.stringify(secret)}, {"train": None, "test": 30})`);
    const [one, same, other] = [await split("a"), await split("a"), await split("b")];
    expect(same).toEqual(one);
    expect(other).not.toEqual(one);
    expect(
      await python(
        'p = d.split_ids(list(range(100)), "a", {"train": None, "test": 30}); return [len(p["test"]), sorted(p["test"]) == p["test"], sorted(p["train"] + p["test"]) == list(range(100))]',
      ),
    ).toEqual([30, true, true]);
    // By another implementation: a split of a published task must never move.
    const digest = createHmac("sha256", "key").update("7").digest();
    const fraction = Number(digest.readBigUInt64BE(0) >> 8n) / 2 ** 56;
    expect(await python('return [d.fraction_of("7", "key"), d.fraction_of(7, "key")]')).toEqual([
      fraction,
      fraction,
    ]);
  });

  it("are refused for ids that come twice, or too few", async () => {
    expect(await python('return d.split_ids([1, 1], "a", {"x": None})')).toEqual([
      "ValueError",
      "an id comes twice: a split needs ids that differ",
    ]);
    expect(await python('return d.split_ids([1], "a", {"x": 2})')).toEqual([
      "ValueError",
      "1 ids cannot be split into parts of 2",
    ]);
  });
});

describe("what is written", () => {
  it("is the same bytes each time", async () => {
    expect(
      await python(`d.write_csv("deep/t.csv", ["id", "v"], [[1, 0.1], [2, None], [3, 'a "b", c']])
return open("deep/t.csv", newline="").read()`),
    ).toBe('id,v\n1,0.1\n2,\n3,"a ""b"", c"\n');
    expect(
      await python(`import hashlib
d.write_npz("a.npz", {"x": ("u1", (2, 3), bytes(range(6))), "y": ("f4", (1,), bytes(4))})
one = open("a.npz", "rb").read()
d.write_npz("a.npz", {"x": ("u1", (2, 3), bytes(range(6))), "y": ("f4", (1,), bytes(4))})
npy = d.npy_bytes("u1", (2, 3), bytes(range(6)))
return [one == open("a.npz", "rb").read(), len(npy), npy[:8].hex(), npy[10:127].decode().strip()]`),
    ).toEqual([true, 134, "934e554d50590100", "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3), }"]);
  });

  it("is refused where it is not what it says", async () => {
    expect(await python('return d.npy_bytes("f4", (2,), bytes(4))')).toEqual([
      "ValueError",
      "4 bytes are no array of f4 with the shape (2,)",
    ]);
    expect(await python('return d.write_csv("t.csv", ["a"], [[1, 2]])')).toEqual([
      "ValueError",
      "t.csv: row 1 has 2 values where there are 1 columns",
    ]);
  });
});

describe("finding a source", () => {
  it("says how many there are where it is not one", async () => {
    await put("one.idx", "");
    expect(await python('return d.find_source(".", "/one.idx")')).toBe("./one.idx");
    expect(await python('return d.find_source(".", ".nothing")')).toEqual([
      "ValueError",
      "there are 0 files that end in '.nothing' among the sources in .",
    ]);
  });
});
