// Bad run directories: damaged, foreign, newer, in use. One sentence with the file and the place in it, and what is still usable.
import { cp, mkdir, mkdtemp, open, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { readManifest } from "../../src/dataset/manifest.ts";
import { type OpenRun, openRun } from "../../src/store/runDirectory.ts";
import { GOOD } from "./badPipelines.ts";
import { nightshift } from "./nightshift.ts";
import { type BadCase, refuses } from "./refuses.ts";

type Damage = (folder: string) => Promise<unknown>;
interface Broken {
  readonly what: string;
  readonly break: Damage;
  /** The command and what follows the run's folder. */
  readonly args: readonly [command: string, ...rest: readonly string[]];
  readonly says: RegExp;
}

const runJson = (change: (run: Record<string, unknown>) => unknown) => async (folder: string) => {
  const file = path.join(folder, "run.json");
  await writeFile(file, JSON.stringify(change(JSON.parse(await readFile(file, "utf8")))));
};

/** Flips one bit of a file, at a share of its length. */
async function flip(file: string, share: number): Promise<void> {
  await using handle = await open(file, "r+");
  const at = Math.floor((await handle.stat()).size * share);
  const byte = Buffer.alloc(1);
  await handle.read(byte, 0, 1, at);
  await handle.write(Buffer.from([(byte[0] ?? 0) ^ 1]), 0, 1, at);
}

/** Takes some bytes out of the middle of a file. */
async function cutMiddle(file: string): Promise<void> {
  const data = await readFile(file);
  const middle = Math.floor(data.length / 2);
  await writeFile(file, Buffer.concat([data.subarray(0, middle), data.subarray(middle + 40)]));
}

const ledger = (folder: string) => path.join(folder, "ledger.jsonl");
const segment = (folder: string) => path.join(folder, "archive", "000000.seg");
const nothing = async () => {};

const DAMAGED_LINE =
  /ledger\.jsonl: line \d+ \(byte \d+\) is damaged\. The \d+ records before it are whole, and so are \d+ after it\. Restore .*truncate -s \d+ /;

const BROKEN: readonly Broken[] = [
  {
    what: "no run.json",
    break: (run) => rm(path.join(run, "run.json")),
    args: ["status"],
    says: /holds no run: there is no run\.json in it; name the folder that `nightshift run` printed$/m,
  },
  {
    what: "a run.json that is no JSON",
    break: (run) => writeFile(path.join(run, "run.json"), "{"),
    args: ["status"],
    says: /run\.json is not nightshift's, or damaged \(no JSON\); restore it from a copy, or start a new run$/m,
  },
  {
    what: "a run.json without its id",
    break: runJson(({ runId: _, ...rest }) => rest),
    args: ["resume"],
    says: /run\.json is not nightshift's, or damaged \(runId: .*\); restore/,
  },
  {
    what: "a run.json of something else",
    break: runJson(() => ({ name: "my-package", version: "1.0.0" })),
    args: ["resume"],
    says: /run\.json is not nightshift's, or damaged \(version: .*\); restore/,
  },
  {
    what: "a newer format",
    break: runJson((run) => ({ ...run, version: 99 })),
    args: ["resume"],
    says: /was written by a newer nightshift \(format 99; this one knows \d+\): update nightshift to open it$/m,
  },
  {
    what: "a pipeline of another version",
    break: runJson((run) => ({ ...run, resolved: { cells: [] } })),
    args: ["status"],
    says: /run\.json: `resolved` is not what this version .* reads \(.*\); open the run with the version that wrote it, or start a new run$/m,
  },
  {
    what: "a task that has changed since",
    break: runJson((run) =>
      JSON.parse(JSON.stringify(run).replace(/"playHash":"[0-9a-f]{4}/, '"playHash":"0000')),
    ),
    args: ["resume", "--set", "rollouts.perCell=3"],
    says: /what agents see of the task battle-of-sexes has changed since this run was played; start a new run, or put the task back$/m,
  },
  {
    what: "a judge that has changed since",
    break: runJson((run) =>
      JSON.parse(JSON.stringify(run).replace(/"judgeHash":"[0-9a-f]{4}/, '"judgeHash":"0000')),
    ),
    args: ["resume", "--set", "rollouts.perCell=3"],
    says: /the judge of battle-of-sexes has changed since .*; `nightshift evaluate .*` scores it again$/m,
  },
  {
    what: "other limits than it was played with",
    break: nothing,
    args: ["resume", "--set", "limits.steps=7"],
    says: /1 of its 1 cells would be played differently now .*; start a new run for that$/m,
  },
  {
    what: "a setting that is refused",
    break: nothing,
    args: ["resume", "--set", "rollouts.perCel=7"],
    says: /^--set rollouts\.perCel=7: unknown key `rollouts\.perCel`; did you mean `perCell`\?$/m,
  },

  {
    what: "a ledger cut in the middle",
    break: (run) => cutMiddle(ledger(run)),
    args: ["status"],
    says: DAMAGED_LINE,
  },
  {
    what: "a ledger with a flipped bit",
    break: (run) => flip(ledger(run), 0.4),
    args: ["resume", "--set", "rollouts.perCell=3"],
    says: DAMAGED_LINE,
  },
  {
    what: "a ledger with a flipped bit, judged again",
    break: (run) => flip(ledger(run), 0.6),
    args: ["evaluate"],
    says: DAMAGED_LINE,
  },
  {
    what: "a ledger that is something else",
    break: (run) => writeFile(ledger(run), "hello\nworld\n"),
    args: ["export"],
    says: /ledger\.jsonl: line 1 \(byte 0\) is damaged\./,
  },

  {
    what: "an archive with a flipped bit",
    break: (run) => flip(segment(run), 0.25),
    args: ["show", "KEY0"],
    says: /archive\/000000\.seg: the trajectory at byte 0 cannot be read: it is damaged\. The other records are not affected$/m,
  },
  {
    what: "an archive cut short",
    break: (run) => writeFile(segment(run), "NSf1"),
    args: ["show", "KEY0"],
    says: /archive\/000000\.seg: the trajectory at byte 0 cannot be read: it is damaged\./,
  },
  {
    what: "no archive",
    break: (run) => rm(segment(run)),
    args: ["show", "KEY0"],
    says: /archive\/000000\.seg: the trajectory at byte 0 cannot be read: the segment is missing\./,
  },
  {
    what: "a key with a slip",
    break: nothing,
    args: ["show", "SLIP"],
    says: /^no rollout starts with "[0-9a-f]{12}" in .*; did you mean [0-9a-f]{12}\?$/m,
  },
  {
    what: "a key that there is not",
    break: nothing,
    args: ["show", "zz"],
    says: /^no rollout starts with "zz" in .*; keys look like [0-9a-f]{12}, [0-9a-f]{12}$/m,
  },
  {
    what: "a key that two rollouts have",
    break: nothing,
    args: ["show", ""],
    says: /^2 rollouts start with "" in .*; name more of the key, such as [0-9a-f]{12}, [0-9a-f]{12}$/m,
  },
  {
    what: "a step that is no number",
    break: nothing,
    args: ["show", "KEY0", "--step", "last"],
    says: /^--step last: this rollout has steps 0 to \d+; name one of them as a number$/m,
  },
  {
    what: "a step before the first",
    break: nothing,
    args: ["show", "KEY0", "--step", "-1"],
    says: /^--step -1: this rollout has steps 0 to \d+; /,
  },
  {
    what: "a step behind the last",
    break: nothing,
    args: ["show", "KEY0", "--step", "9999"],
    says: /^--step 9999: this rollout has steps 0 to \d+; /,
  },

  {
    what: "a condition with a slip",
    break: nothing,
    args: ["rerun", "--where", "clas=failed"],
    says: /^--where clas=failed: must be name=value with one of class, task, model, key, such as /,
  },
  {
    what: "an ending with a slip",
    break: nothing,
    args: ["rerun", "--where", "class=failed:sandbx"],
    says: /^--where class=failed:sandbx: no rollout ends so; did you mean `failed:sandbox`\?$/m,
  },
  {
    what: "a condition on a task of another run",
    break: nothing,
    args: ["rerun", "--where", "task=battle-of-sexs"],
    says: /^--where task=battle-of-sexs: this run has no such task; did you mean `battle-of-sexes`\?$/m,
  },
  {
    what: "nothing that failed",
    break: nothing,
    args: ["rerun"],
    says: /: no failed rollout matches; `nightshift status .*` counts them by class$/m,
  },
  {
    what: "a rollout that was judged, to be played again",
    break: nothing,
    args: ["rerun", "--where", "key=KEY0"],
    says: /^a rollout that was judged is never played again; for more data ask for more seeds: nightshift resume .* --set rollouts\.perCell=3$/m,
  },
  {
    what: "a shell behind the last step",
    break: nothing,
    args: ["shell", "KEY0", "--at", "9999"],
    says: /^--at 9999: must be a whole number from 0 to \d+, the steps of this rollout$/m,
  },
  {
    what: "a recipe with a slip",
    break: nothing,
    args: ["export", "--recipe", "sft_branchs"],
    says: /^there is no export recipe "sft_branchs"; did you mean `sft_branches`\?$/m,
  },
  {
    what: "a recipe that there is not",
    break: nothing,
    args: ["export", "--recipe", "../x"],
    says: /^there is no export recipe "\.\.\/x"; there are raw, sft_branches, /,
  },
  {
    what: "a condition on a column with a slip",
    break: nothing,
    args: ["export", "--where", "rewrad > 0.5"],
    says: /^--where: the trajectories have no column "rewrad"; did you mean `reward`\?$/m,
  },
  {
    what: "a condition that breaks off",
    break: nothing,
    args: ["export", "--where", "reward > 0.5 and"],
    says: /^--where "reward > 0\.5 and", character 17: a column is expected and it ends; an example: /,
  },
  {
    what: "token ids that nobody captured",
    break: nothing,
    args: ["export", "--recipe", "sft_tokens", "--allow", "scripted,benchmark"],
    says: /^sft_tokens takes token ids as the server returned them, and none of \d+ kept rollouts has them; .*`sft_tokenized --tokenizer DIR`/,
  },
  {
    what: "a tokenizer that is none",
    break: nothing,
    args: ["export", "--recipe", "sft_tokenized", "--tokenizer", "."],
    says: /tokenizer\.json is not there; --tokenizer takes a folder as models come in/,
  },
  {
    what: "a leave with a slip",
    break: nothing,
    args: ["export", "--allow", "scripted,benchmrk"],
    says: /^--allow benchmrk: not a kind of rows .*; did you mean `benchmark`\?$/m,
  },
  {
    what: "scripted rows that nobody allowed",
    break: nothing,
    args: ["export"],
    says: /^rollout [0-9a-f]+ .*scripted.*; such rows are exported only with `allow: \[scripted\]` .* or `--allow scripted` on the command line$/m,
  },
  {
    what: "benchmark rows that nobody allowed",
    break: nothing,
    args: ["export", "--allow", "scripted"],
    says: /benchmark.*; such rows are exported only with `allow: \[benchmark\]`/,
  },
  {
    what: "an export over somebody's files",
    break: (run) => writeFile(path.join(run, "exports", "thesis.tex"), "x"),
    args: ["export", "--allow", "scripted,benchmark", "--out", "EXPORTS"],
    says: /exports is not empty \(it holds thesis\.tex\).*no export; name a new folder/,
  },
  {
    what: "an export onto a file",
    break: (run) => writeFile(path.join(run, "exports", "file"), "x"),
    args: ["export", "--allow", "scripted,benchmark", "--out", "EXPORTS/file"],
    says: /exports\/file is a file, not a folder; name another folder/,
  },
  {
    what: "no dataset",
    break: (run) => rm(path.join(run, "dataset"), { recursive: true }),
    args: ["export", "--allow", "scripted,benchmark"],
    says: /dataset\/manifest\.json is not a dataset's manifest; the folder is not a finished dataset/,
  },
  {
    what: "a manifest of something else",
    break: (run) => writeFile(path.join(run, "dataset", "manifest.json"), "{}"),
    args: ["export", "--allow", "scripted,benchmark"],
    says: /dataset\/manifest\.json is not a manifest of this version \(format: .*; and \d+ more\); `nightshift evaluate` on its run/,
  },
  {
    what: "a table with flipped bits",
    break: async (run) => {
      const steps = (await readManifest(path.join(run, "dataset"))).files.filter(
        ({ table }) => table === "steps",
      );
      for (const { path: name } of steps)
        for (const share of [0.2, 0.4, 0.6]) await flip(path.join(run, "dataset", name), share);
    },
    args: ["export", "--allow", "scripted,benchmark"],
    says: /\.parquet is damaged: its SHA-256 is [0-9a-f]{12}…, in the manifest it is [0-9a-f]{12}…; `nightshift evaluate` on its run writes it again$/m,
  },
];

let cwd = "";
let inUse: OpenRun;
const keys: string[] = [];
const argsOf = (index: number): readonly string[] => {
  const [command, ...rest] = BROKEN[index]?.args ?? [];
  const [key = ""] = keys;
  const words: Readonly<Record<string, string>> = {
    KEY0: key,
    "key=KEY0": `key=${key}`,
    SLIP: `${key.slice(0, 5)}${key[5] === "0" ? "1" : "0"}${key.slice(6, 12)}`,
    EXPORTS: path.join(`run${index}`, "exports"),
    "EXPORTS/file": path.join(`run${index}`, "exports", "file"),
  };
  return [command ?? "", `run${index}`, ...rest.map((word) => words[word] ?? word)];
};

beforeAll(async () => {
  cwd = await mkdtemp(path.join(tmpdir(), "nightshift-bad-"));
  await writeFile(path.join(cwd, "good.yaml"), GOOD);
  const made = await nightshift(["run", "good.yaml", "--set", "rollouts.perCell=2", "--out", "run"], { cwd });
  expect(made.exitCode, made.stderr).toBe(0);
  const lines = (await readFile(path.join(cwd, "run", "ledger.jsonl"), "utf8")).split("\n");
  const sealed = lines.flatMap((line) => {
    const event = /^\{"kind":"rollout-ended".*?"key":"([0-9a-f]+)".*"offset":(\d+)/.exec(line);
    return event === null ? [] : [{ key: event[1] ?? "", offset: Number(event[2]) }];
  });
  keys.push(...sealed.sort((a, b) => a.offset - b.offset).map(({ key }) => key));
  expect(keys).toHaveLength(2);
  for (const [index, { break: breakIt }] of BROKEN.entries()) {
    const folder = path.join(cwd, `run${index}`);
    await cp(path.join(cwd, "run"), folder, { recursive: true });
    await breakIt(folder);
  }
  await mkdir(path.join(cwd, "empty"));
  await cp(path.join(cwd, "run"), path.join(cwd, "inUse"), { recursive: true });
  inUse = await openRun(path.join(cwd, "inUse"));
  expect((await stat(segment(path.join(cwd, "run")))).size).toBeGreaterThan(1000);
});
afterAll(async () => {
  await inUse.close();
  await rm(cwd, { recursive: true, force: true });
});

const MORE: readonly BadCase[] = [
  {
    what: "a folder that is not there",
    args: ["resume", "absent"],
    says: /absent holds no run: there is no run\.json in it; name the folder that/,
  },
  {
    what: "an empty folder",
    args: ["status", "empty"],
    says: /empty holds no run: there is no run\.json in it/,
  },
  {
    what: "a file for a run",
    args: ["status", "good.yaml"],
    says: /good\.yaml holds no run: there is no run\.json in it/,
  },
  {
    what: "a run that a living process plays",
    args: ["resume", "inUse", "--set", "rollouts.perCell=3"],
    says: /the run is in use by process \d+ on \S+ Wait for it or stop it; if that process is gone for good, delete .*lock/,
  },
  {
    what: "a run that a living process plays, judged again",
    args: ["evaluate", "inUse"],
    says: /the run is in use by process \d+ on /,
  },
];

describe("a run", () => {
  const cases: readonly BadCase[] = BROKEN.map(({ what, says }, index) => ({
    what: `with ${what}`,
    get args() {
      return argsOf(index);
    },
    says,
  }));
  refuses([...cases, ...MORE], () => ({ cwd }));
});
