// Recorded runs of MLGym's as a user replays them: import a checkout, carry runs out again, read what is equal and what is not.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mlgymCheckout } from "../importers/mlgymCheckout.ts";
import { nightshift } from "./nightshift.ts";

const CHECKOUT = process.env["MLGYM_CHECKOUT"];
const RECORDED =
  "trajectories/mlgym_bench_v0/metagen-gemini-20-flash-thinking__battleOfSexes__default__t-0.00__p-0.95__c-4.00__install-0__parallel_agents_run_3";
const PLACE = "/home/agent/workspace";
const GUESS = ['"""A first guess."""', "", "", "def guess(heap):", "    return 2"];
const BETTER = [...GUESS.slice(0, 4), "    return len(heap)"];

const shown = (file: string, lines: readonly string[]) =>
  [
    `[File: ${PLACE}/${file} (${lines.length} lines total)]`,
    ...lines.map((line, index) => `${index + 1}:${line}`),
  ].join("\n");

/** Steps in MLGym's form: action, observation, and the file that was open before. */
const STEPS: readonly (readonly [string, string, string | null])[] = [
  ["ls -a\n", "./\n../\nevaluate.py*\nguess.py\nheaps.py", null],
  ["open guess.py\n", shown("guess.py", GUESS), null],
  [
    "edit 5:5\n    return len(heap\nend_of_edit\n",
    [
      "Your edit has introduced new syntax error(s).",
      "ERRORS:",
      "- E999 SyntaxError: '(' was never closed",
      shown("guess.py", [...GUESS.slice(0, 4), "    return len(heap"]),
      "-----",
      shown("guess.py", GUESS),
      "-----",
    ].join("\n"),
    "guess.py",
  ],
  [
    "edit 5:5\n    return len(heap)\nend_of_edit\n",
    `${shown("guess.py", BETTER)}\nFile updated.`,
    "guess.py",
  ],
  ["edit 5:5\n    return 1\n", "Malformed edit command.", "guess.py"],
  ["open missing.py", "File missing.py not found", "guess.py"],
  ["python3 -c 'print(6 * 7)'", "42", "guess.py"],
  [
    "validate\n",
    "…\nBaseline Score: {'Score': 0.5}\nEvaluation Score: {'Score': 1.0, 'heaps': 100}",
    "guess.py",
  ],
  ["submit\n", "Exited (submit)", "guess.py"],
];

function trajectory(steps: typeof STEPS, score: number) {
  return JSON.stringify({
    environment: "mlgym_main",
    trajectory: steps.map(([action, observation, open]) => ({
      action,
      observation,
      response: "",
      thought: "",
      state: JSON.stringify({ open_file: open === null ? "n/a" : `${PLACE}/${open}`, working_dir: PLACE }),
      execution_time: 0.1,
    })),
    history: [],
    info: { exit_status: "submitted", submission: null, score: [{ Score: score }], model_stats: {} },
  });
}

let cwd: string;
let checkout: string;

beforeAll(async () => {
  cwd = await mkdtemp(path.join(tmpdir(), "nightshift-replay-"));
  checkout = await mlgymCheckout();
  const imported = await nightshift(["import", "mlgym-tasks", checkout], { cwd });
  expect(imported.stderr).toBe("");
  expect(imported.stdout).toContain("2 of 7 can be played, 1 cannot as they stand, 4 refused");
  expect(imported.stdout).toContain("gone.yaml: data/gone/evaluate.py is not in the checkout");
}, 60_000);

afterAll(async () => {
  await rm(cwd, { recursive: true, force: true });
  await rm(checkout, { recursive: true, force: true });
});

async function lay(run: string, steps: typeof STEPS, score = 1): Promise<string> {
  await mkdir(path.join(cwd, run));
  await writeFile(path.join(cwd, run, "countStones.traj"), trajectory(steps, score));
  return run;
}

const replay = (run: string, ...more: readonly string[]) =>
  nightshift(["replay-check", run, "--task", "mlgym-count-stones", "--backend", "process", ...more], { cwd });

