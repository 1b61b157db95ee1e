// Laying out new tasks and writing measured numbers back: what is written, what is refused, and that nothing else changes.
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadTask } from "../../src/tasks/loadTask.ts";
import { newTableTask } from "../../src/tasks/newTableTask.ts";
import { newTask } from "../../src/tasks/newTask.ts";
import { readSolutions } from "../../src/tasks/readSolutions.ts";
import { recordMeasured, withMeasured } from "../../src/tasks/recordMeasured.ts";
import { TASKS } from "../judge/world.ts";

const KEY = "0123456789abcdef".repeat(4);
let folder = "";
let tasksRoot = "";

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "nightshift-new-"));
  tasksRoot = path.join(folder, "tasks");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe("newTableTask", () => {
  it("leaves nothing behind, no tasks folder either, where a table is too small", async () => {
    const file = path.join(folder, "small.csv");
    await writeFile(file, "a,y\n1,2\n");
    const table = { file, target: "y" };
    const made = newTableTask(
      { name: "small", tasksRoot, table, key: KEY, python: "python3" },
      AbortSignal.timeout(60_000),
    );
    await expect(made).rejects.toThrow(/small\.csv: 1 rows with a y; a task needs 80 or more/);
    expect(await readdir(folder)).toEqual(["small.csv"]);
  });
});

describe("newTask", () => {
  it.each(["csv", "function", "policy", "repo"])(
    "lays out a %s task that loads, under its own name and key",
    async (kind) => {
      const files = await newTask({ name: "house-rents", kind, tasksRoot, key: KEY });
      const task = await loadTask(tasksRoot, "house-rents");
      expect(task.definition).toMatchObject({
        title: "House rents",
        use: "train",
        mlgym: null,
        judge: { kind },
      });
      expect(task.description).toMatch(/^# House rents\n/);
      expect(await readFile(path.join(tasksRoot, "house-rents", "hidden", "key"), "utf8")).toBe(`${KEY}\n`);
      expect((await readSolutions(task)).map(({ name }) => name)).toEqual(["probe", "reference"]);
      expect(files).toContain("judge.py");
      expect(files.filter((file) => file.includes("__pycache__"))).toEqual([]);
    },
  );

  it.each([
    ["House", "csv", /^a task cannot be called "House"; use lower-case letters/],
    ["../house", "csv", /^a task cannot be called/],
    ["house", "table", /^--kind "table": no such kind of task; there are csv, function, policy, repo$/],
    ["house", "../csv", /^--kind /],
  ])("refuses %s of kind %s, with nothing written", async (name, kind, sentence) => {
    await expect(newTask({ name, kind, tasksRoot, key: KEY })).rejects.toThrow(sentence);
    expect(await readdir(folder)).toEqual([]);
  });

  it("never writes over a folder that is there", async () => {
    await newTask({ name: "house", kind: "csv", tasksRoot, key: KEY });
    await expect(newTask({ name: "house", kind: "repo", tasksRoot, key: "other" })).rejects.toThrow(
      /house is there already; take another name/,
    );
    expect((await loadTask(tasksRoot, "house")).definition.judge.kind).toBe("csv");
  });

  it("gives a task the shipped image's identity, wherever its folder lies", async () => {
    await newTask({ name: "house", kind: "csv", tasksRoot, key: KEY });
    const alone = await loadTask(tasksRoot, "house");
    await cp(path.join(TASKS, "_images"), path.join(tasksRoot, "_images"), { recursive: true });
    expect((await loadTask(tasksRoot, "house")).playHash).toBe(alone.playHash);
  });
});

describe("recordMeasured", () => {
  const measured = { starter: 1.023456789, probe: null, best: 1.44, sigma: 0.0065481 };

  it("changes the numbers and not one other character", async () => {
    const before = await readFile(path.join(TASKS, "battle-of-sexes", "task.yaml"), "utf8");
    const after = withMeasured(before, measured);
    expect(after).toBe(
      before.replace("starter: 1.0217", "starter: 1.02346").replace("sigma: 0.009", "sigma: 0.00655"),
    );
    expect(after).toContain("# Measured with this judge over 40 seeds");
  });

  it("writes them where they are read again, in flow and block style", async () => {
    await newTask({ name: "house", kind: "csv", tasksRoot, key: KEY });
    await recordMeasured(path.join(tasksRoot, "house"), {
      starter: 0.05,
      probe: 0.1,
      best: 0.2,
      sigma: 1e-7,
    });
    const task = await loadTask(tasksRoot, "house");
    expect(task.definition.anchors).toMatchObject({ starter: 0.05, probe: 0.1, best: 0.2 });
    expect(task.definition.sigma).toBe(1e-7);
    const flow = "anchors: { starter: 3, probe: 4, best: 5 } # ours\nsigma: 1 # so far\n";
    expect(withMeasured(flow, measured)).toBe(
      "anchors: { starter: 1.02346, probe: 4, best: 1.44 } # ours\nsigma: 0.00655 # so far\n",
    );
  });
});
