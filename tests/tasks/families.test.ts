// Families: instances that are the same every time, tasks like any other, kept in the cache; and generators that go wrong.
import { appendFile, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { UserError } from "../../src/core/errors.ts";
import type { GenerateOptions } from "../../src/tasks/families/generateInstance.ts";
import { ensureInstance, instancesRoot, isRepeatable } from "../../src/tasks/families/instance.ts";
import { loadFamily } from "../../src/tasks/families/loadFamily.ts";
import { INSTANCES_MAX, isTaskName, writtenOut } from "../../src/tasks/families/taskNames.ts";
import { loadTask } from "../../src/tasks/loadTask.ts";
import { FAMILY_YAML, generator, layFamily } from "./ownFamily.ts";

const NEVER = new AbortController().signal;

let ground = "";
let tasks = "";
let options: GenerateOptions = { cacheRoot: "", python: "python3", searchPath: "" };
beforeEach(async () => {
  ground = await mkdtemp(path.join(tmpdir(), "nightshift-family-"));
  tasks = path.join(ground, "tasks");
  options = {
    cacheRoot: path.join(ground, "cache"),
    python: "python3",
    searchPath: process.env["PATH"] ?? "/usr/bin:/bin",
  };
});
afterEach(() => rm(ground, { recursive: true, force: true }));

const family = () => loadFamily(tasks, "guess");
const make = async (seed = 0, changed: Partial<GenerateOptions> = {}) =>
  ensureInstance(await family(), seed, { ...options, ...changed }, NEVER);
const instance = async (seed: number) => {
  await make(seed);
  return loadTask(instancesRoot(await family(), options.cacheRoot), `guess/${seed}`);
};
const sentenceOf = async (work: Promise<unknown>): Promise<string> => {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(UserError);
  return error instanceof UserError ? error.message : "";
};
/** All that the cache holds but the folders, so that nothing half-written stays unnoticed. */
const cached = async () =>
  (await readdir(options.cacheRoot, { recursive: true, withFileTypes: true }).catch(() => []))
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name);

describe("instances of a family", () => {
  it("are tasks like any other, by the id family/seed, with their parameters", async () => {
    await layFamily(tasks);
    const task = await instance(7);
    expect(task.id).toBe("guess/7");
    expect(task.definition.family).toBe("guess");
    expect(Object.keys(task.definition.parameters ?? {})).toEqual(["target", "mood"]);
    expect(task.description).toMatch(/You have \d+ steps/);
  });

  it("are the same bytes for the same seed, on another machine too, and differ between seeds", async () => {
    await layFamily(tasks);
    const here = await Promise.all([1, 2, 3, 4].map(instance));
    options = { ...options, cacheRoot: path.join(ground, "elsewhere") };
    const there = await Promise.all([1, 2, 3, 4].map(instance));
    expect(there.map(({ playHash, judgeHash }) => [playHash, judgeHash])).toEqual(
      here.map(({ playHash, judgeHash }) => [playHash, judgeHash]),
    );
    expect(new Set(here.map(({ judgeHash }) => judgeHash)).size).toBe(4);
    expect(await isRepeatable(await family(), 1, options, NEVER)).toBe(true);
  });

  it("are generated once, also when asked for at the same time", async () => {
    await layFamily(tasks);
    const folders = await Promise.all([make(5), make(5), make(5)]);
    expect(new Set(folders).size).toBe(1);
    const before = await stat(path.join(folders[0] ?? "", "task.yaml"));
    await make(5);
    const after = await stat(path.join(folders[0] ?? "", "task.yaml"));
    expect(after.mtimeMs).toBe(before.mtimeMs);
    expect((await cached()).sort()).toEqual(
      ["5.sha256", "answers.csv", "description.md", "guess.csv", "judge.py", "task.yaml"].sort(),
    );
  });

  it("are made anew where the cache was changed or lost", async () => {
    await layFamily(tasks);
    const folder = await make(2);
    const answers = path.join(folder, "hidden", "answers.csv");
    const right = await readFile(answers, "utf8");
    await writeFile(answers, "id,number\nit,0\n");
    await make(2);
    expect(await readFile(answers, "utf8")).toBe(right);
    await appendFile(path.join(folder, "workspace", "more.txt"), "x");
    await make(2);
    expect(await readdir(path.join(folder, "workspace"))).toEqual(["guess.csv"]);
    await rm(options.cacheRoot, { recursive: true });
    await make(2);
    expect(await readFile(answers, "utf8")).toBe(right);
  });

  it("lie elsewhere once any file of the family or of what it imports is another", async () => {
    await layFamily(tasks);
    const first = await make(3);
    await writeFile(path.join(tasks, "guess", "notes.md"), "another idea\n");
    expect(await make(3)).not.toBe(first);
  });

  it("keep other users out of what is hidden in them", async () => {
    await layFamily(tasks);
    await make(0);
    expect((await stat(path.join(options.cacheRoot, "families"))).mode & 0o077).toBe(0);
  });

  it("see nothing of the environment", async () => {
    process.env["NIGHTSHIFT_TEST_SECRET"] = "shown";
    const peeking = generator(
      "import json, os",
      "import os\nprint(sorted(os.environ))\nimport sys\nsys.exit(3)\nimport json",
    );
    await layFamily(tasks, { "generate.py": peeking });
    const said = await sentenceOf(make());
    delete process.env["NIGHTSHIFT_TEST_SECRET"];
    expect(said).toContain("'HOME'");
    expect(said).not.toContain("NIGHTSHIFT_TEST_SECRET");
  });
});

