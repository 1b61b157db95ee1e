// Instances of families as a user meets them: named in pipelines and commands, played, resumed without their cache, and refused.
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createWorld, openDataset, openTask } from "../../src/index.ts";
import { GENERATE, generator, layFamily } from "../tasks/ownFamily.ts";
import { nightshift } from "./nightshift.ts";
import { type BadCase, refuses } from "./refuses.ts";

const PIPELINE = (tasks: string) => `name: test
cells:
  tasks: [${tasks}]
  models:
    - name: m
      wire: scripted
rollouts:
  perCell: 2
limits: { steps: 4, validations: 1 }
sandbox:
  backend: process
stages: {}
allow: [scripted]
`;

let cwd = "";
let cache = "";
beforeAll(async () => {
  const ground = await mkdtemp(path.join(tmpdir(), "nightshift-families-"));
  cwd = path.join(ground, "here");
  cache = path.join(ground, "cache");
  await mkdir(cwd);
  await layFamily(path.join(cwd, "tasks"));
});
afterAll(() => rm(path.dirname(cwd), { recursive: true, force: true }));

const command = (args: readonly string[]) => nightshift(args, { cwd, env: { NIGHTSHIFT_CACHE: cache } });
const put = (name: string, text: string) => writeFile(path.join(cwd, name), text);

