// Bad command lines, settings and plans: one sentence with the place, the value and what to do; exit code 2; nothing written.
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createRun } from "../../src/store/runDirectory.ts";
import { edited, GOOD, REAL } from "./badPipelines.ts";
import { nightshift, REPOSITORY } from "./nightshift.ts";
import { type BadCase, refuses } from "./refuses.ts";

const SECRET = "hunter2hunter2";

let cwd = "";
beforeAll(async () => {
  cwd = await mkdtemp(path.join(tmpdir(), "nightshift-bad-"));
  const files: Record<string, string> = {
    "good.yaml": GOOD,
    "real.yaml": REAL,
    "unknownTask.yaml": edited(GOOD, "battle-of-sexes", "battle-of-sexs"),
    "strangeTask.yaml": edited(GOOD, "battle-of-sexes", "../tasks/battle-of-sexes"),
    "ownTask.yaml": edited(GOOD, "battle-of-sexes", "mine"),
    "noKey.yaml": edited(REAL, "model: x", "model: x\n      keyEnv: NIGHTSHIFT_TEST_KEY"),
    "noPrice.yaml": `${edited(REAL, "      price: { inputPerMillion: 1, outputPerMillion: 2 }\n", "")}budgets: { usd: 5 }\n`,
    "noPriceCell.yaml": `${edited(REAL, "      price: { inputPerMillion: 1, outputPerMillion: 2 }\n", "")}limits: { costUsd: 0.5 }\n`,
    "foreign.traj": '{"environment": "swe_main", "trajectory": [], "history": [], "info": {}}',
    "unsafe.yaml": edited(REAL, "unsafe: true", "unsafe: false"),
    "hosts.yaml": edited(REAL, "/v1", '/v1", "http://127.0.0.1:9/v2'),
    "extraBody.yaml": edited(REAL, "model: x", "model: x\n      extraBody: { max_tokens: 5 }"),
    "seeded.yaml": edited(edited(REAL, "wire: openai", "wire: anthropic"), "temperature: 1", "seeded: true"),
    "native.yaml": edited(GOOD, "  models:", "  agents: [{ name: a, scaffold: native }]\n  models:"),
    "models.yaml": edited(
      GOOD,
      "wire: scripted",
      "wire: scripted\n    - { name: m, wire: scripted, thinkMs: 5 }",
    ),
    "target.yaml": edited(GOOD, "perCell: 4", "perCell: 4\n  accepted: 9"),
    "group.yaml": edited(GOOD, "perCell: 4", "perCell: 4\n  groupSize: 3"),
    "twice.yaml": edited(GOOD, "[battle-of-sexes]", "[battle-of-sexes, battle-of-sexes]"),
  };
  for (const [name, text] of Object.entries(files)) await writeFile(path.join(cwd, name), text);
  await cp(path.join(REPOSITORY, "tasks", "battle-of-sexes"), path.join(cwd, "tasks", "mine"), {
    recursive: true,
  });
  await rm(path.join(cwd, "tasks", "mine", "judge.py"));
  await mkdir(path.join(cwd, "full"));
  await writeFile(path.join(cwd, "full", "notes.txt"), "mine");
  await createRun(path.join(cwd, "taken"), {
    runId: "taken",
    createdAt: new Date(0).toISOString(),
    codeVersion: "0",
    pipelineText: "",
    resolved: {},
  });
});
afterAll(() => rm(cwd, { recursive: true, force: true }));

const set = (setting: string, file = "good.yaml") => ["run", file, "--set", setting];