describe("names of tasks", () => {
  it("are written out in order", () => {
    expect(writtenOut(["3-sat", "guess/7", "guess/9..11"])).toEqual([
      "3-sat",
      "guess/7",
      "guess/9",
      "guess/10",
      "guess/11",
    ]);
    expect(writtenOut([`guess/1..${INSTANCES_MAX}`])).toHaveLength(INSTANCES_MAX);
  });

  it.each(["guess/", "guess/-1", "guess/01", "guess/1..", "guess/1-3", "guess/x", "/3", "../x", "guess/1/2"])(
    "are not %s",
    (name) => expect(isTaskName(name)).toBe(false),
  );

  it.each([
    [["guess/5..3"], /^guess\/5\.\.3: the range is backwards; write guess\/3\.\.5$/],
    [
      [`guess/0..${INSTANCES_MAX}`],
      /^guess\/0\.\.10000: 10001 tasks with those before; a list has at most 10000$/,
    ],
    [["guess/0..9", "3-sat", "guess/100..10098"], /: 10010 tasks with those before; a list has/],
    [["guess/0..4", "guess/2"], /^guess\/2: the task guess\/2 is named a second time; take one out$/],
  ] as const)("are refused in %j", (names, sentence) => {
    expect(() => writtenOut(names)).toThrow(sentence);
  });
});

describe("bad families", () => {
  const yaml = (from: string, to: string) => FAMILY_YAML.replace(from, to);
  const files: readonly (readonly [string, Readonly<Record<string, string | null>>, RegExp])[] = [
    ["no generate.py", { "generate.py": null }, /^tasks\/guess\/generate\.py: missing; it writes/],
    [
      "no family.yaml",
      { "family.yaml": null },
      /^tasks\/guess\/family\.yaml: missing; every family has one$/,
    ],
    [
      "a task.yaml too",
      { "task.yaml": "title: x\n" },
      /^tasks\/guess\/task\.yaml: a family has none, .*take it out/,
    ],
    [
      "an unknown key",
      { "family.yaml": `${FAMILY_YAML}seeds: 3\n` },
      /^tasks\/guess\/family\.yaml:9:1: .*seeds/,
    ],
    [
      "a benchmark",
      { "family.yaml": yaml("use: train", "use: benchmark") },
      /family\.yaml:4:1: use: .*"benchmark"/,
    ],
    [
      "no version",
      { "family.yaml": yaml("version: 1\n", "") },
      /family\.yaml:\d+:\d+: version: missing; it must be a number/,
    ],
    [
      "a parameter without meaning",
      { "family.yaml": yaml(", meaning: the number", "") },
      /family\.yaml:7:3: parameters\.target/,
    ],
    [
      "a range upside down",
      { "family.yaml": yaml("from: 1, to: 9", "from: 9, to: 1") },
      /family\.yaml:7:3: .*`from` must not be above `to`/,
    ],
    [
      "a parameter in capitals",
      { "family.yaml": yaml("  target:", "  Target:") },
      /family\.yaml:7:3: .*a parameter's name is camelCase/,
    ],
  ];
  it.each(files)("are refused: %s", async (_, changed, sentence) => {
    await layFamily(tasks, changed);
    expect(await sentenceOf(family())).toMatch(sentence);
  });
});

