// `tasks check`: every template is sound and stays so under a fresh key, every kind of defect gets its one sentence, and judges
// that can be cheated are found out.
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { caseBook } from "../../src/judge/caseBook.ts";
import { checkTask } from "../../src/judge/checkTask.ts";
import { leaksOf } from "../../src/judge/leaks.ts";
import { loadTask } from "../../src/tasks/loadTask.ts";
import { newTask } from "../../src/tasks/newTask.ts";
import { readSolutions } from "../../src/tasks/readSolutions.ts";
import { clock, NEVER, type World, world } from "./world.ts";

const KINDS = ["csv", "function", "policy", "repo"] as const;
type Kind = (typeof KINDS)[number];
let here: World;
let root = "";

beforeAll(async () => {
  here = await world();
  root = path.join(await mkdtemp(path.join(tmpdir(), "nightshift-check-")), "tasks");
});
afterAll(async () => {
  await here[Symbol.asyncDispose]();
  await rm(path.dirname(root), { recursive: true, force: true });
});

/** Changes to a task's files: a text in place of a file, null to remove it, or pairs of what is replaced by what. */
type Edits = Readonly<Record<string, string | null | readonly (readonly [string | RegExp, string])[]>>;

async function scaffold(name: string, kind: Kind, edits: Edits = {}): Promise<string> {
  await newTask({ name, kind, tasksRoot: root, key: Buffer.from(name.padEnd(32, "k")).toString("hex") });
  for (const [file, edit] of Object.entries(edits)) {
    const target = path.join(root, name, file);
    if (edit === null) await rm(target, { recursive: true });
    else if (typeof edit === "string") {
      await mkdir(path.dirname(target), { recursive: true });
      await writeFile(target, edit);
    } else {
      let text = await readFile(target, "utf8");
      for (const [from, to] of edit) {
        expect(text).toMatch(from);
        text = text.replace(from, () => to);
      }
      await writeFile(target, text);
    }
  }
  return name;
}

async function check(name: string, seeds = 3, compareRecorded = true, forge = true) {
  const task = await loadTask(root, name);
  const { backend, blobs } = here;
  const book = caseBook();
  const evaluator = here.judgeOver(backend, book.note);
  const seen = { tables: [], namesByTime: [] };
  const where = { evaluator, blobs, backend, clock, runId: "judge-tests", cases: book.cases, seen };
  const options = { ...where, seeds, compareRecorded, forge };
  return checkTask(task, await readSolutions(task), options, NEVER);
}

describe("a task from a template", () => {
  it.each(KINDS)("of kind %s is sound", async (kind) => {
    const report = await check(await scaffold(`fresh-${kind}`, kind), 4);
    expect(report.defects).toEqual([]);
    expect(report.solutions.map(({ name }) => name)).toEqual(["probe", "reference"]);
    expect(report.solutions.every(({ score }) => score !== null)).toBe(true);
    expect(report.forgeries.held).toBe(report.forgeries.tried);
    expect(report.forgeries.tried).toBeGreaterThan(12);
    const isDrawn = kind === "function" || kind === "policy";
    expect((report.sigma ?? -1) > 0).toBe(isDrawn);
    expect(report.judgeSecondsMost).toBeGreaterThan(0);
  });
});

/** Judges that trust what they should not. */
const CSV_HEAD =
  "from nightshift_judge import hidden_csv, r_squared, run\n\n\ndef judge(room):\n    room.cases([room.phase])\n";
const ANSWERS = `    truth = [float(row["rent"]) for row in hidden_csv("answers.csv")]\n`;
const csvJudge = (body: string) => `${CSV_HEAD}${ANSWERS}${body}\n\nrun(judge)\n`;

