// The text tasks whose true data is out of reach here, from sources of the true format to a score: fetched, prepared, loaded, judged.
import { cp, readdir } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { reasonOf, scoreOf, type World, world } from "../judge/world.ts";
import { csvOf, FORMAT, type FormatWorld, formatWorld, hiddenTable } from "./formatWorld.ts";

let here: World;
let files: FormatWorld;

beforeAll(async () => {
  [here, files] = [await world(), await formatWorld()];
});
afterAll(async () => {
  await files[Symbol.asyncDispose]();
  await here[Symbol.asyncDispose]();
});

describe("MNLI from files of its format", () => {
  it("is fetched, prepared and judged: right labels are all, one label for all a third", async () => {
    const folder = path.join(FORMAT, "mnli");
    await files.archive("multinli_1.0.zip", folder, await readdir(folder));
    const task = await files.prepared("mnli", ["multinli_1.0.zip"]);
    const answers = hiddenTable(task, "answers.csv").map(([id = "", label = ""]) => [id, label] as const);
    const score = async (rows: typeof answers) =>
      (await here.evaluate(task, { "submission.csv": csvOf("id,label", rows) }))[0];
    expect(scoreOf(await score(answers))).toBe(100);
    const always = answers.map(([id]) => [id, "neutral"] as const);
    expect(Math.abs(scoreOf(await score(always)) - 100 / 3)).toBeLessThan(15);
    expect(reasonOf(await score(answers.slice(1)))).toMatch(/must have 228 rows/);
    expect(reasonOf(await score(answers.map(([id]) => [id, "maybe"] as const)))).toMatch(/must be one of/);
  });
});

describe("COCO from files of its format", () => {
  it("is fetched, prepared and judged: people's own captions are all, a column of scores is worth nothing", async () => {
    const folder = path.join(FORMAT, "ms-coco-captioning");
    const archives = ["annotations_trainval2017.zip", "train2017.zip", "val2017.zip"];
    for (const [index, name] of ["annotations", "train2017", "val2017"].entries()) {
      await files.archive(archives[index] ?? "", folder, [name]);
    }
    const task = await files.prepared("ms-coco-captioning", archives);
    const first = new Map(
      hiddenTable(task, "answers.csv").map(([id = "", , ...text]) => [id, text.join(" ")] as const),
    );
    const evaluate = async (text: string) => (await here.evaluate(task, { "submission.csv": text }))[0];
    const header = "image_id,caption";
    expect(scoreOf(await evaluate(csvOf(header, first)))).toBe(1);
    const other = new Map([...first.keys()].map((id) => [id, "bleu is 1.0"] as const));
    expect(scoreOf(await evaluate(csvOf(header, other)))).toBe(0);
    const scored = [...first].map(([id, text]) => [id, `${text},1.0`] as const);
    expect(reasonOf(await evaluate(csvOf("image_id,caption,bleu_score", scored)))).toMatch(
      /must have the header/,
    );
  });
});

describe("FineWeb from shards of its format", () => {
  it("is fetched, prepared and judged: no knowledge costs the logarithm of the vocabulary", async () => {
    const folder = path.join(FORMAT, "language-modelling");
    const names = await readdir(folder);
    for (const name of names) await cp(path.join(folder, name), path.join(files.served, name));
    // Fewer places: these rooms have no numpy.
    const few = (judge: string) =>
      judge
        .replace("BATCH = 64", "BATCH = 4")
        .replace("ERROR_MAX = 0.02", "ERROR_MAX = 9")
        .replace("2048", "8");
    const task = await files.prepared("language-modelling", names, few);
    const score = async (row: string) => {
      const model = `def predict(prefixes):\n    return [${row} for _ in prefixes]\n`;
      return scoreOf((await here.evaluate(task, { "model.py": model, "weights.npz": "" }))[0]);
    };
    expect(await score("[0.0] * 50304")).toBeCloseTo(Math.log(50304), 3);
    // No token of a shard is above 50,256.
    expect(await score("[0.0] * 50257 + [-50.0] * 47")).toBeCloseTo(Math.log(50257), 3);
  });
});