describe("families", () => {
  it("are listed and shown, and their instances checked like any task", async () => {
    const list = await command(["tasks", "list"]);
    expect(list.stdout).toMatch(/^guess\/0, \/1, … +train +games +target, mood$/m);
    const family = await command(["tasks", "show", "guess"]);
    expect(family.stdout).toMatch(/^Guess the number \(family guess, train, Apache-2\.0, version 1\)$/m);
    expect(family.stdout).toMatch(/^target +1 to 9, whole numbers +the number$/m);
    expect(family.stdout).toMatch(/^mood +"calm", "hasty" +how it is told$/m);
    const instance = await command(["tasks", "show", "guess/3"]);
    expect(instance.stdout).toMatch(/^of the family guess: \{"target":\d,"mood":"(calm|hasty)"\}$/m);
    const check = ["tasks", "check", "--backend", "process", "--seeds", "2"];
    const sound = await command([...check, "--report", "report", "guess/0..1"]);
    // A gate that nothing was tried at is not said to be without a defect.
    const page = await readFile(path.join(cwd, "report", "guess", "1.md"), "utf8");
    expect(page).toMatch(/^\| loads \|.*\| no defect \|$/m);
    expect(page).toMatch(/^\| data \|.*\| not tried \|$/m);
    expect(page).toMatch(/^\| ladder \|.*\| defective \|$/m);
    expect(page).toMatch(/^\| forgeries \|.*\| not tried \|$/m);
    expect(sound.stdout).toMatch(/^guess\/0 .*$/m);
    expect(sound.stdout).toMatch(/^guess\/1 .*$/m);
    expect(sound.stdout).not.toContain("second time");
    await put(
      "tasks/guess/generate.py",
      generator('"hidden/answers.csv": "', '"hidden/salt": str(random.random()), "hidden/answers.csv": "'),
    );
    const unsteady = await command([...check, "guess/0"]);
    expect(unsteady.stdout).toMatch(
      /^guess\/0: generate\.py of guess wrote other bytes for seed 0 the second time; draw/m,
    );
    expect(unsteady.exitCode).toBe(1);
    await put("tasks/guess/generate.py", GENERATE);
  });

  it("are played by ranges, in order, and stand in one split of the dataset", {
    timeout: 120_000,
  }, async () => {
    await put("night.yaml", PIPELINE("guess/4, guess/0..2"));
    const run = await command(["run", "night.yaml", "--out", "night"]);
    expect(run.stderr).not.toMatch(/^(?!\{).*nightshift broke/m);
    expect(run.exitCode).toBe(0);
    const dataset = await openDataset(path.join(cwd, "night", "dataset"));
    expect(dataset.splits).toHaveLength(1);
    const rows = [];
    for (const split of dataset.splits) for await (const row of dataset.trajectories(split)) rows.push(row);
    expect(new Set(rows.map(({ task_id }) => task_id))).toEqual(
      new Set(["guess/0", "guess/1", "guess/2", "guess/4"]),
    );
    expect(new Set(rows.map(({ task_family }) => task_family))).toEqual(new Set(["guess"]));
  });

  it("are left out, aloud, where the data of their family is not here and the pipeline says so", async () => {
    await put("some.yaml", PIPELINE("tables/0..1, guess/0"));
    const refused = await command(["plan", "some.yaml"]);
    expect(refused.stderr).toMatch(
      /data of tables is not prepared; run `nightshift data prepare tables` first/,
    );
    expect(refused.exitCode).toBe(2);
    await put(
      "some.yaml",
      PIPELINE("tables/0..1, guess/0").replace("  models:", "  absent: leaveOut\n  models:"),
    );
    const plan = await command(["plan", "some.yaml"]);
    expect(plan.stdout + plan.stderr).toMatch(
      /cells\.absent: 2 tasks are left out; `nightshift data prepare tables` brings their data/,
    );
    expect(plan.exitCode).toBe(0);
    const doctor = await command(["doctor", "some.yaml"]);
    expect(doctor.stdout).toMatch(/task tables\/0.*its data is not prepared: it is left out/);
  });

  it("are asked for by name where a run has played them and their data is gone", async () => {
    const file = path.join(cwd, "night", "run.json");
    const before = await readFile(file, "utf8");
    const run = JSON.parse(before);
    run.resolved.pipeline.cells = { ...run.resolved.pipeline.cells, absent: "leaveOut" };
    run.resolved.pipeline.cells.tasks.push("tables/3");
    run.resolved.tasks["tables/3"] = { playHash: "0", judgeHash: "0" };
    await writeFile(file, JSON.stringify(run));
    const { exitCode, stderr } = await command(["resume", "night", "--set", "rollouts.perCell=3"]);
    await writeFile(file, before);
    expect(stderr).toMatch(
      /night: this run has played tables\/3, whose data is not prepared here any more; run `nightshift data prepare tables` first/,
    );
    expect(exitCode).toBe(2);
  });

  it("are made again for a run whose cache is gone", { timeout: 120_000 }, async () => {
    await rm(cache, { recursive: true });
    const resumed = await command(["resume", "night"]);
    expect(resumed.exitCode).toBe(0);
    const scored = await command(["evaluate", "night"]);
    expect(scored.exitCode).toBe(0);
    const again = await command(["rerun", "night", "--dry-run"]);
    expect(again.stderr).toMatch(/^night: no failed rollout matches/m);
  });

  it("are refused for a run once their generator makes another thing of the seed", async () => {
    await put("tasks/guess/generate.py", generator('"Guess a number', '"Think, and guess a number'));
    const { exitCode, stderr } = await command(["resume", "night", "--set", "rollouts.perCell=3"]);
    expect(stderr).toMatch(
      /night: what agents see of the task guess\/4 has changed since this run was played;/,
    );
    expect(exitCode).toBe(2);
    await put("tasks/guess/generate.py", GENERATE);
  });

  it("are opened by the library", async () => {
    const world = await createWorld();
    const task = await openTask(
      { ...world, env: (name) => (name === "NIGHTSHIFT_CACHE" ? cache : world.env(name)) },
      "dilemma-games/7",
    );
    expect(task.definition.family).toBe("dilemma-games");
    expect(await readFile(path.join(task.folder, "task.yaml"), "utf8")).toContain("dilemma-games");
  });
});

describe("names and places of instances", () => {
  const CASES: readonly (readonly [what: string, tasks: string, says: RegExp])[] = [
    [
      "a family without a seed",
      "guess",
      /^guess is a family; name instances of it, such as guess\/0 or guess\/0\.\.15$/m,
    ],
    [
      "an instance of what is no family",
      "battle-of-sexes/3",
      /^battle-of-sexes\/3: battle-of-sexes is a task and no family; name it as battle-of-sexes$/m,
    ],
    ["a family with a slip", "gues/3", /^there is no task "gues\/3" in .*; did you mean `guess\/3`\?$/m],
    [
      "a range backwards",
      "guess/9..3",
      /bad\.yaml:3:11: cells\.tasks\.0: the range is backwards; write guess\/3\.\.9/,
    ],
    [
      "a range too long",
      "guess/0..20000",
      /bad\.yaml:3:11: cells\.tasks\.0: 20001 tasks with those before; a list has at most 10000/,
    ],
    [
      "a seed twice",
      "guess/0..3, guess/2",
      /bad\.yaml:3:23: cells\.tasks\.1: the task guess\/2 is named a second time/,
    ],
    [
      "a seed with a zero before it",
      "guess/03",
      /bad\.yaml:3:11: cells\.tasks\.0: must be a task, `family\/7` or `family\/0\.\.15`/,
    ],
    ["a range with a dash", "guess/0-3", /bad\.yaml:3:11: cells\.tasks\.0: must be a task/],
  ];
  let bad = "";
  beforeAll(async () => {
    bad = await mkdtemp(path.join(tmpdir(), "nightshift-bad-families-"));
    await layFamily(path.join(bad, "tasks"));
    for (const [index, [, tasks]] of CASES.entries()) {
      await mkdir(path.join(bad, String(index)));
      await writeFile(path.join(bad, String(index), "bad.yaml"), PIPELINE(tasks));
    }
  });
  afterAll(() => rm(bad, { recursive: true, force: true }));

  const runs: readonly BadCase[] = CASES.map(([what, , says], index) => ({
    what,
    args: ["run", path.join(String(index), "bad.yaml")],
    says,
  }));
  const record: BadCase = {
    what: "recording of an instance",
    args: ["tasks", "check", "guess/3", "--record"],
    says: /^--record: guess\/3 is an instance, whose numbers its family's generate\.py writes; check it without/,
  };
  refuses([...runs, record], () => ({ cwd: bad }));
});
