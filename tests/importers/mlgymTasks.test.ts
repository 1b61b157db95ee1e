// Tasks of a checkout of MLGym become tasks of ours: the small checkout of tests/importers, and the true one where MLGYM_CHECKOUT names it.
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Evaluation } from "../../src/core/evaluation.ts";
import type { Task } from "../../src/core/task.ts";
import { type ImportedTask, importMlgymTasks } from "../../src/importers/mlgym/importTasks.ts";
import { loadTask } from "../../src/tasks/loadTask.ts";
import { NEVER, type World, world } from "../judge/world.ts";
import { mlgymCheckout } from "./mlgymCheckout.ts";

const CHECKOUT = process.env["MLGYM_CHECKOUT"];
const request = (checkout: string, out: string) => ({
  checkout,
  out,
  python: "python3",
  newKey: () => "00".repeat(32),
  ownTasks: () => [],
});

let folder: string;
let checkout: string;
let rows: readonly ImportedTask[];
let judges: World;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "nightshift-import-"));
  checkout = await mlgymCheckout();
  rows = await importMlgymTasks(request(checkout, path.join(folder, "tasks")), NEVER);
  judges = await world();
});

afterAll(async () => {
  await judges[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
  await rm(checkout, { recursive: true, force: true });
});

/** An imported task; packages are left out, since this machine's own Python may have none. */
async function imported(id: string): Promise<Task> {
  const task = await loadTask(path.join(folder, "tasks"), id);
  const { definition } = task;
  return { ...task, definition: { ...definition, judge: { ...definition.judge, packages: false } } };
}

function scoreOf(evaluations: readonly Evaluation[]): number | string {
  const [evaluation] = evaluations;
  if (evaluation === undefined) throw new Error("nothing was evaluated");
  return evaluation.kind === "scored" ? evaluation.score : evaluation.reason;
}

describe("import of MLGym's tasks", () => {
  it("names every configuration: imported, not playable or refused, with the reason", () => {
    expect(rows.map(({ config, outcome, task }) => [config, outcome, task])).toEqual([
      ["broken.yaml", "refused", null],
      ["countStones.yaml", "imported", "mlgym-count-stones"],
      ["far.yaml", "notPlayable", "mlgym-far"],
      ["gone.yaml", "refused", null],
      ["outside.yaml", "refused", null],
      ["pebbles.yaml", "imported", "mlgym-pebble-colours"],
      ["unknownClass.yaml", "refused", null],
    ]);
    const reasons = Object.fromEntries(rows.map(({ config, obstacles }) => [config, obstacles.join("; ")]));
    expect(reasons["broken.yaml"]).toMatch(/^broken\.yaml:/);
    expect(reasons["far.yaml"]).toMatch(/someone\/something, is on the Hugging Face hub/);
    expect(reasons["gone.yaml"]).toBe("data/gone/evaluate.py is not in the checkout");
    expect(reasons["outside.yaml"]).toMatch(/leads out of the checkout/);
    expect(reasons["unknownClass.yaml"]).toMatch(/its class GuessworkTasks is none of MLGym's/);
  });

  it("leaves labels, and copies of them, out of agents' sight", async () => {
    const task = await imported("mlgym-pebble-colours");
    expect(task.workspace.map((file) => file.path)).toEqual([
      "baseline.py",
      "data/test.csv",
      "data/train.csv",
      "evaluate.py",
    ]);
    expect(task.judgeFiles.map((file) => file.path)).toContain("hidden/data/answers.csv");
    expect(task.description).toContain("PEBBLES:\nweight and colour of pebbles");
    const baseline = task.workspace.find((file) => file.path === "baseline.py");
    expect(new TextDecoder().decode(baseline?.data)).toContain('open("./data/test.csv")');
    const readme = await readFile(path.join(task.folder, "README.md"), "utf8");
    expect(readme).toContain("sample_submission.csv is left out: it is data/answers.csv word for word");
  });

  it("makes benchmarks of them, under the checkout's licence", async () => {
    const { definition } = await imported("mlgym-count-stones");
    expect(definition.use).toBe("benchmark");
    expect(definition.licence).toBe("CC-BY-NC-4.0");
    expect(definition.judge.kind).toBe("script");
    expect(definition.submission.map((file) => file.path)).toEqual(["guess.py"]);
    expect(definition.anchors.starter).toBe(0.5);
    expect(definition.mlgym?.id).toBe("countStones");
  });

  it("judges predictions by the task's own script, in the judge's room", async () => {
    const task = await imported("mlgym-pebble-colours");
    const files = (rows: string) => ({ "submission.csv": `id,colour\n${rows}` });
    expect(scoreOf(await judges.evaluate(task, files("3,grey\n4,grey\n")))).toBe(0.5);
    expect(scoreOf(await judges.evaluate(task, files("4,white\n3,grey\n")))).toBe(1);
    expect(scoreOf(await judges.evaluate(task, files("3,grey\n")))).toBe("evaluate.py failed: KeyError: '4'");
  });

  it("judges code by the task's own script beside it, with pristine files and the judge's seed", async () => {
    const task = await imported("mlgym-count-stones");
    const right = "def guess(heap):\n    return len(heap)\n";
    expect(scoreOf(await judges.evaluate(task, { "guess.py": right }))).toBe(1);
    const two = "def guess(heap):\n    return 2\n";
    const [first, again, other] = await judges.evaluate(task, { "guess.py": two }, [0, 0, 1]);
    if (first?.kind !== "scored" || again?.kind !== "scored" || other?.kind !== "scored")
      throw new Error("no score");
    expect(again.score).toBe(first.score);
    expect(other.score).not.toBe(first.score);
    expect(first.metrics).toEqual({ heaps: 100 });
  });

  it("takes no score from code that fails, prints one of its own, or ends early", async () => {
    const task = await imported("mlgym-count-stones");
    const judged = async (code: string) => scoreOf(await judges.evaluate(task, { "guess.py": code }));
    expect(await judged("def guess(heap):\n    return heap.size\n")).toBe(
      "evaluate.py failed: AttributeError: 'list' object has no attribute 'size' (guess.py, line 2)",
    );
    const printed = "print('{\"Score\": 9}')\n\n\ndef guess(heap):\n    return 2\n";
    expect(await judged(printed)).toBe("evaluate.py printed no scores in JSON, or more than that");
    const left = "import os\n\n\ndef guess(heap):\n    os._exit(0)\n";
    expect(await judged(left)).toBe("evaluate.py failed: its process ended before the script was done");
  });

  it("writes nothing where a task of that name is there already", async () => {
    const out = path.join(folder, "tasks");
    const before = await readdir(out);
    await expect(importMlgymTasks(request(checkout, out), NEVER)).rejects.toThrow(/is there already/);
    expect(await readdir(out)).toEqual(before);
  });

  it("refuses a folder that is no checkout, and leaves none behind", async () => {
    const out = path.join(folder, "none");
    await expect(importMlgymTasks(request(folder, out), NEVER)).rejects.toThrow(/no checkout of MLGym/);
    expect(existsSync(out)).toBe(false);
  });

  it.skipIf(CHECKOUT === undefined)("names all 19 configurations of MLGym's own checkout", async () => {
    const out = path.join(folder, "all");
    const all = await importMlgymTasks(request(CHECKOUT ?? "", out), NEVER);
    expect(all).toHaveLength(19);
    const playable = all.filter(({ outcome }) => outcome === "imported").map(({ mlgymId }) => mlgymId);
    expect(playable).toEqual(["battleOfSexes", "blotto", "prisonersDilemma", "titanicSurvival"]);
    const refused = all.filter(({ outcome }) => outcome === "refused").map(({ mlgymId }) => mlgymId);
    expect(refused).toEqual(["regressionHousePrice", "regressionHousingPrice"]);
    for (const { task, obstacles } of all.filter(({ outcome }) => outcome === "notPlayable")) {
      expect(obstacles.length).toBeGreaterThan(0);
      await expect(loadTask(out, task ?? "")).resolves.toMatchObject({ definition: { use: "benchmark" } });
    }
  });
});

if (CHECKOUT === undefined) {
  it.skip("the tasks of MLGym's own checkout: MLGYM_CHECKOUT names none", () => undefined);
}