const DEFECTS: readonly (readonly [what: string, kind: Kind, edits: Edits, sentence: RegExp])[] = [
  [
    "a wrong baseline",
    "csv",
    { "task.yaml": [[/starter: [\d.]+/, "starter: 0.31"]] },
    /^the starter scores 0\.5385, but task\.yaml records anchors\.starter: 0\.31; `tasks check --record` writes/,
  ],
  [
    "noise that is not recorded",
    "function",
    { "task.yaml": [[/^sigma: .*$/m, "sigma: 0"]] },
    /^the starter's score varies by 0\.0\d+ over 3 seeds, but task\.yaml records sigma: 0; `tasks check --record`/,
  ],
  [
    "no solution",
    "csv",
    { solution: null },
    /^there is no solution\/<name>\/: nothing proves that the starter can be beaten$/,
  ],
  [
    "a solution that is worse",
    "csv",
    { "solution/probe": null, "task.yaml": [["probe: 0.764786", "probe: null"]] },
    /^solution\/probe scores -[\d.]+, which does not beat the starter's 0\.5385 \(maximize\)$/,
  ],
  [
    "a solution that is the starter",
    "policy",
    { "solution/probe/policy.py": null },
    /^solution\/probe is the starter itself/,
  ],
  [
    "a starter that breaks",
    "csv",
    { "workspace/baseline.py": "raise SystemExit('no data')\n" },
    /^the starter hands nothing in: `python3 baseline\.py` ended with 1: no data$/,
  ],
  [
    "a starter that writes nothing",
    "csv",
    { "workspace/baseline.py": "print('score 1')\n" },
    /^the starter hands nothing in: after `python3 baseline\.py` submission\.csv is not there$/,
  ],
  [
    "a submission that nobody makes",
    "csv",
    { "task.yaml": [[/^make: .*$/m, ""]] },
    /^the starter hands nothing in: there is no submission\.csv, and task\.yaml names no `make` command$/,
  ],
  [
    "an invalid starter",
    "function",
    { "workspace/estimate.py": "def estimate(numbers):\n    return None\n" },
    /^the starter is invalid: an estimate must be a number from .*, not null$/,
  ],
  [
    "a judge without a way to its tests",
    "repo",
    { "judge.py": [["room.run_tests", "room.run_test"]] },
    /^judge\.py fails on the starter: .*'Room' object has no attribute 'run_test'/,
  ],
  [
    "a broken judge",
    "csv",
    { "judge.py": [["r_squared, run", "r_squared, rum"]] },
    /^judge\.py fails on the starter: .*cannot import name 'rum'/,
  ],
  [
    "a judge that rolls dice of its own",
    "csv",
    {
      "judge.py": [
        [
          "def judge(room):\n",
          "def judge(room):\n    import random\n    luck = random.SystemRandom().random() / 1e6\n",
        ],
        ["return score,", "return score + luck,"],
      ],
    },
    /^judged twice with the same seed the starter scores [\d.]+ and [\d.]+; draw all randomness from room\.rng$/,
  ],
  [
    "a judge that goes by position",
    "csv",
    {
      "judge.py": csvJudge(
        `    rows = room.submitted_csv("submission.csv", ["id", "rent"], len(truth))
    ids = [row["id"] for row in hidden_csv("answers.csv")]
    room.submitted_numbers("submission.csv", "id", "rent", ids)
    return r_squared(truth, [float(value) for _, value in rows]), {}`,
      ),
    },
    /^the starter's table in reverse order scores -[\d.]+ instead of 0\.\d+; match rows by their id$/,
  ],
  [
    "a judge that takes rows for granted",
    "csv",
    {
      "judge.py": csvJudge(
        `    text = room.submitted("submission.csv", 65536).decode("utf-8", "replace").split("\\n")
    given = dict(line.split(",") for line in text[1:] if line.count(",") == 1)
    ids = [row["id"] for row in hidden_csv("answers.csv")]
    return r_squared(truth, [float(given.get(flat, 0)) for flat in ids]), {}`,
      ),
    },
    /^a table that lacks half of the rows is scored -?[\d.]+; judge\.py must refuse it$/,
  ],
  [
    "a judge that stumbles over what it reads",
    "csv",
    {
      "judge.py": csvJudge(
        `    rows = room.submitted_csv("submission.csv", ["id", "rent"], len(truth))
    given = {flat: float(value) for flat, value in rows}
    ids = [row["id"] for row in hidden_csv("answers.csv")]
    return r_squared(truth, [given[flat] for flat in ids]), {}`,
      ),
    },
    /^judge\.py fails on a table of empty values: .*could not convert string to float/,
  ],
  [
    "a judge that believes a score",
    "csv",
    {
      "judge.py": csvJudge(
        `    rows = room.submitted_csv("submission.csv", ["id", "rent"], len(truth))
    if rows[0][1].startswith("score="):
        return float(rows[0][1][6:]), {}
    given = room.submitted_numbers("submission.csv", "id", "rent", [row["id"] for row in hidden_csv("answers.csv")])
    return r_squared(truth, [given[row["id"]] for row in hidden_csv("answers.csv")]), {}`,
      ),
    },
    /^a table that names its own score is scored 1000000000; judge\.py must refuse it$/,
  ],
  [
    "a judge that is too slow for its limit",
    "csv",
    {
      solution: null,
      "task.yaml": [["timeoutSeconds: 60", "timeoutSeconds: 2"]],
      "judge.py": [["def judge(room):\n", "def judge(room):\n    __import__('time').sleep(0.6)\n"]],
    },
    /^judging takes up to [\d.]+ s, more than a quarter of judge\.timeoutSeconds: 2$/,
  ],
  [
    "tests that take anything for an answer",
    "repo",
    {
      "hidden/tests/record/test_sets.py": `import unittest
from intervals.sets import size


class Weak(unittest.TestCase):
    def test_size(self):
        self.assertTrue(size([(1, 3)]) == 3)
`,
      "hidden/tests/record/test_text.py": null,
      "task.yaml": [
        [/nothing: [\d.]+/, "nothing: null"],
        [/starter: [\d.]+/, "starter: 0"],
        [/probe: [\d.]+/, "probe: 1"],
      ],
    },
    /^a package whose answers equal everything scores 1, better than the starter's 0$/,
  ],
];

