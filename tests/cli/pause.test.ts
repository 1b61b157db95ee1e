// Forecast, pause, rerun and shell through the command line, against the LLM double: a run that stops itself, tells, and is whole in the end.
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Double, startDouble } from "../../scripts/bench/startDouble.ts";
import type { LedgerEvent } from "../../src/core/ledger.ts";
import { readLedger } from "../../src/store/ledger.ts";
import { nightshift, REPOSITORY } from "./nightshift.ts";

let cwd = "";
let double: Double;
beforeAll(async () => {
  cwd = await mkdtemp(path.join(tmpdir(), "nightshift-pause-"));
  double = await startDouble({ "latency-ms": 5, steps: 5, "steps-sigma": 0.3 });
});
afterAll(async () => {
  await double[Symbol.asyncDispose]();
  await rm(cwd, { recursive: true, force: true });
});

function pipeline(baseUrl: string, perCell: number, more = ""): string {
  return `name: pause
cells:
  tasks: [battle-of-sexes]
  models:
    - { name: double, wire: openai, model: bench, baseUrls: ["${baseUrl}"], price: { inputPerMillion: 1, outputPerMillion: 4 } }
  sampling: [{ maxTokens: 512, seeded: true }]
rollouts: { perCell: ${perCell} }
limits: { steps: 40, actionSeconds: 60 }
sandbox: { backend: process, unsafe: true }
concurrency: { rollouts: 4, evaluations: 2 }
stages: { evaluate: { seeds: 1 } }
${more}`;
}

async function play(name: string, text: string, command = ["run"], options: readonly string[] = []) {
  await writeFile(path.join(cwd, `${name}.yaml`), text);
  return nightshift([...command, `${name}.yaml`, "--out", name, ...options], { cwd });
}

async function ledgerOf(name: string) {
  const { events } = await readLedger(path.join(cwd, name, "ledger.jsonl"));
  return <K extends LedgerEvent["kind"]>(kind: K) =>
    events.filter((event): event is Extract<LedgerEvent, { kind: K }> => event.kind === kind);
}

async function statusOf(name: string) {
  const { stdout } = await nightshift(["status", name, "--json"], { cwd });
  const { status, books, spent } = JSON.parse(stdout);
  const columns = [books.kept, books.owed, ...Object.values(books.dropped), ...Object.values(books.failed)];
  expect(columns.reduce((sum: number, count) => sum + Number(count), 0)).toBe(books.admitted);
  return { status, books, spent };
}

