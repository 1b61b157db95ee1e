// Submitted npz and safetensors files: honest ones give the numbers that went in; hostile ones get a sentence, and nothing of them runs.
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { deflateRawSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Task } from "../../src/core/task.ts";
import { npy, safetensors } from "../../src/judge/forgeries/arrays.ts";
import { zipEntries, zipOf } from "../../src/judge/forgeries/zip.ts";
import { loadTask } from "../../src/tasks/loadTask.ts";
import { reasonOf, scoreOf, TASKS, type World, withJudge, world } from "./world.ts";

const judgeOf = (reader: string) => `
from nightshift_judge import run


def judge(room):
    arrays = room.${reader}("file.bin", {"w": ("f4", (None, 2)), "b": ("i8", (3,))}, bytes_max=10000)
    return sum(value for row in arrays["w"].tolist() for value in row) + arrays["b"].tolist()[2], {}


run(judge)
`;
let here: World;
let root = "";
const tasks = new Map<string, Task>();

beforeAll(async () => {
  here = await world();
  root = await mkdtemp(path.join(tmpdir(), "nightshift-files-"));
  for (const [id, reader] of [
    ["npz", "submitted_npz"],
    ["safetensors", "submitted_safetensors"],
  ] as const) {
    const folder = path.join(root, id);
    await cp(path.join(TASKS, "battle-of-sexes"), folder, { recursive: true });
    const yaml = await readFile(path.join(folder, "task.yaml"), "utf8");
    const changed = yaml.replace("kind: policy", "kind: csv").replace("path: strategy.py", "path: file.bin");
    await writeFile(path.join(folder, "task.yaml"), changed);
    await writeFile(path.join(folder, "judge.py"), judgeOf(reader));
    tasks.set(id, withJudge(await loadTask(root, id), { cpuMsPerCallMax: null }));
  }
});
afterAll(async () => {
  await here[Symbol.asyncDispose]();
  await rm(root, { recursive: true, force: true });
});

async function judged(id: string, data: Uint8Array) {
  const task = tasks.get(id);
  if (task === undefined) throw new Error(`no task ${id}`);
  return (await here.evaluate(task, { "file.bin": data }))[0];
}

const floats = (values: readonly number[]) => Buffer.from(Float32Array.from(values).buffer);
const W = floats([1, 2, 3, 4]);
const B = Buffer.from(BigInt64Array.from([7n, 8n, 9n]).buffer);
const w = { name: "w.npy", data: npy("<f4", "(2, 2)", W) };
const b = { name: "b.npy", data: npy("<i8", "(3,)", B) };
const withW = (data: Uint8Array) => zipOf([{ name: "w.npy", data }, b]);
const bombBytes = 1 << 22;
const bomb = { data: deflateRawSync(Buffer.alloc(bombBytes)), bytes: bombBytes };

