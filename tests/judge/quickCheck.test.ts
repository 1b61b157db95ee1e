// The quick check: what was stored scores the same again; a judge or a starter that has changed since is told of it.
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { UserError } from "../../src/core/errors.ts";
import { quickCheck } from "../../src/judge/quickCheck.ts";
import { loadTask } from "../../src/tasks/loadTask.ts";
import { readSolutions } from "../../src/tasks/readSolutions.ts";
import { readStoredScores, writeStoredScores } from "../../src/tasks/storedScores.ts";
import { type Workshop, workshop } from "./defective/scaffold.ts";
import { clock, NEVER, type World, world } from "./world.ts";

let shop: Workshop;
let here: World;
let folder = "";

beforeAll(async () => {
  shop = await workshop();
  here = await world();
  await shop.scaffold("quick", "csv");
  folder = path.join(shop.root, "quick");
  const scored = await shop.scored("quick");
  await writeStoredScores(await loadTask(shop.root, "quick"), scored);
});
afterAll(async () => {
  await here[Symbol.asyncDispose]();
  await shop[Symbol.asyncDispose]();
});

async function quick() {
  const task = await loadTask(shop.root, "quick");
  const stored = await readStoredScores(task);
  if (stored === null) throw new Error("nothing is stored");
  const options = { evaluator: here.judgeOver(here.backend), blobs: here.blobs, clock, seeds: 1 };
  return quickCheck(task, await readSolutions(task), stored, options, NEVER);
}

/** The defects while a file has another text. */
async function defectsWith(name: string, change: (text: string) => string): Promise<readonly string[]> {
  const file = path.join(folder, name);
  const text = await readFile(file, "utf8");
  await writeFile(file, change(text));
  try {
    return (await quick()).defects.map(({ text }) => text);
  } finally {
    await writeFile(file, text);
  }
}

describe("a quick check", () => {
  it("finds a task sound whose stored submissions score the same again, made by a command or not", async () => {
    expect(
      (await readdir(path.join(folder, "solution"))).filter((name) => name.endsWith(".gz")),
    ).toHaveLength(3);
    const report = await quick();
    expect(report.defects).toEqual([]);
    expect(report.measured).toBeCloseTo(0.538496, 5);
    expect(report.solutions.map(({ name }) => name)).toEqual(["probe", "reference"]);
  });

  it("tells where nothing was stored that could be judged again", async () => {
    for (const submissions of ["[]", '[{ "name": "starter", "files": [], "scores": {} }]']) {
      const found = await defectsWith(
        "solution/scores.json",
        (text) =>
          `{ "judgeHash": ${JSON.stringify(JSON.parse(text).judgeHash)}, "submissions": ${submissions} }`,
      );
      expect(found).toEqual([
        "solution/scores.json holds no scored submission; `tasks check --record` measures anew",
      ]);
    }
  });

  it("tells of a judge that scores otherwise, and of one that fails", async () => {
    const other = await defectsWith("judge.py", (text) => text.replace("return score,", "return score / 2,"));
    expect(other).toHaveLength(3);
    expect(other[0]).toBe(
      "the starter scores 0.2692 with seed 1, but solution/scores.json has 0.5385, by another judge; `tasks check --record` measures anew",
    );
    const broken = await defectsWith("judge.py", (text) => text.replace("return score,", "return scor,"));
    expect(broken[0]).toMatch(/^judge\.py fails on the starter: .*NameError/);
  });

  it("tells of stored files that are gone, and of a file that is none of its own", async () => {
    const [packed] = (await readdir(path.join(folder, "solution"))).filter((name) => name.endsWith(".gz"));
    const file = path.join(folder, "solution", packed ?? "");
    const data = await readFile(file);
    await rm(file);
    expect((await quick()).defects.map(({ text }) => text)).toEqual([
      expect.stringMatching(
        /^(the starter|solution\/\w+) has changed since it was scored, or was too large to store/,
      ),
    ]);
    await writeFile(file, data);
    await expect(defectsWith("solution/scores.json", () => "{}")).rejects.toThrow(UserError);
    await expect(defectsWith("solution/scores.json", () => "{}")).rejects.toThrow(
      /quick\/solution\/scores\.json: not what `tasks check --record` writes/,
    );
  });
});
