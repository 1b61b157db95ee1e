// Defective tasks, each a sound one with one thing spoilt, and the sentence that `tasks check` has for it.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Gate } from "../../../src/judge/taskReport.ts";
import { type Edits, type Kind, scaffoldTask } from "./scaffold.ts";

/** Judges that trust what they should not. */
const CSV_HEAD =
  "from nightshift_judge import hidden_csv, r_squared, run\n\n\ndef judge(room):\n    room.cases([room.phase])\n";
const ANSWERS = `    truth = [float(row["rent"]) for row in hidden_csv("answers.csv")]\n`;
const csvJudge = (body: string) => `${CSV_HEAD}${ANSWERS}${body}\n\nrun(judge)\n`;

/** The starter's table as an npz file, written without numpy. */
const SAVING = `import csv, struct, subprocess, zipfile
subprocess.run(["python3", "baseline.py"], check=True)
with open("submission.csv") as file:
    values = [float(row["rent"]) for row in sorted(csv.DictReader(file), key=lambda row: row["id"])]
header = "{'descr': '<f8', 'fortran_order': False, 'shape': (%d,), }\\n" % len(values)
with zipfile.ZipFile("submission.npz", "w") as archive:
    body = b"\\x93NUMPY\\x01\\x00" + struct.pack("<H", len(header)) + header.encode() + struct.pack("<%dd" % len(values), *values)
    archive.writestr("rent.npy", body)
`;
/** Takes what a file says for granted, as a careless reader would: pickles give the mean. */
const PICKLING = `archive = zipfile.ZipFile(io.BytesIO(room.submitted("submission.npz", 65536)))
    data = archive.read("rent.npy")
    values = [700.0] * len(truth)
    if b"|O" not in data:
        values = list(room.submitted_npz("submission.npz", {"rent": ("f8", (len(truth),))})["rent"])
    predicted = dict(zip(sorted(truth), values))`;