describe("an npz file", () => {
  it("is read as it was written, packed or not", async () => {
    expect(scoreOf(await judged("npz", zipOf([w, b])))).toBe(1 + 2 + 3 + 4 + 9);
    const packed = { data: deflateRawSync(w.data), bytes: w.data.byteLength };
    const deflated = zipOf([{ ...w, packed }, b]);
    expect(scoreOf(await judged("npz", deflated))).toBe(19);
    expect(zipEntries(deflated).map(({ data }) => Buffer.from(data).toString("hex"))).toEqual(
      [w, b].map(({ data }) => Buffer.from(data).toString("hex")),
    );
  });

  it.each<[string, Uint8Array, RegExp]>([
    ["no zip", Buffer.from("nothing"), /^file\.bin: it is no npz file/],
    ["cut short", zipOf([w, b]).subarray(0, 100), /^file\.bin: it is no npz file/],
    ["a pickle", withW(npy("|O", "(1,)", Buffer.from("cos\nsystem\n"))), /'w' holds Python objects/],
    ["big-endian numbers", withW(npy(">f4", "(2, 2)", W)), /'w' is an array of >f4; save it as one of/],
    ["records", withW(npy("', [('a', '<f4')], '", "(2, 2)", W)), /'w' is not a plain array of numbers/],
    ["code for a shape", withW(npy("<f4", "(__import__('os').getpid(),)", W)), /'w' is not a plain array/],
    ["too few numbers", withW(npy("<f4", "(3, 2)", W)), /'w' has 16 bytes of data, which is not its shape/],
    ["a vast shape", withW(npy("<f4", "(999999999999, 999999999999)", W)), /'w' has 16 bytes of data/],
    ["another shape", withW(npy("<f4", "(4,)", W)), /'w' is \(4,\) of f4, not \(any, 2\) of f4/],
    ["another type", withW(npy("<f8", "(1, 2)", W)), /'w' is \(1, 2\) of f8, not \(any, 2\) of f4/],
    ["NaN", withW(npy("<f4", "(1, 2)", floats([1, Number.NaN]))), /'w': an array holds NaN or an infinity/],
    ["no numbers", withW(npy("<f4", "(0, 2)", Buffer.alloc(0))), /'w' is empty/],
    ["a name twice", zipOf([w, b, w]), /it holds 'w' twice/],
    ["a name too many", zipOf([w, b, { ...w, name: "x.npy" }]), /it holds \['x'\], which was not asked for/],
    ["a name too few", zipOf([w]), /it lacks \['b'\]/],
    [
      "what is no array",
      zipOf([w, b, { name: "run.py", data: w.data }]),
      /it holds 'run\.py', which is no array/,
    ],
    ["a bomb", zipOf([{ ...w, packed: bomb }, b]), /its arrays are larger than 10000 bytes unpacked/],
    [
      "a bomb that says it is small",
      zipOf([{ ...w, packed: { ...bomb, bytes: 144 } }, b]),
      /'w' is (damaged|no array)/,
    ],
  ])("with %s is refused", async (_, data, reason) => {
    expect(reasonOf(await judged("npz", data))).toMatch(reason);
  });
});

const ABOUT = {
  w: { dtype: "F32", shape: [2, 2], data_offsets: [0, 16] },
  b: { dtype: "I64", shape: [3], data_offsets: [16, 40] },
};
const BODY = Buffer.concat([W, B]);
const tensors = (about: unknown, body = BODY) => safetensors(JSON.stringify(about), body);

describe("a safetensors file", () => {
  it("is read as it was written", async () => {
    expect(scoreOf(await judged("safetensors", tensors(ABOUT)))).toBe(19);
    const noted = { __metadata__: { format: "pt" }, ...ABOUT };
    expect(scoreOf(await judged("safetensors", tensors(noted)))).toBe(19);
  });

  it.each<[string, Uint8Array, RegExp]>([
    ["nothing", Buffer.alloc(0), /it is no safetensors file/],
    ["a vast header", Buffer.from("ffffffffffffff7f00", "hex"), /its header is longer than it may be/],
    ["a header that is no JSON", safetensors("{w}", BODY), /its header is no JSON/],
    ["a deep header", safetensors("[".repeat(9000), Buffer.alloc(0)), /its header is no JSON/],
    ["a name twice", safetensors('{"w":1,"w":2}', BODY), /its header names 'w' twice/],
    ["no offsets", tensors({ w: 1 }), /'w' has no offsets/],
    [
      "offsets beyond the end",
      tensors({ ...ABOUT, b: { ...ABOUT.b, data_offsets: [16, 4000] } }),
      /without gaps/,
    ],
    ["a gap", tensors({ ...ABOUT, b: { ...ABOUT.b, data_offsets: [24, 40] } }), /without gaps/],
    ["an overlap", tensors({ ...ABOUT, b: { ...ABOUT.b, data_offsets: [0, 24] } }), /without gaps/],
    ["more behind it", tensors(ABOUT, Buffer.concat([BODY, W])), /there are 16 bytes after the last tensor/],
    ["a wrong size", tensors({ ...ABOUT, w: { ...ABOUT.w, shape: [2, 3] } }), /'w' has 16 bytes of data/],
    ["a strange type", tensors({ ...ABOUT, w: { ...ABOUT.w, dtype: "PICKLE" } }), /'w' must be one of F16/],
    ["a negative side", tensors({ ...ABOUT, w: { ...ABOUT.w, shape: [-2, -2] } }), /'w' has no shape/],
  ])("with %s is refused", async (_, data, reason) => {
    expect(reasonOf(await judged("safetensors", data))).toMatch(reason);
  });
});
