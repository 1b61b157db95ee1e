// The prepare scripts of the text tasks whose true data is out of reach here, on small files of the true format.
import { execFile } from "node:child_process";
import { cp, mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const TASKS = fileURLToPath(new URL("../../tasks/", import.meta.url));
const FORMAT = fileURLToPath(new URL("../format/", import.meta.url));
const run = promisify(execFile);
let root = "";
let count = 0;

beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), "nightshift-format-"));
});
afterAll(async () => {
  await rm(root, { recursive: true, force: true });
});

/** Prepares a task out of a folder of sources; returns where its trees are. */
async function prepared(task: string, sources = path.join(FORMAT, task)): Promise<string> {
  count += 1;
  const out = path.join(root, `out-${count}`);
  await run("python3", ["-I", "-S", "-B", path.join(TASKS, task, "prepare.py"), sources, out]);
  return out;
}

async function complaintOf(task: string, sources: string): Promise<string> {
  return prepared(task, sources).then(
    () => "prepared",
    (error: unknown) => (error instanceof Error && "stderr" in error ? String(error.stderr).trim() : ""),
  );
}

async function copyOf(task: string): Promise<string> {
  count += 1;
  const folder = path.join(root, `sources-${count}`);
  await cp(path.join(FORMAT, task), folder, { recursive: true });
  return folder;
}

async function tree(folder: string): Promise<ReadonlyMap<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
  const read = files
    .sort()
    .map(async (file) => [path.relative(folder, file), await readFile(file, "hex")] as const);
  return new Map(await Promise.all(read));
}

async function lines(out: string, file: string): Promise<readonly string[]> {
  return (await readFile(path.join(out, file), "utf8")).trimEnd().split("\n");
}

describe.each(["mnli", "ms-coco-captioning", "language-modelling"])("the data of %s", (task) => {
  it("is the same bytes each time", async () => {
    expect(await tree(await prepared(task))).toEqual(await tree(await prepared(task)));
  });

  it("is missed with one sentence", async () => {
    const empty = await mkdtemp(path.join(root, "empty-"));
    expect(await complaintOf(task, empty)).toMatch(/there is n\S+ .* (?:in it|among the sources)/);
  });
});

describe("MultiNLI", () => {
  it("is split by its files, with ids of our own, and without pairs that have no label", async () => {
    const out = await prepared("mnli");
    const test = await lines(out, "public/test.csv");
    const answers = await lines(out, "hidden/answers.csv");
    expect(test[0]).toBe("id,premise,hypothesis,genre");
    expect(answers[0]).toBe("id,label,phase");
    // 240 matched pairs, of which 12 have a dash for a label.
    expect(answers.length - 1).toBe(228);
    expect(test.slice(1).map((row) => row.split(",")[0])).toEqual(
      answers.slice(1).map((row) => row.split(",")[0]),
    );
    expect(test.join("\n")).not.toMatch(/10000\d[enc]/);
    const phases = answers.slice(1).map((row) => row.split(",")[2]);
    expect(phases.filter((phase) => phase === "validation")).toHaveLength(46);
    expect(phases.filter((phase) => phase === "record")).toHaveLength(182);
    expect((await lines(out, "public/train.csv")).length - 1).toBe(456);
    expect((await lines(out, "public/dev.csv")).length - 1).toBe(57);
  });

  it("is read out of its archive, and from tables of tabs, as well", async () => {
    const wanted = await tree(await prepared("mnli"));
    const zipped = await copyOf("mnli");
    const names = (await readdir(zipped)).sort();
    await run("python3", ["-m", "zipfile", "-c", "multinli_1.0.zip", ...names], { cwd: zipped });
    for (const name of names) await rm(path.join(zipped, name));
    expect(await tree(await prepared("mnli", zipped))).toEqual(wanted);

    const tabbed = await copyOf("mnli");
    for (const name of names) {
      const rows = (await readFile(path.join(tabbed, name), "utf8")).trimEnd().split("\n");
      const table = rows.map((row) => {
        const { gold_label, sentence1, sentence2, genre } = JSON.parse(row);
        return ["", gold_label, sentence1, sentence2, genre].join("\t");
      });
      const header = "index\tgold_label\tsentence1\tsentence2\tgenre";
      await writeFile(path.join(tabbed, name.replace("jsonl", "txt")), `${[header, ...table].join("\n")}\n`);
      await rm(path.join(tabbed, name));
    }
    expect(await tree(await prepared("mnli", tabbed))).toEqual(wanted);
  });

  it("of another format is refused", async () => {
    const folder = await copyOf("mnli");
    await writeFile(path.join(folder, "multinli_1.0_train.jsonl"), '{"text": "no pair"}\n');
    expect(await complaintOf("mnli", folder)).toBe(
      "multinli_1.0_train.jsonl, row 1 has no sentence1, sentence2, gold_label, genre",
    );
  });
});

