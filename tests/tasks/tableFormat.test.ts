// Tasks on tables and pictures whose true data a user fetches, from sources of the true format to a score: fetched, prepared, loaded, judged.
import { execFile } from "node:child_process";
import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Task } from "../../src/core/task.ts";
import { reasonOf, scoreOf, type World, world } from "../judge/world.ts";
import { csvOf, FORMAT, type FormatWorld, formatWorld, hiddenTable } from "./formatWorld.ts";

const run = promisify(execFile);
let here: World;
let files: FormatWorld;

beforeAll(async () => {
  [here, files] = [await world(), await formatWorld()];
});
afterAll(async () => {
  await files[Symbol.asyncDispose]();
  await here[Symbol.asyncDispose]();
});

const evaluate = async (task: Task, text: string) =>
  (await here.evaluate(task, { "submission.csv": text }))[0];

/** The lines of a file that agents see. */
async function seen(task: Task, name: string): Promise<readonly string[]> {
  return (await readFile(path.join(task.mounts[0]?.hostPath ?? "", name), "utf8")).trimEnd().split("\n");
}

/** The bytes of the picture that `label` has: its own shade, with a mark that tells pictures apart. */
function picture(size: number, label: number, number: number): Buffer {
  const pixels = Buffer.alloc(size, 20 * label);
  pixels.writeUInt32BE(number, 0);
  return pixels;
}

