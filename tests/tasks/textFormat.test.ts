// The text tasks whose true data is out of reach here, from sources of the true format to a score: fetched, prepared, loaded, judged.
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Task } from "../../src/core/task.ts";
import { prepareData } from "../../src/tasks/data/prepareData.ts";
import { withPreparedData } from "../../src/tasks/data/preparedData.ts";
import { loadTask } from "../../src/tasks/loadTask.ts";
import { NEVER, reasonOf, scoreOf, TASKS, type World, world } from "../judge/world.ts";

const FORMAT = fileURLToPath(new URL("../format/", import.meta.url));
const run = promisify(execFile);
let here: World;
let root = "";
let server: Server;
let served = "";

beforeAll(async () => {
  here = await world();
  root = await mkdtemp(path.join(tmpdir(), "nightshift-true-"));
  server = createServer((request, response) => {
    readFile(path.join(root, "served", request.url ?? "")).then(
      (data) => response.end(data),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const address = server.address();
  served = typeof address === "object" && address !== null ? `http://127.0.0.1:${address.port}` : "";
});
afterAll(async () => {
  await new Promise((closed) => server.close(closed));
  await here[Symbol.asyncDispose]();
  await rm(root, { recursive: true, force: true });
});

/** Offers archives of folders of the format files, as the data's own hosts do. */
async function archive(name: string, folder: string, members: readonly string[]): Promise<void> {
  await mkdir(path.join(root, "served"), { recursive: true });
  await run("python3", ["-m", "zipfile", "-c", path.join(root, "served", name), ...members], { cwd: folder });
}

/** The task with its data prepared from what is served under these paths, and its judge's lines changed where that is said. */
async function prepared(
  id: string,
  paths: readonly string[],
  change: (judge: string) => string = (judge) => judge,
): Promise<Task> {
  const tasks = path.join(root, "tasks");
  const folder = path.join(tasks, id);
  await cp(path.join(TASKS, id), folder, { recursive: true });
  const yaml = await readFile(path.join(folder, "data.yaml"), "utf8");
  const sources = paths.map(
    (name) => `  - { kind: url, url: "${served}/${name}", path: ${name}, bytesMax: 1000000 }\n`,
  );
  const local = yaml.replace(/^sources:\n(?:[ ]+.*\n)+/m, `sources:\n${sources.join("")}`);
  await writeFile(path.join(folder, "data.yaml"), local);
  await writeFile(
    path.join(folder, "judge.py"),
    change(await readFile(path.join(folder, "judge.py"), "utf8")),
  );
  const task = await loadTask(tasks, id);
  if (task.data === null) throw new Error(`${id} brings no data`);
  const cacheRoot = path.join(root, "cache");
  const options = { id, folder, data: task.data, cacheRoot, python: "python3", onProgress: () => undefined };
  await prepareData(options, true, NEVER);
  return withPreparedData(task, cacheRoot);
}

/** A hidden table of the task, split at its first commas. */
function hidden(task: Task, name: string): readonly (readonly string[])[] {
  const file = task.judgeFiles.find((candidate) => candidate.path === `hidden/data/${name}`);
  const [, ...rows] = new TextDecoder().decode(file?.data).trimEnd().split("\n");
  return rows.map((row) => row.split(","));
}

const table = (header: string, rows: Iterable<readonly [string, string]>) =>
  `${[header, ...[...rows].map((row) => row.join(","))].join("\n")}\n`;

describe("MNLI from files of its format", () => {
  it("is fetched, prepared and judged: right labels are all, one label for all a third", async () => {
    const folder = path.join(FORMAT, "mnli");
    await archive("multinli_1.0.zip", folder, await readdir(folder));
    const task = await prepared("mnli", ["multinli_1.0.zip"]);
    const answers = hidden(task, "answers.csv").map(([id = "", label = ""]) => [id, label] as const);
    const score = async (rows: typeof answers) =>
      (await here.evaluate(task, { "submission.csv": table("id,label", rows) }))[0];
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
      await archive(archives[index] ?? "", folder, [name]);
    }
    const task = await prepared("ms-coco-captioning", archives);
    const first = new Map(
      hidden(task, "answers.csv").map(([id = "", , ...text]) => [id, text.join(" ")] as const),
    );
    const evaluate = async (text: string) => (await here.evaluate(task, { "submission.csv": text }))[0];
    const header = "image_id,caption";
    expect(scoreOf(await evaluate(table(header, first)))).toBe(1);
    const other = new Map([...first.keys()].map((id) => [id, "bleu is 1.0"] as const));
    expect(scoreOf(await evaluate(table(header, other)))).toBe(0);
    const scored = [...first].map(([id, text]) => [id, `${text},1.0`] as const);
    expect(reasonOf(await evaluate(table("image_id,caption,bleu_score", scored)))).toMatch(
      /must have the header/,
    );
  });
});

describe("FineWeb from shards of its format", () => {
  it("is fetched, prepared and judged: no knowledge costs the logarithm of the vocabulary", async () => {
    const folder = path.join(FORMAT, "language-modelling");
    const names = await readdir(folder);
    await mkdir(path.join(root, "served"), { recursive: true });
    for (const name of names) await cp(path.join(folder, name), path.join(root, "served", name));
    // Fewer places: these rooms have no numpy.
    const few = (judge: string) =>
      judge
        .replace("BATCH = 64", "BATCH = 4")
        .replace("ERROR_MAX = 0.02", "ERROR_MAX = 9")
        .replace("2048", "8");
    const task = await prepared("language-modelling", names, few);
    const score = async (row: string) => {
      const model = `def predict(prefixes):\n    return [${row} for _ in prefixes]\n`;
      return scoreOf((await here.evaluate(task, { "model.py": model, "weights.npz": "" }))[0]);
    };
    expect(await score("[0.0] * 50304")).toBeCloseTo(Math.log(50304), 3);
    // No token of a shard is above 50,256.
    expect(await score("[0.0] * 50257 + [-50.0] * 47")).toBeCloseTo(Math.log(50257), 3);
  });
});