describe("a run that goes wrong", { timeout: 300_000 }, () => {
  it("pauses, says why, tells, keeps what was paid for, and is whole after the fix", async () => {
    await using broken = await startDouble({ "latency-ms": 5, steps: 5, "garbage-after": 6 });
    const notices = path.join(cwd, "notices");
    const more = `tripwires: { formatErrors: { minCount: 10, window: 20 } }
notify: { command: [sh, -c, "cat >> ${notices}"] }`;
    const run = await play("wrong", pipeline(broken.baseUrl, 40, more));
    expect(run.exitCode).toBe(1);
    const why =
      /^paused: \d+ of the last \d+ replies of double had the wrong form \(tripwire formatErrors, share 0\.6\); .*`nightshift resume/m;
    expect(run.stderr).toMatch(why);
    const paused = await statusOf("wrong");
    expect(paused.status).toBe("paused");
    expect(paused.books.admitted).toBeLessThan(24);
    const atPause = await ledgerOf("wrong");
    expect(atPause("run-paused")).toMatchObject([{ cause: "tripwire" }]);
    // Each call was answered and its rollout sealed, so that nothing is in flight and every call is paid for.
    const sealed = atPause("rollout-ended").reduce((sum, { facts }) => sum + facts.stepCount, 0);
    expect(atPause("call-started")).toHaveLength(sealed);
    const cancelled = atPause("rollout-ended").filter(({ outcome }) => outcome.kind === "cancelled");
    expect(cancelled).toHaveLength(paused.books.failed.cancelled ?? 0);

    await broken.mend();
    const resumed = await nightshift(["resume", "wrong"], { cwd });
    expect(resumed.exitCode, resumed.stderr).toBe(0);
    const paidTwice = cancelled.filter(({ facts }) => facts.stepCount > 0);
    expect(resumed.stdout.includes("begins anew: ")).toBe(paidTwice.length > 0);
    const after = await statusOf("wrong");
    expect(after).toMatchObject({ status: "complete", books: { admitted: 40, owed: 0, failed: {} } });
    expect(after.spent.usd).toBeGreaterThan(paused.spent.usd);
    const of = await ledgerOf("wrong");
    expect(
      of("rollout-retried")
        .map(({ key }) => key)
        .sort(),
    ).toEqual(cancelled.map(({ key }) => key).sort());
    const told = (await readFile(notices, "utf8"))
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(told).toMatchObject([
      { run: expect.stringMatching(/^wrong/), status: "paused", books: paused.books },
      { run: expect.stringMatching(/^wrong/), status: "complete", reason: null, books: after.books },
    ]);
  });
});

describe("a plan", { timeout: 300_000 }, () => {
  it("says what a run would take, from limits or from an earlier run, and writes nothing", async () => {
    const first = await play("earlier", pipeline(double.baseUrl, 3));
    expect(first.exitCode, first.stderr).toBe(0);
    await writeFile(path.join(cwd, "plan.yaml"), pipeline(double.baseUrl, 50));
    const bare = await nightshift(["plan", "plan.yaml"], { cwd });
    expect(bare.exitCode, bare.stderr).toBe(0);
    expect(bare.stdout).toMatch(/basis: limits and prices/);
    expect(bare.stdout).toMatch(/^dollars: \$[\d.]+ \(\$[\d.]+ to \$[\d.]+\)$/m);
    expect(bare.stdout).toMatch(/nothing was spent, nothing was written/);
    const informed = await nightshift(["plan", "plan.yaml", "--from", "earlier"], { cwd });
    expect(informed.stdout).toMatch(/basis: 3 rollouts in 1 of 1 cells/);
  });

  it("refuses what a run would refuse, with exit code 2", async () => {
    await writeFile(path.join(cwd, "bad.yaml"), pipeline(double.baseUrl, 3, "budgets: { usd: 1 }"));
    const set = ["--set", "cells.models.0.price=null"];
    const planned = await nightshift(["plan", "bad.yaml", ...set], { cwd });
    const run = await nightshift(["run", "bad.yaml", "--out", "bad", ...set], { cwd });
    expect(planned.exitCode).toBe(2);
    expect(planned.stderr).toBe(`a run would be refused: ${run.stderr}`);
    expect(planned.stdout).toMatch(/dollars: a model has no price/);
  });

  it("plays a pilot that the run goes on from", async () => {
    const pilot = await play("piloted", pipeline(double.baseUrl, 6), ["plan"], ["--pilot", "2"]);
    expect(pilot.exitCode, pilot.stderr).toBe(0);
    expect(pilot.stdout).toMatch(/basis: 2 rollouts in 1 of 1 cells/);
    expect(pilot.stdout).toMatch(/dollars per accepted trajectory/);
    const atPilot = await ledgerOf("piloted");
    expect(atPilot("rollout-ended")).toHaveLength(2);
    expect(atPilot("rollout-admitted").map(({ seedIndex }) => seedIndex)).toEqual([0, 1]);
    const resumed = await nightshift(["resume", "piloted"], { cwd });
    expect(resumed.exitCode, resumed.stderr).toBe(0);
    const of = await ledgerOf("piloted");
    expect(of("rollout-ended")).toHaveLength(6);
    expect(of("rollout-retried")).toHaveLength(0);
    const straight = await play("straight", pipeline(double.baseUrl, 6));
    expect(straight.exitCode, straight.stderr).toBe(0);
    const keys = (events: Awaited<ReturnType<typeof ledgerOf>>) =>
      events("rollout-admitted").map(({ key }) => key);
    expect(keys(of).sort()).toEqual(keys(await ledgerOf("straight")).sort());
  });

  it("stops a run whose forecast exceeds its budget, until it is resumed or told to go on", async () => {
    const text = pipeline(double.baseUrl, 30, "pilot: { rolloutsPerCell: 2 }\nbudgets: { usd: 0.2 }");
    const run = await play("dear", text);
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toMatch(
      /paused after the pilot: the forecast exceeds the budget: up to \$[\d.]+ against budgets\.usd 0\.2/,
    );
    const of = await ledgerOf("dear");
    expect(of("rollout-ended")).toHaveLength(2);
    expect(of("run-paused")).toMatchObject([{ cause: "forecast" }]);
    const set = ["--set", "budgets.usd=100", "--set", "rollouts.perCell=4"];
    const resumed = await nightshift(["resume", "dear", ...set], { cwd });
    expect(resumed.exitCode, resumed.stderr).toBe(0);
    expect((await statusOf("dear")).books.admitted).toBe(4);
    const onward = [
      "--set",
      "pilot.onOverBudget=continue",
      "--set",
      "rollouts.perCell=5",
      "--set",
      "budgets.usd=0.06",
    ];
    const going = await play("onward", text, ["run"], onward);
    expect(going.stderr).toMatch(/going on, as pilot\.onOverBudget says/);
    expect((await statusOf("onward")).books.admitted).toBeGreaterThan(2);
  });
});

describe("a rerun", { timeout: 300_000 }, () => {
  it("plays again what infrastructure failed, under the same keys, and nothing that was judged", async () => {
    // A server that takes no request of this form: the request is at fault, not the endpoint.
    const refusing = createServer((request, response) => {
      request.resume().on("end", () => response.writeHead(400).end("no such member"));
    }).listen(0, "127.0.0.1");
    await once(refusing, "listening");
    const address = refusing.address();
    const port = typeof address === "object" ? address?.port : undefined;
    const run = await play("failed", pipeline(`http://127.0.0.1:${port}/v1`, 4));
    refusing.close();
    expect(run.exitCode).toBe(1);
    expect((await statusOf("failed")).books.failed).toEqual({ "failed:model": 4 });
    const before = await readFile(path.join(cwd, "failed", "ledger.jsonl"));
    const dry = await nightshift(["rerun", "failed", "--where", "class=failed:model", "--dry-run"], { cwd });
    expect(dry.exitCode, dry.stderr).toBe(0);
    expect(dry.stdout).toMatch(/4 rollouts would be played again; nothing was done/);
    expect(before.equals(await readFile(path.join(cwd, "failed", "ledger.jsonl")))).toBe(true);
    const other = await nightshift(["rerun", "failed", "--where", "class=failed:sandbox"], { cwd });
    expect(other).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("no failed rollout matches"),
    });

    const [first] = (await ledgerOf("failed"))("rollout-admitted");
    const mended = ["--set", `cells.models.0.baseUrls=["${double.baseUrl}"]`];
    const one = await nightshift(
      ["rerun", "failed", "--where", `key=${first?.key.slice(0, 16)}`, ...mended],
      { cwd },
    );
    expect(one.exitCode, one.stderr).toBe(1);
    expect((await statusOf("failed")).books).toMatchObject({ admitted: 4, failed: { "failed:model": 3 } });
    const of = await ledgerOf("failed");
    expect(of("rollout-retried")).toMatchObject([{ key: first?.key, retry: 0 }]);

    const rest = await nightshift(["rerun", "failed", ...mended], { cwd });
    expect(rest.exitCode, rest.stderr).toBe(0);
    expect((await statusOf("failed")).books).toMatchObject({ admitted: 4, failed: {}, owed: 0 });
    for (const where of ["class=submitted", `key=${first?.key}`]) {
      const judged = await nightshift(["rerun", "failed", "--where", where], { cwd });
      expect(judged).toMatchObject({
        exitCode: 2,
        stderr: expect.stringMatching(
          /never played again; .* nightshift resume failed --set rollouts\.perCell=\d+/,
        ),
      });
    }
  });
});