/** The images in an npz file's first array, as long as its header says, and the labels in its second. */
async function arrays(
  task: Task,
  name: string,
  size: number,
): Promise<{ images: Buffer[]; labels: number[] }> {
  const data = await readFile(path.join(task.mounts[0]?.hostPath ?? "", name));
  const shape = /'shape': \((\d+),/g;
  const bodies: { count: number; start: number }[] = [];
  for (const match of data.toString("latin1").matchAll(shape)) {
    bodies.push({ count: Number(match[1]), start: data.indexOf("\n", match.index) + 1 });
  }
  const [images = { count: 0, start: 0 }, labels] = bodies;
  return {
    images: Array.from({ length: images.count }, (_, at) =>
      data.subarray(images.start + at * size, images.start + (at + 1) * size),
    ),
    labels: labels === undefined ? [] : [...data.subarray(labels.start, labels.start + labels.count)],
  };
}

describe("house prices from a file of OpenML's format", () => {
  it("are fetched, split as MLGym split them, and judged by R2", async () => {
    await cp(path.join(FORMAT, "house-price"), files.served, { recursive: true });
    const task = await files.prepared("house-price", ["house_prices.arff"]);
    const answers = hiddenTable(task, "answers.csv");
    const ofPhase = (phase: string) => answers.filter((row) => row[2] === phase);
    expect([ofPhase("record").length, ofPhase("validation").length]).toEqual([12, 6]);
    const [header = "", ...train] = await seen(task, "train.csv");
    const [testHeader] = await seen(task, "test.csv");
    expect(train).toHaveLength(42);
    expect(header).toBe(`${testHeader},SalePrice`);
    expect(header.split(",")).toHaveLength(81);
    expect(header).not.toMatch(/\bId\b/);
    // numpy's RandomState(42).permutation(60) begins so: the houses of these numbers are the record.
    const source = (await readFile(path.join(FORMAT, "house-price", "house_prices.arff"), "utf8")).split(
      "\n",
    );
    const priceOf = (id: number) =>
      source
        .find((line) => line.startsWith(`${id},`))
        ?.split(",")
        .at(-1);
    const record = [0, 5, 36, 45, 13, 54, 33, 48, 12, 57, 46, 50].map((place) => priceOf(place + 1));
    expect(
      ofPhase("record")
        .map((row) => row[1])
        .sort(),
    ).toEqual(record.sort());

    const prices = answers.map(([id = "", price = ""]) => [id, price] as const);
    expect(scoreOf(await evaluate(task, csvOf("id,SalePrice", prices)))).toBe(1);
    const known = ofPhase("record").map((row) => Number(row[1]));
    const mean = known.reduce((sum, price) => sum + price, 0) / known.length;
    const constant = prices.map(([id]) => [id, String(mean)] as const);
    expect(scoreOf(await evaluate(task, csvOf("id,SalePrice", constant.reverse())))).toBeCloseTo(0, 9);
    const unknown = prices.map(([id], at) => [id, at === 3 ? "nan" : "1"] as const);
    expect(reasonOf(await evaluate(task, csvOf("id,SalePrice", unknown)))).toMatch(/must be a number/);
  });
});

describe("CIFAR-10 from an archive of its binary format", () => {
  const size = 3 * 32 * 32;

  /** Serves an archive of batches with this many records each. */
  async function served(name: string, records: number, batches: readonly string[]): Promise<void> {
    const folder = path.join(files.served, `${name}-files`, "cifar-10-batches-bin");
    await mkdir(folder, { recursive: true });
    for (const [index, batch] of batches.entries()) {
      const parts = Array.from({ length: records }, (_, at) => {
        const label = (index + at) % 10;
        return [Buffer.of(label), picture(size, label, index * records + at)];
      });
      await writeFile(path.join(folder, `${batch}.bin`), Buffer.concat(parts.flat()));
    }
    await run("tar", ["-czf", path.join(files.served, name), "cifar-10-batches-bin"], {
      cwd: path.dirname(folder),
    });
  }
  const BATCHES = [...[1, 2, 3, 4, 5].map((number) => `data_batch_${number}`), "test_batch"];

  it("is fetched, prepared and judged: every picture keeps its own label", async () => {
    await served("cifar-10-binary.tar.gz", 20, BATCHES);
    const task = await files.prepared("cifar10", ["cifar-10-binary.tar.gz"]);
    const train = await arrays(task, "train.npz", size);
    expect([train.images.length, train.labels.length]).toEqual([90, 90]);
    expect(train.images.map((image) => (image[9] ?? 0) / 20)).toEqual(train.labels);
    const test = await arrays(task, "test.npz", size);
    const answers = hiddenTable(task, "answers.csv").map(([id = "", label = ""]) => [id, label] as const);
    expect(test.images.map((image, at) => [String(at), String((image[9] ?? 0) / 20)])).toEqual(answers);
    expect(scoreOf(await evaluate(task, csvOf("id,label", answers)))).toBe(1);
    const always = answers.map(([id]) => [id, "3"] as const);
    expect(scoreOf(await evaluate(task, csvOf("id,label", always)))).toBeCloseTo(0.1, 9);
    expect(reasonOf(await evaluate(task, csvOf("id,label", answers.slice(1))))).toMatch(/must have 30 rows/);
    const cat = answers.map(([id]) => [id, "cat"] as const);
    expect(reasonOf(await evaluate(task, csvOf("id,label", cat)))).toMatch(/must be a number from 0 to 9/);
  });

  it("is prepared from the shipped archive: a hundred and twenty pictures, ten of them to validate", async () => {
    await mkdir(path.join(files.served, "shipped"), { recursive: true });
    await cp(path.join(FORMAT, "cifar10"), path.join(files.served, "shipped"), { recursive: true });
    const task = await files.prepared("cifar10", ["shipped/cifar-10-binary.tar.gz"]);
    expect((await arrays(task, "train.npz", size)).images).toHaveLength(90);
    const phases = hiddenTable(task, "answers.csv").map((row) => row[2]);
    expect(phases.filter((phase) => phase === "validation")).toHaveLength(10);
    expect(phases.filter((phase) => phase === "record")).toHaveLength(20);
  });

  it("is refused where a batch is missing", async () => {
    await served("broken/cifar-10-binary.tar.gz", 4, BATCHES.slice(0, 5));
    await expect(files.prepared("cifar10", ["broken/cifar-10-binary.tar.gz"])).rejects.toThrow(
      /has no test_batch/,
    );
  });
});

describe("Fashion-MNIST from IDX files", () => {
  const size = 28 * 28;

  function idx(shape: readonly number[], body: Buffer): Buffer {
    const head = Buffer.alloc(4 + 4 * shape.length);
    head.set([0, 0, 8, shape.length]);
    shape.forEach((side, at) => void head.writeUInt32BE(side, 4 + 4 * at));
    return gzipSync(Buffer.concat([head, body]));
  }

  it("is prepared and judged: every picture keeps its own label", async () => {
    const names: string[] = [];
    for (const [part, count] of [
      ["train", 60],
      ["t10k", 20],
    ] as const) {
      const labels = Array.from({ length: count }, (_, at) => at % 10);
      const images = labels.map((label, at) => picture(size, label, at + (part === "train" ? 1000 : 2000)));
      const kinds = {
        "images-idx3": idx([count, 28, 28], Buffer.concat(images)),
        "labels-idx1": idx([count], Buffer.from(labels)),
      };
      for (const [kind, data] of Object.entries(kinds)) {
        const name = `${part}-${kind}-ubyte.gz`;
        names.push(name);
        await writeFile(path.join(files.served, name), data);
      }
    }
    const task = await files.prepared("fashion-mnist", names);
    const train = await arrays(task, "train.npz", size);
    expect(train.images).toHaveLength(55);
    expect(train.images.map((image) => (image[9] ?? 0) / 20)).toEqual(train.labels);
    const test = await arrays(task, "test.npz", size);
    const answers = hiddenTable(task, "answers.csv");
    expect(test.images.map((image) => String((image[9] ?? 0) / 20))).toEqual(answers.map((row) => row[1]));
    // The test set is the record, and only it.
    const isTest = test.images.map((image) => image.readUInt32BE(0) >= 2000);
    expect(isTest).toEqual(answers.map((row) => row[2] === "record"));
    const right = answers.map(
      ([id = "", label = "", phase]) => [id, phase === "record" ? label : "0"] as const,
    );
    expect(scoreOf(await evaluate(task, csvOf("id,label", right)))).toBe(1);
  });
});