const COMMANDS: readonly BadCase[] = [
  {
    what: "an import of a path that is not there",
    args: ["import", "traj", "nowhere"],
    says: /nowhere: there is no such file or folder/,
  },
  {
    what: "an import of a folder without trajectories",
    args: ["import", "traj", "full"],
    says: /full: no \.traj file lies in it; name a folder of trajectories or the files/,
  },
  {
    what: "an import of a file that is no .traj",
    args: ["import", "traj", "good.yaml"],
    says: /good\.yaml: is not a \.traj file/,
  },
  {
    what: "an import of another system's trajectory alone",
    args: ["import", "traj", "foreign.traj"],
    says: /foreign\.traj: is a trajectory of "swe_main", not of MLGym.*; nothing is imported/,
  },
  {
    what: "an import into a folder that is no dataset",
    args: ["import", "traj", "foreign.traj", "--out", "full"],
    says: /full is not empty \(it holds notes\.txt\) and is no dataset; name a new folder/,
  },
  {
    what: "no command",
    args: [],
    says: /^`nightshift` needs a command behind it; `nightshift --help` lists/,
  },
  {
    what: "half a command",
    args: ["tasks"],
    says: /^`nightshift tasks` needs a command behind it; `nightshift tasks --help` lists/,
  },
  {
    what: "a command with a slip",
    args: ["runn", "good.yaml"],
    says: /^unknown command 'runn'; did you mean `run`\?$/m,
  },
  {
    what: "a command that there is not",
    args: ["quarantine"],
    says: /^unknown command 'quarantine'; `nightshift --help` says what there is$/m,
  },
  {
    what: "a slip in the second word",
    args: ["tasks", "lst"],
    says: /^unknown command 'lst'; did you mean `list`\?$/m,
  },
  {
    what: "an option with a slip",
    args: ["run", "good.yaml", "--ste", "a=b"],
    says: /^unknown option '--ste'; did you mean `--set`\?$/m,
  },
  {
    what: "an option that there is not",
    args: ["run", "good.yaml", "--quietly"],
    says: /^unknown option '--quietly'; `nightshift run --help` says what there is$/m,
  },
  {
    what: "a missing argument",
    args: ["show", "taken"],
    says: /^missing required argument 'key'; `nightshift show --help` says/,
  },
  {
    what: "an argument too many",
    args: ["status", "taken", "now"],
    says: /too many arguments.*; `nightshift status --help` says/,
  },
  {
    what: "an option without its value",
    args: ["run", "good.yaml", "--out"],
    says: /^option '--out <dir>' argument missing; `nightshift run --help` says/,
  },
  {
    what: "a task with a slip in its name",
    args: ["tasks", "show", "colonel-bloto"],
    says: /no task "colonel-bloto" in .*; did you mean `colonel-blotto`\?$/m,
  },
  {
    what: "a task that there is not",
    args: ["tasks", "show", "go"],
    says: /no task "go" in .*; `nightshift tasks list` names those there are$/m,
  },
  { what: "a task by a path", args: ["tasks", "show", "../../etc"], says: /no task "\.\.\/\.\.\/etc" in / },
];