describe("a shell", { timeout: 300_000 }, () => {
  it("stands where the rollout stood at a step, and gives back what ran in it", async () => {
    const run = await play("looked-at", pipeline(double.baseUrl, 1));
    expect(run.exitCode, run.stderr).toBe(0);
    const [rollout] = (await ledgerOf("looked-at"))("rollout-ended");
    const key = rollout?.key.slice(0, 12) ?? "";
    const shell = (args: readonly string[]) => nightshift(["shell", "looked-at", key, ...args], { cwd });
    const start = await shell(["--at", "0", "--", "cat", "strategy.py"]);
    expect(start.exitCode, start.stderr).toBe(0);
    const starter = path.join(REPOSITORY, "tasks/battle-of-sexes/workspace/strategy.py");
    expect(start.stdout).toBe(await readFile(starter, "utf8"));
    expect(start.stderr).toMatch(/before step 0 of \d+: 0 actions carried out again/);
    const end = await shell(["--", "sh", "-c", "pwd; echo gone >&2; exit 7"]);
    expect(end).toMatchObject({ exitCode: 7, stdout: "/work\ngone\n" });
    // The last step submitted, which is not done again.
    expect(end.stderr).toContain(`: ${(rollout?.facts.stepCount ?? 0) - 1} actions carried out again`);
    const wrong = await shell(["--at", "99", "--", "true"]);
    expect(wrong).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("--at 99") });
  });
});
