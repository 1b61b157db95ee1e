// Bad input: one clear sentence with the place, the value and what to do; exit code 2; nothing written.
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createRun } from "../../src/store/runDirectory.ts";
import { nightshift, REPOSITORY } from "./nightshift.ts";

const GOOD = `name: test
cells:
  tasks: [battle-of-sexes]
  models:
    - name: m
      wire: scripted
rollouts:
  perCell: 4
stages: {}
`;
const REAL_MODEL = GOOD.replace(
  "      wire: scripted",
  '      wire: openai\n      model: x\n      baseUrls: ["http://127.0.0.1:9/v1"]',
);

let cwd = "";
beforeAll(async () => {
  cwd = await mkdtemp(path.join(tmpdir(), "nightshift-bad-"));
  const files: Record<string, string> = {
    "good.yaml": GOOD,
    "syntax.yaml": GOOD.replace("tasks: [battle-of-sexes]", "tasks: [battle-of-sexes"),
    "unknownKey.yaml": GOOD.replace("  perCell: 4", "  perCell: 4\n  perCel: 5"),
    "wrongType.yaml": GOOD.replace("perCell: 4", "perCell: lots"),
    "unknownTask.yaml": GOOD.replace("battle-of-sexes", "battle-of-wits"),
    "ownTask.yaml": GOOD.replace("battle-of-sexes", "mine"),
    "noKey.yaml": REAL_MODEL.replace("model: x", "model: x\n      keyEnv: NIGHTSHIFT_TEST_NO_SUCH_KEY"),
    "noPrice.yaml": `${REAL_MODEL}budgets: { usd: 5 }\nsandbox: { unsafe: true }\n`,
    "unsafe.yaml": REAL_MODEL,
    "target.yaml": GOOD.replace("perCell: 4", "perCell: 4\n  accepted: 9"),
    "group.yaml": GOOD.replace("perCell: 4", "perCell: 4\n  groupSize: 3"),
    "twice.yaml": GOOD.replace("[battle-of-sexes]", "[battle-of-sexes, battle-of-sexes]"),
    "deadline.yaml": `${GOOD}budgets: { deadline: "25:00" }\n`,
  };
  for (const [name, text] of Object.entries(files)) await writeFile(path.join(cwd, name), text);
  await cp(path.join(REPOSITORY, "tasks", "battle-of-sexes"), path.join(cwd, "tasks", "mine"), {
    recursive: true,
  });
  const yaml = path.join(cwd, "tasks", "mine", "task.yaml");
  await writeFile(yaml, `${await readFile(yaml, "utf8")}difficulty: hard\n`);
  await mkdir(path.join(cwd, "full"));
  await writeFile(path.join(cwd, "full", "notes.txt"), "mine");
  await mkdir(path.join(cwd, "empty"));
  const description = { codeVersion: "0", pipelineText: "", resolved: {} };
  await createRun(path.join(cwd, "taken"), {
    runId: "taken",
    createdAt: new Date(0).toISOString(),
    ...description,
  });
});
afterAll(() => rm(cwd, { recursive: true, force: true }));

const CASES: readonly [what: string, args: readonly string[], message: RegExp][] = [
  ["a pipeline file that is not there", ["run", "absent.yaml"], /cannot read the pipeline file absent\.yaml/],
  ["broken YAML", ["run", "syntax.yaml"], /^syntax\.yaml:\d+:\d+: /],
  [
    "an unknown key",
    ["run", "unknownKey.yaml"],
    /^unknownKey\.yaml:9:3: unknown key `rollouts\.perCel`; check its spelling/,
  ],
  [
    "a value of the wrong type",
    ["run", "wrongType.yaml"],
    /^wrongType\.yaml:8:3: rollouts\.perCell: .*number.*"lots"/,
  ],
  ["a task that does not exist", ["run", "unknownTask.yaml"], /no task "battle-of-wits" in .*tasks list/],
  [
    "a task of one's own with an unknown key",
    ["run", "ownTask.yaml"],
    /tasks\/mine\/task\.yaml:\d+:1: unknown key `difficulty`/,
  ],
  [
    "a key variable that is not set",
    ["run", "noKey.yaml"],
    /NIGHTSHIFT_TEST_NO_SUCH_KEY, which is not set; export it/,
  ],
  [
    "a dollar budget without a price",
    ["run", "noPrice.yaml"],
    /m has no price, but there is a limit in dollars \(5\)/,
  ],
  [
    "a real model without isolation",
    ["run", "unsafe.yaml"],
    /sandbox\.backend: (bubblewrap|process) .*use docker.*, or set sandbox\.unsafe/,
  ],
  [
    "a target out of reach",
    ["run", "target.yaml"],
    /rollouts\.accepted: 9 cannot be reached with rollouts\.perCell: 4; raise/,
  ],
  [
    "groups that do not come out even",
    ["run", "group.yaml"],
    /rollouts\.groupSize: 3 does not divide rollouts\.perCell: 4/,
  ],
  ["the same cell twice", ["run", "twice.yaml"], /two cells are the same \(task battle-of-sexes/],
  [
    "a time of day that there is not",
    ["run", "deadline.yaml"],
    /^deadline\.yaml:10:12: budgets\.deadline: .*HH:MM.*"25:00"/,
  ],
  [
    "a setting without a value",
    ["run", "good.yaml", "--set", "sandbox.backend"],
    /--set sandbox\.backend: must be key=value/,
  ],
  [
    "a setting to a backend that is not there",
    ["run", "good.yaml", "--set", "sandbox.backend=vm"],
    /sandbox\.backend.*"docker"/,
  ],
  [
    "a folder with something in it",
    ["run", "good.yaml", "--out", "full"],
    /full is not empty \(it holds notes\.txt\): name a new/,
  ],
  [
    "a folder that holds a run",
    ["run", "good.yaml", "--out", "taken"],
    /taken already holds a run: resume it/,
  ],
  ["a folder that is no run", ["resume", "empty"], /empty .*(no run|not a run|holds no)/],
  ["an unknown command", ["runn", "good.yaml"], /unknown command 'runn'/],
  ["an unknown option", ["run", "good.yaml", "--fast"], /unknown option '--fast'/],
  ["a missing argument", ["show", "taken"], /missing required argument 'key'/],
];

describe("bad input", () => {
  it.each(CASES)("refuses %s", async (_, args, message) => {
    const before = await tree(cwd);
    const { exitCode, stdout, stderr } = await nightshift(args, { cwd });
    expect({ exitCode, stdout, lines: stderr.trim().split("\n").length }, stderr).toEqual({
      exitCode: 2,
      stdout: "",
      lines: 1,
    });
    expect(stderr).toMatch(message);
    expect(await tree(cwd)).toEqual(before);
  });
});

async function tree(folder: string): Promise<string[]> {
  return (await readdir(folder, { recursive: true })).sort();
}