const SETTINGS: readonly BadCase[] = [
  {
    what: "a setting without a value",
    args: set("sandbox.backend"),
    says: /^--set sandbox\.backend: must be key=value with a dotted key, such as /,
  },
  { what: "a setting without a key", args: set("=docker"), says: /^--set =docker: must be key=value/ },
  {
    what: "a setting with half a key",
    args: set("sandbox..backend=docker"),
    says: /the key has an empty part; write it as a\.b\.c$/m,
  },
  {
    what: "a setting of an unknown key",
    args: set("rollouts.percell=9"),
    says: /^--set rollouts\.percell=9: unknown key `rollouts\.percell`; did you mean `perCell`\?$/m,
  },
  {
    what: "a setting to a backend that there is not",
    args: set("sandbox.backend=dcker"),
    says: /^--set sandbox\.backend=dcker: sandbox\.backend: must be .*, not "dcker"; did you mean `docker`\?$/m,
  },
  {
    what: "a setting out of range",
    args: set("rollouts.perCell=-4"),
    says: /^--set rollouts\.perCell=-4: rollouts\.perCell: must be more than 0, not -4$/m,
  },
  {
    what: "a setting of an entry that there is not",
    args: set("cells.models.3.name=x"),
    says: /cells\.models has no entry 3; it has 1, counted from 0$/m,
  },
  {
    what: "a setting below a value",
    args: set("cells.tasks.0.id=x"),
    says: /cells\.tasks\.0 is "battle-of-sexes", which has no keys below it; set it as a whole$/m,
  },
  {
    what: "a setting of broken YAML",
    args: set("cells.tasks=[a"),
    says: /^--set cells\.tasks=\[a: at character \d+ of the value: broken YAML: .*; mend it here$/m,
  },
  {
    what: "a setting with a password in it",
    args: set(`cells.models.0.baseUrls=["http://me:${SECRET}@h/v1"]`, "real.yaml"),
    says: /^--set .*http:\/\/…@h.*must hold no user or password/,
    secret: SECRET,
  },
  {
    what: "a setting with a key in it",
    args: set(`cells.models.0.keyEnv=sk-${SECRET}`, "real.yaml"),
    says: /^--set cells\.models\.0\.keyEnv=…: .*must be the name of an environment variable/,
    secret: SECRET,
  },
  { what: "a setting of a prototype", args: set("__proto__.x=1"), says: /^--set __proto__\.x=1: / },
];

const PLANS: readonly BadCase[] = [
  {
    what: "a pipeline with a slip in a task's name",
    args: ["run", "unknownTask.yaml"],
    says: /no task "battle-of-sexs" in .*; did you mean `battle-of-sexes`\?$/m,
  },
  {
    what: "a pipeline with a path for a task",
    args: ["run", "strangeTask.yaml"],
    says: /^strangeTask\.yaml:3:\d+: cells\.tasks\.0: must be a task, `family\/7` or `family\/0\.\.15`/,
  },
  {
    what: "a pipeline on a broken task",
    args: ["run", "ownTask.yaml"],
    says: /^tasks\/mine\/judge\.py: missing; every task has one/,
  },
  {
    what: "a key variable that is not set",
    args: ["run", "noKey.yaml"],
    says: /^cells\.models\.0\.keyEnv: m takes its key from NIGHTSHIFT_TEST_KEY, which is not set; export it, or /,
  },
  {
    what: "a key variable that is empty",
    args: ["run", "noKey.yaml"],
    env: { NIGHTSHIFT_TEST_KEY: "" },
    says: /NIGHTSHIFT_TEST_KEY, which is not set; export it/,
  },
  {
    what: "a key with a line end in it",
    args: ["run", "noKey.yaml"],
    env: { NIGHTSHIFT_TEST_KEY: `${SECRET}\n${SECRET}` },
    says: /the API key of .*holds spaces, line ends or other odd characters; /,
    secret: SECRET,
  },
  {
    what: "a dollar budget without a price",
    args: ["run", "noPrice.yaml"],
    says: /^cells\.models\.0\.price: m has no price, but there is a limit in dollars \(budgets\.usd: 5\); give the model a price, or /,
  },
  {
    what: "dollars of a rollout without a price",
    args: ["run", "noPriceCell.yaml"],
    says: /m has no price, but there is a limit in dollars \(limits\.costUsd: 0\.5 on battle-of-sexes\); give/,
  },
  {
    what: "a real model without isolation",
    args: ["run", "unsafe.yaml"],
    says: /^sandbox\.backend: process does not keep a real model \(m\) .*; use docker.*, or set sandbox\.unsafe: true/,
  },
  {
    what: "two addresses on one host",
    args: ["run", "hosts.yaml"],
    says: /^cells\.models\.0\.baseUrls: two of m are on 127\.0\.0\.1:9; each needs .*, take one out$/m,
  },
  {
    what: "a member of the request's own in extraBody",
    args: ["run", "extraBody.yaml"],
    says: /extraBody may not hold "max_tokens": set sampling\.maxTokens/,
  },
  {
    what: "a sampling parameter that an API does not have",
    args: ["run", "seeded.yaml"],
    says: /^cells\.sampling: seeded is not known to the API of m \(wire: anthropic\); leave it out$/m,
  },
  {
    what: "a scaffold that a model does not know",
    args: ["run", "native.yaml"],
    says: /^cells\.agents: a has the scaffold native, which .* m does not know; use fenced, or use another model$/m,
  },
  {
    what: "two models of one name",
    args: ["run", "models.yaml"],
    says: /two (models are named m; give each its own name|cells are the same)/,
  },
  {
    what: "a target out of reach",
    args: ["run", "target.yaml"],
    says: /^rollouts\.accepted: 9 cannot be reached with rollouts\.perCell: 4; raise perCell$/m,
  },
  {
    what: "groups that do not come out even",
    args: ["run", "group.yaml"],
    says: /^rollouts\.groupSize: 3 does not divide rollouts\.perCell: 4; .*; make perCell a multiple of it$/m,
  },
  {
    what: "the same cell twice",
    args: ["run", "twice.yaml"],
    says: /^twice\.yaml:3:\d+: cells\.tasks\.1: the task battle-of-sexes is named a second time; take one out/,
  },
  {
    what: "a folder with something in it",
    args: ["run", "good.yaml", "--out", "full"],
    says: /full is not empty \(it holds notes\.txt\): name a new directory for the run with --out$/m,
  },
  {
    what: "a folder that holds a run",
    args: ["run", "good.yaml", "--out", "taken"],
    says: /taken already holds a run: resume it \(.*\), or name a new directory with --out$/m,
  },
  {
    what: "a file for a folder",
    args: ["run", "good.yaml", "--out", "good.yaml"],
    says: /good\.yaml is a file, not a folder; name another folder/,
  },
  {
    what: "a folder below a file",
    args: ["run", "good.yaml", "--out", "good.yaml/run"],
    says: /good\.yaml \(for .*good\.yaml\/run\) is a file, not a folder; name another/,
  },
];

const OTHERS: readonly BadCase[] = [
  {
    what: "a task of a kind with a slip",
    args: ["tasks", "new", "rents", "--kind", "polcy"],
    says: /^--kind "polcy": no such kind of task; did you mean `policy`\?$/m,
  },
  {
    what: "a task with a name that none can have",
    args: ["tasks", "new", "My Rents", "--kind", "csv"],
    says: /^a task cannot be called "My Rents"; use lower-case letters, digits/,
  },
  {
    what: "a task where one is",
    args: ["tasks", "new", "mine", "--kind", "csv"],
    says: /tasks\/mine is there already; take another name, or move it away$/m,
  },
  {
    what: "a check on a backend with a slip",
    args: ["tasks", "check", "battle-of-sexes", "--backend", "proces"],
    says: /^--backend "proces": no such backend; did you mean `process`\?$/m,
  },
  {
    what: "a check with one seed",
    args: ["tasks", "check", "battle-of-sexes", "--seeds", "1"],
    says: /^--seeds 1: must be a whole number from 2 to \d+$/m,
  },
  {
    what: "a pilot of no rollouts",
    args: ["plan", "good.yaml", "--pilot", "0"],
    says: /^--pilot 0: must be a whole number from 1 to \d+$/m,
  },
  {
    what: "a pilot of many words",
    args: ["plan", "good.yaml", "--pilot", "two"],
    says: /^--pilot two: must be a whole number from 1 to \d+$/m,
  },
  {
    what: "a folder for a plan alone",
    args: ["plan", "good.yaml", "--out", "x"],
    says: /^--out needs --pilot: a plan alone writes nothing$/m,
  },
  {
    what: "the data of an instance",
    args: ["data", "prepare", "tables/3"],
    says: /^tables\/3 is an instance, and data is its family's; run `nightshift data prepare tables`$/m,
  },
  {
    what: "data looked at and recorded at once",
    args: ["data", "prepare", "titanic-4", "--verify", "--record"],
    says: /^--verify only looks, and --record writes what was prepared; take one of them$/m,
  },
  {
    what: "a plan from a run that there is not",
    args: ["plan", "good.yaml", "--from", "absent"],
    says: /absent holds no run: there is no run\.json in it/,
  },
  {
    what: "a notice to nobody",
    args: set("notify={ comand: [mail] }"),
    says: /^--set notify=.*: unknown key `notify\.comand`; did you mean `command`\?$/m,
  },
  {
    what: "a webhook with a slip in its scheme",
    args: set(`notify.webhook=htps://hooks.example/${SECRET}`),
    says: /notify\.webhook: must be an address, .*not shown/,
    secret: SECRET,
  },
  {
    what: "a webhook where its variable's name belongs",
    args: set(`notify.webhookEnv=https://hooks.example/${SECRET}`),
    says: /notify\.webhookEnv: must be the name of an environment variable in capitals, .* and never the URL itself/,
    secret: SECRET,
  },
];

describe("a command line", () => {
  refuses(COMMANDS, () => ({ cwd }));

  it("is refused by the binary in the same words and with the same exit code", async () => {
    expect(await nightshift(["runn"], { cwd })).toEqual({
      exitCode: 2,
      stdout: "",
      stderr: "unknown command 'runn'; did you mean `run`?\n",
    });
    expect(await nightshift(["run", "absent.yaml"], { cwd })).toEqual({
      exitCode: 2,
      stdout: "",
      stderr: "cannot read the pipeline file absent.yaml: there is no such file; check the path\n",
    });
  });
});

describe("another command", () => {
  refuses(OTHERS, () => ({ cwd }));
});

describe("a setting", () => {
  refuses(SETTINGS, () => ({ cwd }));
});

describe("a plan", () => {
  refuses(PLANS, () => ({ cwd }));
});
