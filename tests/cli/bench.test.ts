// The benchmark through the command line: played by the scripted model, resumed like any run, reported again, and runs compared.
import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { nightshift } from "./nightshift.ts";

let cwd = "";
beforeAll(async () => {
  cwd = await mkdtemp(path.join(tmpdir(), "nightshift-bench-"));
});
afterAll(() => rm(cwd, { recursive: true, force: true }));

const area = z.object({
  aup: z.number(),
  normalised: z.number(),
  interval: z.unknown(),
  ratios: z.array(z.number()),
});
const reportSchema = z.object({
  version: z.literal(1),
  runs: z.array(z.object({ runId: z.string(), attemptsWanted: z.number(), withoutEnd: z.number() })),
  methods: z.array(
    z.object({
      name: z.string(),
      tasks: z.array(
        z.object({
          taskId: z.string(),
          attempts: z.number(),
          attemptAtK: z.object({ best: z.number().nullable(), last: z.number().nullable() }),
          passAtK: z.object({ best: z.array(z.number()), last: z.array(z.number()) }),
        }),
      ),
    }),
  ),
  againstPool: z.object({
    pool: z.string(),
    tasks: z.array(z.string()),
    leftOut: z.array(z.object({ taskId: z.string(), why: z.string() })),
    standings: z.array(z.object({ name: z.string(), isMeasured: z.boolean(), best: area, last: area })),
    tauMax: z.number(),
  }),
  comparisons: z.array(z.object({ from: z.string(), to: z.string(), tasks: z.array(z.string()) })),
});
const reportOf = async (folder: string) =>
  reportSchema.parse(JSON.parse(await readFile(path.join(cwd, folder, "bench.json"), "utf8")));

const SMALL = [
  ...["--set", "limits={ steps: 10, actionSeconds: 20, validations: 2 }"],
  ...["--set", "rollouts.perCell=2", "--set", "stages.evaluate.seeds=1"],
];

describe("bench", { timeout: 300_000 }, () => {
  it("plays the protocol with the scripted model and sets it beside the pool", async () => {
    const tasks = "cells.tasks=[battle-of-sexes, 3-sat, cifar10]";
    const args = ["bench", "--model", "scripted", "--set", tasks, ...SMALL, "--out", "first"];
    const { exitCode, stdout, stderr } = await nightshift(args, { cwd });
    expect(exitCode, stderr).toBe(0);
    expect(stdout).toMatch(/^3-sat +2 \(\d\) +45\.17↓/m);
    expect(stdout).toMatch(/^> scripted\/researcher \(\d+\) +\d\.\d{3} /m);
    expect(stdout).toContain(`report ${path.join(cwd, "first", "bench.md")}`);
    const report = await reportOf("first");
    expect(report.runs).toMatchObject([{ attemptsWanted: 2, withoutEnd: 0 }]);
    expect(report.methods).toHaveLength(1);
    expect(report.methods[0]?.tasks.map(({ taskId, attempts }) => `${taskId} ${attempts}`)).toEqual([
      "3-sat 2",
      "battle-of-sexes 2",
    ]);
    const { againstPool } = report;
    expect(againstPool.pool).toMatch(/^mlgym-published\.[0-9a-f]{12}$/);
    expect(againstPool.tasks).toEqual(["battle-of-sexes"]);
    const why = new Map(againstPool.leftOut.map((left) => [left.taskId, left.why]));
    expect(why.get("3-sat")).toMatch(/^Not comparable: the published instances were never released/);
    expect(why.get("CIFAR-10")).toBe("not played here");
    expect(againstPool.leftOut).toHaveLength(12);
    expect(againstPool.standings).toHaveLength(14);
    expect(againstPool.standings.filter(({ isMeasured }) => isMeasured)).toHaveLength(1);
    for (const { best } of againstPool.standings) expect(best.aup).toBeLessThanOrEqual(againstPool.tauMax);
    const page = await readFile(path.join(cwd, "first/bench.md"), "utf8");
    expect(page).toContain("not played, since their data is not here: cifar10");
    expect(page).toContain("0.576, is replaced by 0.228");
    expect(page).toContain("best attempts are the best of all submissions that validated or were handed in");

    // A run like any other: resume says that nothing is left, and the report of it is the same again.
    expect((await nightshift(["resume", "first"], { cwd })).stdout).toContain("complete, nothing to do");
    await rm(path.join(cwd, "first/bench.json"));
    const again = await nightshift(["bench", "--run", "first"], { cwd });
    expect(again.exitCode, again.stderr).toBe(0);
    expect(await reportOf("first")).toEqual(report);
  });

  it("compares runs, tells models of the same name apart, and leaves a task out where one side has no attempt", async () => {
    const tasks = "cells.tasks=[battle-of-sexes]";
    const args = ["bench", "--model", "scripted", "--set", tasks, ...SMALL, "--out", "second"];
    const played = await nightshift([...args, "--set", "rollouts.perCell=3"], { cwd });
    expect(played.exitCode, played.stderr).toBe(0);
    const { exitCode, stdout, stderr } = await nightshift(
      ["bench", "--run", "first", "second", "--out", "second"],
      { cwd },
    );
    expect(exitCode, stderr).toBe(0);
    const { comparisons, methods } = await reportOf("second");
    expect(methods.map(({ name }) => name.replace(/^.*\((\w+)\)$/, "$1"))).toEqual(["first", "second"]);
    expect(comparisons).toMatchObject([{ tasks: ["battle-of-sexes"] }]);
    expect(stdout).toMatch(/^pass@1 +\d\.\d{3} +\d\.\d{3} /m);
  });

  it("says of a run without a dataset what to do", async () => {
    await cp(path.join(cwd, "first"), path.join(cwd, "bare"), { recursive: true });
    await rm(path.join(cwd, "bare/dataset"), { recursive: true });
    const { exitCode, stderr } = await nightshift(["bench", "--run", "bare"], { cwd });
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^bare: the run has no dataset yet; go on with `nightshift resume bare`/);
  });

  it.each([
    [["bench"], /^bench takes either --model, to play, or --run/],
    [["bench", "--run", "nowhere"], /nowhere/],
    [["bench", "--run", "first", "--set", "rollouts.perCell=2"], /^--set changes what is played/],
    [
      ["bench", "--model", "http://user:secret@127.0.0.1:1/m"],
      /^--model http:\/\/…@127\.0\.0\.1:1\/m: must be `scripted`, or a server's address with the model's name/,
    ],
    [
      ["bench", "--model", "http://127.0.0.1:1/v1/org/m", "--set", "cells.tasks=[3-sat]"],
      /^cells\.models\.0\.price: org\/m has no price, but there is a limit in dollars \(limits\.costUsd: 4 on 3-sat\)/,
    ],
  ])("refuses %j in one sentence", async (args, sentence) => {
    const { exitCode, stderr, stdout } = await nightshift(args, { cwd });
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toMatch(sentence);
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect(stderr).not.toContain("secret");
  });
});