describe("replay-check", () => {
  it("finds every data line of a run equal that goes as it went", async () => {
    const { stdout, stderr, exitCode } = await replay(await lay("same", STEPS));
    expect(stderr).toBe("");
    expect(stdout).toMatch(/1 runs, 9 steps: (\d+) of \1 data lines equal \(100\.00 %\)/);
    expect(stdout).toMatch(/^score +3 +3$/m);
    expect(exitCode).toBe(0);
  }, 60_000);

  it("tells each difference with its step, both values and a reason", async () => {
    const other = STEPS.map(([action, observation, open], index): (typeof STEPS)[number] =>
      index === 1
        ? [action, observation.replace("A first guess", "Another guess"), open]
        : [action, observation, open],
    );
    // What it first shows of the file is what the file is rebuilt from; only the later lines can differ.
    const { stdout } = await replay(await lay("other", other, 0.5), "--json");
    const { summary, files } = JSON.parse(stdout);
    expect(files[0].report.vintage).toBe("V1");
    expect(summary.given).toBe(6);
    const lines = files[0].report.differences.map((one: { class: string; key: string; reason: string }) => [
      one.class,
      one.key,
      one.reason,
    ]);
    expect(lines).toContainEqual(["line", "window 0, line 1", "unexplained"]);
    expect(lines).toContainEqual(["score", "Score", "randomness"]);
  }, 60_000);

  it("goes with tasks that runs refuse, as their scores are not asked for", async () => {
    await writeFile(
      path.join(cwd, "far.yaml"),
      "name: far\ncells:\n  tasks: [mlgym-far]\n  models: [{ name: m, wire: scripted }]\nrollouts: { perCell: 1 }\nstages: {}\nallow: [scripted, benchmark]\n",
    );
    const planned = await nightshift(["run", "far.yaml"], { cwd });
    expect(planned.exitCode).toBe(2);
    expect(planned.stderr).toMatch(
      /mlgym-far cannot be played as it stands: its data, someone\/something, is on/,
    );
    await mkdir(path.join(cwd, "looked"));
    await writeFile(path.join(cwd, "looked", "far.traj"), trajectory([["validate", "…", null]], 0));
    const args = ["replay-check", "looked", "--task", "mlgym-far", "--backend", "process", "--json"];
    const { summary } = JSON.parse((await nightshift(args, { cwd })).stdout);
    expect(summary.skipped).toEqual([{ why: "notJudged", count: 1 }]);
  }, 60_000);

  it.skipIf(CHECKOUT === undefined)(
    "shows each numbered line of a run that MLGym recorded as it was",
    async () => {
      const place = await mkdtemp(path.join(tmpdir(), "nightshift-recorded-"));
      try {
        await nightshift(["import", "mlgym-tasks", CHECKOUT ?? ""], { cwd: place });
        const run = path.join(CHECKOUT ?? "", RECORDED);
        const args = [
          "replay-check",
          run,
          "--task",
          "mlgym-battle-of-sexes",
          "--backend",
          "process",
          "--json",
        ];
        const { summary, files } = JSON.parse((await nightshift(args, { cwd: place })).stdout);
        expect(summary).toMatchObject({ runs: 1, steps: 39, vintages: { V1: 0, V2: 1, unknown: 0 } });
        // Scores need numpy, which this machine's own Python may not have; lines need nothing.
        const other = files[0].report.differences.filter((one: { class: string }) =>
          ["header", "line", "range", "lint", "listing", "state"].includes(one.class),
        );
        expect(other).toEqual([]);
        const lines = summary.classes.find(({ name }: { name: string }) => name === "line");
        expect(lines.comparable).toBeGreaterThan(600);
      } finally {
        await rm(place, { recursive: true, force: true });
      }
    },
    120_000,
  );

  it("refuses tasks that were not imported, and runs of other tasks", async () => {
    const foreign = await nightshift(["replay-check", "same", "--task", "battle-of-sexes"], { cwd });
    expect(foreign.exitCode).toBe(2);
    expect(foreign.stderr).toMatch(/only tasks that `nightshift import mlgym-tasks` made/);
    await mkdir(path.join(cwd, "far"));
    await writeFile(path.join(cwd, "far", "far.traj"), trajectory([], 0));
    const { stdout, exitCode } = await replay("far");
    expect(stdout).toContain("not replayed: it is of far, not of countStones");
    expect(exitCode).toBe(1);
  }, 60_000);
});

if (CHECKOUT === undefined) {
  it.skip("runs that MLGym recorded: MLGYM_CHECKOUT names no checkout", () => undefined);
}