const LEAKS: typeof DEFECTS = [
  [
    "answers in the workspace",
    "csv",
    { "workspace/answers.csv": "" },
    /^workspace\/answers\.csv is hidden\/answers\.csv; take it out, or list it under `shown`/,
  ],
  [
    "answers in another table",
    "csv",
    { "workspace/notes.csv": "" },
    /^workspace\/notes\.csv has the values of `rent` that hidden\/answers\.csv keeps hidden$/,
  ],
  [
    "a secret in the description",
    "csv",
    { "description.md": [["# ", "# KEY "]] },
    /^description\.md holds the secret [0-9a-f]{12}… of hidden\/key$/,
  ],
  [
    "an opponent shown by accident",
    "policy",
    { "task.yaml": [[/^shown: .*$/m, ""]] },
    /^workspace\/arms\.py is hidden\/arms\.py; take it out, or list it under `shown`/,
  ],
  [
    "a copy that is none",
    "policy",
    { "workspace/arms.py": [["ARMS = 5", "ARMS = 5  # five"]] },
    /^workspace\/arms\.py is not the copy of hidden\/arms\.py that task\.yaml says it is$/,
  ],
  [
    "a solution left in the workspace",
    "function",
    { "workspace/better.py": "" },
    /^workspace\/better\.py is solution\/reference\/estimate\.py; agents must not see it$/,
  ],
];

/** What is copied from elsewhere in the task once it stands. */
const COPIES: Readonly<Record<string, (folder: string) => Promise<void>>> = {
  "a solution that is worse": async (folder) => {
    const answers = await readFile(path.join(folder, "hidden/answers.csv"), "utf8");
    const [, ...rows] = answers.trim().split("\n");
    const text = rows.map((row) => `${row.split(",")[0]},700`).join("\n");
    await mkdir(path.join(folder, "solution/probe"), { recursive: true });
    await writeFile(path.join(folder, "solution/probe/submission.csv"), `id,rent\n${text}\n`);
  },
  "a solution that is the starter": async (folder) =>
    writeFile(
      path.join(folder, "solution/probe/policy.py"),
      await readFile(path.join(folder, "workspace/policy.py")),
    ),
  "answers in the workspace": async (folder) =>
    writeFile(
      path.join(folder, "workspace/answers.csv"),
      await readFile(path.join(folder, "hidden/answers.csv")),
    ),
  "answers in another table": async (folder) => {
    const [, ...rows] = (await readFile(path.join(folder, "hidden/answers.csv"), "utf8")).trim().split("\n");
    const text = rows.map((row) => `${row.split(",")[0]},seen,${row.split(",")[1]}`).join("\n");
    await writeFile(path.join(folder, "workspace/notes.csv"), `id,note,guess\n${text}\n`);
  },
  "a secret in the description": async (folder) => {
    const key = (await readFile(path.join(folder, "hidden/key"), "utf8")).trim();
    const file = path.join(folder, "description.md");
    await writeFile(file, (await readFile(file, "utf8")).replace("KEY", key));
  },
  "a solution left in the workspace": async (folder) =>
    writeFile(
      path.join(folder, "workspace/better.py"),
      await readFile(path.join(folder, "solution/reference/estimate.py")),
    ),
};

async function spoilt(what: string, kind: Kind, edits: Edits): Promise<string> {
  const name = `bad-${what.replaceAll(/[^a-z]+/g, "-")}`;
  await scaffold(name, kind, edits);
  await COPIES[what]?.(path.join(root, name));
  return name;
}

describe("a task that gives its secrets away", () => {
  it.each(LEAKS)("with %s is told of it in one sentence", async (what, kind, edits, sentence) => {
    const task = await loadTask(root, await spoilt(what, kind, edits));
    expect(leaksOf(task, await readSolutions(task))).toEqual([expect.stringMatching(sentence)]);
  });
});

describe("a defective task", () => {
  it.each(DEFECTS)("with %s is told of it in one sentence", async (what, kind, edits, sentence) => {
    const name = await spoilt(what, kind, edits);
    const report = await check(name, what.startsWith("noise") ? 3 : 2);
    const defects = report.defects.map(({ text }) => text);
    const fitting = defects.filter((defect) => sentence.test(defect));
    expect(fitting, defects.join("\n")).toHaveLength(1);
    for (const defect of defects) expect(defect).toMatch(/^\S[^\n]*$/);
  });
});

describe("a check before numbers are recorded", () => {
  it("measures without holding anything against what stands in task.yaml", async () => {
    await scaffold("unmeasured", "csv", { "task.yaml": [[/starter: [\d.]+/, "starter: 0.01"]] });
    const report = await check("unmeasured", 2, false);
    expect(report.defects).toEqual([]);
    expect(report.measured).toBeCloseTo(0.538496, 5);
  });
});