describe("bad generators", () => {
  const BODY = 'rng = random.Random("guess/%d" % seed)';
  const broken: readonly (readonly [what: string, script: string, says: RegExp])[] = [
    ["crashes", generator(BODY, "1 / 0"), /^generating guess\/0: .*ended with 1: .*ZeroDivisionError/],
    [
      "says why it cannot",
      generator(BODY, 'sys.exit("no game is worth it")'),
      /ended with 1: no game is worth it$/,
    ],
    ["is no Python", "def (:\n", /^generating guess\/0: .*SyntaxError/],
    ["writes nothing", "pass\n", /^generating guess\/0: instances\/guess\/0\/task\.yaml: missing/],
    [
      "writes outside",
      generator(BODY, `${BODY}\nopen(os.path.join(os.path.dirname(out), "more"), "w")`),
      /: it writes \S+more, which is not below its OUT folder$/,
    ],
    [
      "makes folders outside",
      generator(BODY, `${BODY}\nos.mkdir("../outside")`),
      /: it writes \.\.\/outside, which is not below its OUT folder$/,
    ],
    [
      "starts a program",
      generator(BODY, `${BODY}\nimport subprocess\nsubprocess.run(["true"])`),
      /: it starts another program \(subprocess\.Popen\); a generator is one Python process$/,
    ],
    [
      "reaches for the network",
      generator(BODY, `${BODY}\nimport socket\nsocket.create_connection(("127.0.0.1", 9))`),
      /: it reaches for the network \(socket\./,
    ],
    [
      "writes too much",
      generator(
        BODY,
        `${BODY}\nwith open(os.path.join(out, "big"), "wb") as file: file.write(bytes(17 << 20))`,
      ),
      /^generating guess\/0: .*(File too large|ended with SIGXFSZ)/,
    ],
    [
      "names another family",
      generator('"family": "guess"', '"family": "chess"'),
      /family: chess, not guess; mend/,
    ],
    [
      "changes the use",
      generator('"use": "train"', '"use": "heldOut"'),
      /use: heldOut, family\.yaml says train; mend/,
    ],
    [
      "changes the licence",
      generator('"licence": "Apache-2.0"', '"licence": "MIT"'),
      /licence: MIT, family\.yaml says/,
    ],
    [
      "leaves a parameter out",
      generator('"mood": rng.choice(["calm", "hasty"])', ""),
      /it records no parameter mood;/,
    ],
    [
      "has a parameter too many",
      generator('"mood": ', '"speed": 1, "mood": '),
      /a parameter speed, which family\.yaml does not name/,
    ],
    [
      "is out of range",
      generator("rng.randint(1, 9)", "12"),
      /its target is 12, not a whole number from 1 to 9;/,
    ],
    [
      "is between whole numbers",
      generator("rng.randint(1, 9)", "1.5"),
      /its target is 1\.5, not a whole number/,
    ],
    [
      "is none of the choices",
      generator('rng.choice(["calm", "hasty"])', '"sad"'),
      /its mood is "sad", none of/,
    ],
    [
      "breaks the task's schema",
      generator('"sigma": 0', '"sigma": -1'),
      /: instances\/guess\/0\/task\.yaml:\d+:1: sigma: /,
    ],
    [
      "has a ladder that falls",
      generator('"best": 0', '"best": -99'),
      /anchors\.best: must be no worse than/,
    ],
    [
      "writes stray files",
      generator('"workspace/guess.csv"', '"notes.txt": "", "workspace/guess.csv"'),
      /notes\.txt: not part of a task/,
    ],
    [
      "links",
      generator(BODY, `${BODY}\nos.symlink("/etc/passwd", os.path.join(out, "judge2.py"))`),
      /judge2\.py: not a regular file/,
    ],
    [
      "shows answers",
      generator('"hidden/answers.csv"', '"workspace/hidden/answers.csv"'),
      /every agent would see it/,
    ],
  ];
  it.each(broken)("are refused: %s", async (_, script, sentence) => {
    await layFamily(tasks, { "generate.py": script });
    expect(await sentenceOf(make())).toMatch(sentence);
    expect(await cached()).toEqual([]);
  });

  it("are ended when they take too long, and by an abort", async () => {
    await layFamily(tasks, { "generate.py": "import time\ntime.sleep(600)\n" });
    expect(await sentenceOf(make(0, { timeoutMs: 300 }))).toMatch(
      /more than 0\.3 s; make generate\.py quicker$/,
    );
    const stop = new AbortController();
    const work = ensureInstance(await family(), 0, options, stop.signal);
    setTimeout(() => stop.abort(new Error("stopped")), 200);
    await expect(work).rejects.toThrow("stopped");
    expect(await cached()).toEqual([]);
  });

  it("are noticed when the same seed gives other bytes", async () => {
    await layFamily(tasks, {
      "generate.py": generator(BODY, `rng = random.Random()`).replace(
        'starter": -parameters',
        'starter": -rng.random() * parameters',
      ),
    });
    expect(await isRepeatable(await family(), 0, options, NEVER)).toBe(false);
  });

  it("are refused where the data is not prepared, or there is no Python", async () => {
    await layFamily(tasks);
    expect(await sentenceOf(make(0, { python: "python-that-is-not-there" }))).toMatch(
      /there is no python-that-is-not-there here; install python3$/,
    );
    await layFamily(tasks, {
      "data.yaml":
        "licence: MIT\ndescription: numbers\nbytes: 10\nsources:\n  - { kind: debian, package: numbers, files: [usr/share/numbers/*] }\n",
      "prepare.py": "",
    });
    expect(await sentenceOf(make())).toMatch(
      /^the data of guess is not prepared; run `nightshift data prepare guess` first$/,
    );
  });
});