describe("COCO", () => {
  it("gives agents the pictures and the training captions only", async () => {
    const out = await prepared("ms-coco-captioning");
    const test = await lines(out, "public/test.csv");
    const answers = await lines(out, "hidden/answers.csv");
    expect(test[0]).toBe("image_id,file,width,height");
    expect(test.length - 1).toBe(60);
    expect(answers.length - 1).toBe(300);
    expect((await lines(out, "public/train.csv")).length - 1).toBe(150 * 5);
    expect(await readdir(path.join(out, "public"))).toEqual(["pictures", "test.csv", "train.csv"]);
    expect(await readdir(path.join(out, "public/pictures"))).toHaveLength(210);
    const phases = new Set(answers.slice(1).map((row) => row.split(",").slice(0, 2).join(" ")));
    expect(phases.size).toBe(60);
    expect([...phases].filter((one) => one.endsWith("validation"))).toHaveLength(12);
  });

  it("without one of its pictures is refused", async () => {
    const folder = await copyOf("ms-coco-captioning");
    const [name = ""] = (await readdir(path.join(folder, "val2017"))).sort();
    await rm(path.join(folder, "val2017", name));
    expect(await complaintOf("ms-coco-captioning", folder)).toBe(
      `there is no picture ${name} among the sources`,
    );
  });
});

describe("shards of FineWeb", () => {
  it("are handed on as they are; the judge's two parts share no token", async () => {
    const out = await prepared("language-modelling");
    expect(await readdir(path.join(out, "public"))).toEqual([
      "fineweb_train_000001.bin",
      "fineweb_train_000002.bin",
    ]);
    const shard = await readFile(path.join(FORMAT, "language-modelling/fineweb_val_000000.bin"));
    const [record, validation] = await Promise.all(
      ["record", "validation"].map((name) => readFile(path.join(out, "hidden", `${name}.bin`))),
    );
    expect(record).toEqual(shard.subarray(1024, 1024 + 12300));
    expect(validation).toEqual(shard.subarray(1024 + 12300, 1024 + 24600));
  });

  it("that are cut short, or something else, are refused", async () => {
    const short = await copyOf("language-modelling");
    await truncate(path.join(short, "fineweb_train_000001.bin"), 3000);
    expect(await complaintOf("language-modelling", short)).toMatch(
      /names 34000 tokens in its header, but holds 988$/,
    );
    const other = await copyOf("language-modelling");
    await writeFile(path.join(other, "fineweb_val_000000.bin"), new Uint8Array(5000));
    expect(await complaintOf("language-modelling", other)).toMatch(
      /begins with 0, version 0: a shard of tokens begins/,
    );
    const empty = await copyOf("language-modelling");
    await truncate(path.join(empty, "fineweb_val_000000.bin"), 10);
    expect(await complaintOf("language-modelling", empty)).toMatch(
      /shorter than a shard's header of 1024 bytes$/,
    );
  });
});