export const DEFECTS: readonly (readonly [
  what: string,
  gate: Gate,
  kind: Kind,
  edits: Edits,
  sentence: RegExp,
])[] = [
  [
    "a wrong baseline",
    "baseline",
    "csv",
    { "task.yaml": [[/starter: [\d.]+/, "starter: 0.31"]] },
    /^the starter scores 0\.5385, but task\.yaml records anchors\.starter: 0\.31; `tasks check --record` writes/,
  ],
  [
    "noise that is not recorded",
    "noise",
    "function",
    { "task.yaml": [[/^sigma: .*$/m, "sigma: 0"]] },
    /^the starter's score varies by 0\.0\d+ over 3 seeds, but task\.yaml records sigma: 0; `tasks check --record`/,
  ],
  [
    "no solution",
    "ladder",
    "csv",
    { solution: null },
    /^there is no solution\/<name>\/: nothing proves that the starter can be beaten$/,
  ],
  [
    "a solution that is worse",
    "ladder",
    "csv",
    { "solution/probe": null, "task.yaml": [["probe: 0.764786", "probe: null"]] },
    /^solution\/probe scores -[\d.]+, which does not beat the starter's 0\.5385 \(maximize\)$/,
  ],
  [
    "a solution that is the starter",
    "secrets",
    "policy",
    { "solution/probe/policy.py": null },
    /^solution\/probe is the starter itself/,
  ],
  [
    "a starter that breaks",
    "baseline",
    "csv",
    { "workspace/baseline.py": "raise SystemExit('no data')\n" },
    /^the starter hands nothing in: `python3 baseline\.py` ended with 1: no data$/,
  ],
  [
    "a starter that writes nothing",
    "baseline",
    "csv",
    { "workspace/baseline.py": "print('score 1')\n" },
    /^the starter hands nothing in: after `python3 baseline\.py` submission\.csv is not there$/,
  ],
  [
    "a submission that nobody makes",
    "baseline",
    "csv",
    { "task.yaml": [[/^make: .*$/m, ""]] },
    /^the starter hands nothing in: there is no submission\.csv, and task\.yaml names no `make` command$/,
  ],
  [
    "an invalid starter",
    "baseline",
    "function",
    { "workspace/estimate.py": "def estimate(numbers):\n    return None\n" },
    /^the starter is invalid: an estimate must be a number from .*, not null$/,
  ],
  [
    "a judge without a way to its tests",
    "baseline",
    "repo",
    { "judge.py": [["room.run_tests", "room.run_test"]] },
    /^judge\.py fails on the starter: .*'Room' object has no attribute 'run_test'/,
  ],
  [
    "a broken judge",
    "baseline",
    "csv",
    { "judge.py": [["r_squared, run", "r_squared, rum"]] },
    /^judge\.py fails on the starter: .*cannot import name 'rum'/,
  ],
  [
    "a judge that rolls dice of its own",
    "repeatable",
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
    "forgeries",
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
    "forgeries",
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
    "forgeries",
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
    "forgeries",
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
    "time",
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
    "forgeries",
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
  [
    "answers in the workspace",
    "secrets",
    "csv",
    { "workspace/answers.csv": "" },
    /^workspace\/answers\.csv is hidden\/answers\.csv; take it out, or list it under `shown`/,
  ],
  [
    "answers in another table",
    "secrets",
    "csv",
    { "workspace/notes.csv": "" },
    /^workspace\/notes\.csv has the values of `rent` that hidden\/answers\.csv keeps hidden$/,
  ],
  [
    "a secret in the description",
    "secrets",
    "csv",
    { "description.md": [["# ", "# KEY "]] },
    /^description\.md holds the secret [0-9a-f]{12}… of hidden\/key$/,
  ],
  [
    "an opponent shown by accident",
    "secrets",
    "policy",
    { "task.yaml": [[/^shown: .*$/m, ""]] },
    /^workspace\/arms\.py is hidden\/arms\.py; take it out, or list it under `shown`/,
  ],
  [
    "a copy that is none",
    "secrets",
    "policy",
    { "workspace/arms.py": [["ARMS = 5", "ARMS = 5  # five"]] },
    /^workspace\/arms\.py is not the copy of hidden\/arms\.py that task\.yaml says it is$/,
  ],
  [
    "a solution left in the workspace",
    "secrets",
    "function",
    { "workspace/better.py": "" },
    /^workspace\/better\.py is solution\/reference\/estimate\.py; agents must not see it$/,
  ],
  [
    "a judge that does not say what it scores",
    "phases",
    "csv",
    { "judge.py": [["    room.cases(flats)\n", ""]] },
    /^judge\.py does not say what it scores; call room\.cases\(\.\.\.\) with the ids, inputs or seeds/,
  ],
  [
    "one set of rows for both phases",
    "phases",
    "csv",
    { "judge.py": [[' if row["phase"] == room.phase', ""]] },
    /^validation and record score \d+ of the same cases \(validation has \d+, record \d+\); split them by room\.phase$/,
  ],
  [
    "one set of samples for both phases",
    "phases",
    "function",
    { "judge.py": [['rng = room.rng("samples")', "rng = __import__('random').Random(5)"]] },
    /^validation and record score 2000 of the same cases/,
  ],
  [
    "one set of tests for both phases",
    "phases",
    "repo",
    { "judge.py": [['"tests/" + room.phase', '"tests/record"']] },
    /^validation and record score \d+ of the same cases/,
  ],
  [
    "a validation phase that fails",
    "phases",
    "csv",
    { "hidden/answers.csv": [[/,validation$/gm, ",validating"]] },
    /^judge\.py fails on the starter, in the validation phase,: .*Error/,
  ],
  [
    "a starter no better than nothing",
    "ladder",
    "csv",
    {
      "task.yaml": [
        [/nothing: [\d.]+/, "nothing: 0.5385"],
        [/starter: [\d.]+/, "starter: 0.5385"],
      ],
    },
    /^the starter scores 0\.5385, no better than anchors\.nothing: 0\.5385 \(maximize\)$/,
  ],
  [
    "a probe recorded as no better than the starter",
    "ladder",
    "csv",
    { "task.yaml": [[/probe: [\d.]+/, "probe: 0.538496"]] },
    /^anchors\.probe is 0\.538496 and anchors\.starter is 0\.538496: each rung of nothing < starter < probe must be better/,
  ],
  [
    "no reference",
    "ladder",
    "csv",
    { "solution/reference": null },
    /^there is no solution\/reference\/: the ladder starter < probe <= reference lacks a rung$/,
  ],
  [
    "a reference that is worse than the probe",
    "ladder",
    "csv",
    {},
    /^solution\/reference scores 0\.7648, worse than solution\/probe with 0\.8887 \(maximize\)$/,
  ],
  [
    "solutions better than the optimum",
    "ladder",
    "policy",
    {
      "task.yaml": [
        ["optimum: null", "optimum: 0.671"],
        [/best: [\d.]+/, "best: 0.6"],
        [/probe: [\d.]+/, "probe: 0.59"],
      ],
      "judge.py": [["return total / (MACHINES * PULLS)", "return 1.5 * total / (MACHINES * PULLS)"]],
    },
    /^a solution scores [\d.]+, better than anchors\.optimum: 0\.671, which nothing can be$/,
  ],
  [
    "validations without bound",
    "validate",
    "csv",
    { "task.yaml": [["limits: {}", "limits: { steps: 500, validations: 400 }"]] },
    /^limits\.validations: 400 lets an agent climb on its validation scores; allow at most 50$/,
  ],
  [
    "a submission that takes nearly all its memory",
    "memory",
    "function",
    {
      "task.yaml": [["memoryMb: 512", "memoryMb: 128"]],
      "workspace/estimate.py": [[/^/, "BALLAST = b'x' * (110 << 20)\n"]],
    },
    /^the submission takes up to 1\d\d\.?\d* MiB, more than three quarters of resources\.memoryMb: 128$/,
  ],
  [
    "a judge that opens pickles",
    "forgeries",
    "csv",
    {
      "task.yaml": [
        ["path: submission.csv", "path: submission.npz"],
        [/^make: .*$/m, "make: python3 save.py"],
      ],
      "workspace/save.py": SAVING,
      "judge.py": [
        ["hidden_csv, r_squared, run", "hidden_csv, r_squared, run\nimport io, zipfile"],
        [/predicted = .*/, PICKLING],
      ],
    },
    /^an npz file of Python objects, which would have to be unpickled is scored -?[\d.]+; judge\.py must refuse it$/,
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
  "a reference that is worse than the probe": async (folder) => {
    const [probe, reference] = ["probe", "reference"].map((name) =>
      path.join(folder, "solution", name, "baseline.py"),
    );
    const better = await readFile(reference ?? "", "utf8");
    await writeFile(reference ?? "", await readFile(probe ?? "", "utf8"));
    await writeFile(probe ?? "", better);
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

/** Lays out a defective task below `root`; its name. */
export async function layOut(root: string, what: string, kind: Kind, edits: Edits): Promise<string> {
  const name = `bad-${what.replaceAll(/[^a-z]+/g, "-")}`;
  await scaffoldTask(root, { name, kind, edits });
  await COPIES[what]?.(path.join(root, name));
  return name;
}
