// Every shipped task that needs no image and no data checks itself (the others: `nightshift tasks check`): its anchors are what the judge measures, its ladder rises, and nonsense is invalid.
import { execFile } from "node:child_process";
import { cp, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { signedScore, type Task } from "../../src/core/task.ts";
import { listTasks } from "../../src/tasks/listTasks.ts";
import { loadTask } from "../../src/tasks/loadTask.ts";
import { reasonOf, scoreOf, TASKS, type World, world } from "../judge/world.ts";

const run = promisify(execFile);
const SEEDS = [101, 102];
let here: World;

beforeAll(async () => {
  here = await world();
});
afterAll(() => here[Symbol.asyncDispose]());

async function filesIn(task: Task, folder: string): Promise<Record<string, Uint8Array>> {
  const files: Record<string, Uint8Array> = {};
  for (const { path: name } of task.definition.submission) {
    files[name] = await readFile(path.join(task.folder, folder, name));
  }
  return files;
}

async function meanScore(task: Task, folder: string): Promise<number> {
  const evaluations = await here.evaluate(task, await filesIn(task, folder), SEEDS);
  return evaluations.reduce((sum, evaluation) => sum + scoreOf(evaluation), 0) / SEEDS.length;
}

for (const id of await listTasks(TASKS)) {
  const task = await loadTask(TASKS, id);
  const { anchors, sigma, submission } = task.definition;
  if (task.data !== null || task.definition.image !== "python") continue;
  const name = submission[0]?.path ?? "";

  describe(id, () => {
    it("has anchors that this judge measures, and a ladder that rises by more than noise", async () => {
      const starter = await meanScore(task, "workspace");
      const probe = await meanScore(task, "solution/probe");
      const reference = await meanScore(task, "solution/reference");
      expect(Math.abs(starter - anchors.starter)).toBeLessThan(5 * sigma);
      expect(Math.abs(probe - (anchors.probe ?? Number.NaN))).toBeLessThan(5 * sigma);
      expect(Math.abs(reference - (anchors.best ?? Number.NaN))).toBeLessThan(5 * sigma);
      const signed = (score: number) => signedScore(task.definition, score);
      expect(signed(probe) - signed(starter)).toBeGreaterThan(5 * sigma);
      expect(signed(reference) - signed(probe)).toBeGreaterThan(3 * sigma);
    });

    it("scores a submission the same every time, and otherwise with another seed or phase", async () => {
      const id = await here.submit(await filesIn(task, "workspace"));
      const over = here.judgeOver(here.backend);
      const signal = new AbortController().signal;
      const [first, other] = await over.evaluate(task, id, "record", [7, 8], signal);
      const [again] = await over.evaluate(task, id, "record", [7], signal);
      const [validation] = await over.evaluate(task, id, "validation", [7], signal);
      expect(scoreOf(again)).toBe(scoreOf(first));
      expect(new Set([first, other, validation].map(scoreOf)).size).toBe(3);
    });

    it("finds nonsense invalid and says what is wrong with it", async () => {
      const reason = async (text: string | Uint8Array) =>
        reasonOf((await here.evaluate(task, { [name]: text }))[0]);
      expect(await reason("")).toMatch(/defines no function/);
      expect(await reason(Uint8Array.from({ length: 4096 }, (_, i) => (i * 37) % 256))).toMatch(/Error/);
      const always = (value: string) =>
        `def row_strategy(h):\n    return ${value}\n\ndef choose(c, t, k):\n    return ${value}\n`;
      expect(await reason(always("float('nan')"))).toMatch(/holds NaN/);
      expect(await reason(always("10 ** 25"))).toMatch(/20 digits or more/);
      expect(await reason(always("None"))).toMatch(/must be .*, not null/);
      expect(await reason(always("'x' * 10**4"))).toMatch(/larger than \d+ bytes/);
      expect(await reason("#".repeat((submission[0]?.bytesMax ?? 0) + 1))).toBe(
        `${name} is larger than 65536 bytes`,
      );
      expect(reasonOf((await here.evaluate(task, {}))[0])).toBe(`${name} is missing`);
    });

    it("shows agents the very opponent or solver that judges them", async () => {
      const hidden = (await readdir(path.join(task.folder, "hidden"))).filter((file) => file.endsWith(".py"));
      expect(hidden.length).toBeGreaterThan(0);
      for (const file of hidden) {
        const copy = await readFile(path.join(task.folder, "workspace", file), "utf8");
        expect(await readFile(path.join(task.folder, "hidden", file), "utf8")).toBe(copy);
      }
    });

    it("lets an agent simulate: the same text every time, nothing left behind", async () => {
      const folder = await mkdtemp(path.join(tmpdir(), "nightshift-workspace-"));
      try {
        await cp(path.join(task.folder, "workspace"), folder, { recursive: true });
        const before = await readdir(folder);
        const first = await run("python3", ["simulate.py"], { cwd: folder });
        const second = await run("python3", ["simulate.py"], { cwd: folder });
        expect(second).toEqual(first);
        expect(first.stderr).toBe("");
        const shown = Number(/(-?\d+\.\d+)/.exec(first.stdout)?.[1]);
        expect(Math.abs(shown - anchors.starter)).toBeLessThan(6 * sigma);
        expect(await readdir(folder)).toEqual(before);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    });
  });
}

describe("the 3-SAT solver", () => {
  it("agrees with trying all assignments, whatever is decided", async () => {
    const script = `
import itertools, random
from solver import search
rng = random.Random(3)
answers = []
for _ in range(200):
    n = rng.randint(3, 8)
    clauses = [[v if rng.random() < .5 else -v for v in rng.sample(range(1, n + 1), 3)] for _ in range(rng.randint(1, 11 * n))]
    able = any(all(any((l > 0) == bits[abs(l) - 1] for l in c) for c in clauses)
               for bits in itertools.product((False, True), repeat=n))
    walk = search(clauses, n)
    try:
        trail, conflicts = next(walk)
        while True:
            free = [v for v in range(1, n + 1) if v not in trail and -v not in trail]
            trail, conflicts = walk.send((rng.choice(free), rng.random() < .5))
    except StopIteration as end:
        assert end.value == able, clauses
    answers.append(able)
print(sum(answers) > 50, sum(answers) < 150)
`;
    const cwd = path.join(TASKS, "3-sat", "workspace");
    expect((await run("python3", ["-B", "-c", script], { cwd })).stdout).toBe("True True\n");
  });
});
