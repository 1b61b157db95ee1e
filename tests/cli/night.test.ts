// Whole runs through the command line: a dataset comes out, the same on every backend and at every concurrency; a repaired judge scores
// it again; an interrupted or killed run goes on.
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { LedgerEvent } from "../../src/core/ledger.ts";
import { checkDataset } from "../../src/dataset/checkDataset.ts";
import { readManifest } from "../../src/dataset/manifest.ts";
import { readLedger } from "../../src/store/ledger.ts";
import { nightshift, REPOSITORY } from "./nightshift.ts";

const run = promisify(execFile);
let cwd = "";
beforeAll(async () => {
  cwd = await mkdtemp(path.join(tmpdir(), "nightshift-night-"));
});
afterAll(() => rm(cwd, { recursive: true, force: true }));

function pipeline(rollouts: string, more = ""): string {
  return `name: night
cells:
  tasks: [battle-of-sexes, colonel-blotto]
  models: [{ name: researcher, wire: scripted }]
rollouts: ${rollouts}
limits: { steps: 24, actionSeconds: 20, validations: 3 }
stages:
  evaluate: { seeds: 2 }
  filter: { outcomes: [submitted] }
  export: [sft_branches]
allow: [scripted, benchmark]
${more}`;
}

async function play(name: string, text: string, settings: readonly string[] = []) {
  await writeFile(path.join(cwd, `${name}.yaml`), text);
  const sets = settings.flatMap((setting) => ["--set", setting]);
  const printed = await nightshift(["run", `${name}.yaml`, "--out", name, ...sets], { cwd });
  return { ...printed, directory: path.join(cwd, name) };
}

async function ledgerOf(directory: string) {
  const { events } = await readLedger(path.join(directory, "ledger.jsonl"));
  const of = <K extends LedgerEvent["kind"]>(kind: K) =>
    events.filter((event): event is Extract<LedgerEvent, { kind: K }> => event.kind === kind);
  const outcomes = of("rollout-ended").map(({ key, outcome }) => `${key} ${JSON.stringify(outcome)}`);
  const scores = of("evaluation-ended").map(({ evaluation }) =>
    evaluation.kind === "scored"
      ? `${evaluation.key} ${evaluation.score}`
      : `${evaluation.key} ${evaluation.reason}`,
  );
  return { events, of, outcomes: outcomes.sort(), scores: scores.sort() };
}

async function tablesOf(directory: string) {
  return (await readManifest(path.join(directory, "dataset"))).tables;
}

/** Every file below a folder with its size and time of change. */
async function files(folder: string): Promise<string[]> {
  const names = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) =>
    entry.isFile(),
  );
  const lines = names.map(async (entry) => {
    const file = path.join(entry.parentPath, entry.name);
    const { size, mtimeMs } = await stat(file);
    return `${file} ${size} ${mtimeMs}`;
  });
  return (await Promise.all(lines)).sort();
}

describe("a night", { timeout: 300_000 }, () => {
  it("ends in a dataset whose books close, and a finished run stays as it is", async () => {
    const { exitCode, stdout, stderr, directory } = await play("calm", pipeline("{ perCell: 2 }"));
    expect(exitCode, stderr).toBe(0);
    expect(stdout).toMatch(/funnel: 4 admitted = \d kept \+ \d dropped.* \+ 0 failed \+ 0 owed/);
    const checks = await checkDataset(path.join(directory, "dataset"));
    expect(checks.filter(({ problem }) => problem !== null)).toEqual([]);
    expect((await tablesOf(directory)).trajectories.rows).toBe(4);
    const before = await files(directory);
    const again = await nightshift(["resume", "calm"], { cwd });
    expect(again).toMatchObject({ exitCode: 0, stdout: "calm: complete, nothing to do.\n" });
    expect(await files(directory)).toEqual(before);
  });

  it("writes what DuckDB and parquetjs-lite read as we do", async () => {
    const script = path.join(REPOSITORY, "scripts", "verifyDataset.ts");
    const { stdout } = await run(process.execPath, [script, path.join(cwd, "calm", "dataset")]);
    expect(stdout).toContain("ok    DuckDB: steps,");
    expect(stdout).toMatch(/the dataset is what its manifest says\n$/);
  });

  it("tells status and shows what a model saw, from any process", async () => {
    const status = await nightshift(["status", "calm", "--json"], { cwd });
    const { books, cells } = JSON.parse(status.stdout);
    expect(books).toMatchObject({ admitted: 4, owed: 0, failed: {} });
    expect(cells).toHaveLength(2);
    const { of } = await ledgerOf(path.join(cwd, "calm"));
    const key = of("rollout-ended")[0]?.key ?? "";
    const shown = await nightshift(["show", "calm", key.slice(0, 12)], { cwd });
    expect(shown.stdout).toContain("━━ step 0 ━━");
    const step = await nightshift(["show", "calm", key.slice(0, 12), "--step", "1"], { cwd });
    expect(step.stdout).toContain("── system (system) ──");
    const wrong = await nightshift(["show", "calm", key.slice(0, 12), "--step", "999"], { cwd });
    expect(wrong).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/--step 999: this rollout has steps 0 to \d+/),
    });
  });

  it("exports only what is allowed", async () => {
    const closed = await nightshift(["export", "calm", "--recipe", "sft_text_chat", "--allow", "scripted"], {
      cwd,
    });
    expect(closed).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("benchmark") });
    const open = await nightshift(["export", "calm", "--recipe", "sft_text_chat"], { cwd });
    expect(open.exitCode, open.stderr).toBe(0);
    expect(open.stdout).toMatch(/export sft_text_chat .* rows of/);
    const unknown = await nightshift(["export", "calm", "--recipe", "sft_nothing"], { cwd });
    expect(unknown).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("sft_branches, sft_text_chat"),
    });
  });

  it("does only what is new when it is given more to do", async () => {
    const more = await nightshift(["resume", "calm", "--set", "rollouts.perCell=3"], { cwd });
    expect(more.exitCode, more.stderr).toBe(0);
    const { of } = await ledgerOf(path.join(cwd, "calm"));
    expect(of("rollout-ended")).toHaveLength(6);
    expect(new Set(of("rollout-ended").map(({ key }) => key)).size).toBe(6);
    const fresh = await play("fresh", pipeline("{ perCell: 3 }"));
    expect(await tablesOf(fresh.directory)).toEqual(await tablesOf(path.join(cwd, "calm")));
  });

  it("gives the same dataset for an accepted target at concurrency 1 and 64", async () => {
    const target = pipeline("{ perCell: 24, accepted: 3 }").replace(
      "[submitted] }",
      "[submitted], improvementMin: 0.2 }",
    );
    const one = await play("one", target, ["concurrency.rollouts=1"]);
    const many = await play("many", target, ["concurrency.rollouts=64"]);
    expect(one.exitCode, one.stderr).toBe(0);
    expect(many.exitCode, many.stderr).toBe(0);
    expect(await tablesOf(many.directory)).toEqual(await tablesOf(one.directory));
    const { funnel } = await readManifest(path.join(one.directory, "dataset"));
    expect(funnel.kept).toBe(6);
    expect(Object.values(funnel.dropped).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(0);
  });

  it("goes on after an interrupt with exit code 130", async () => {
    await writeFile(path.join(cwd, "stopped.yaml"), pipeline("{ perCell: 3 }"));
    const child = spawn(
      process.execPath,
      [path.join(REPOSITORY, "bin/nightshift.js"), "run", "stopped.yaml", "--out", "stopped"],
      { cwd, stdio: "ignore" },
    );
    const exited = new Promise<number | null>((resolve) => child.on("exit", (code) => resolve(code)));
    const ledger = path.join(cwd, "stopped", "ledger.jsonl");
    while (!(await readFile(ledger, "utf8").catch(() => "")).includes('"evaluation-ended"')) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    child.kill("SIGINT");
    expect(await exited).toBe(130);
    const status = await nightshift(["status", "stopped", "--json"], { cwd });
    expect(JSON.parse(status.stdout)).toMatchObject({ status: "interrupted", owner: null });
    const resumed = await nightshift(["resume", "stopped"], { cwd });
    expect(resumed.exitCode, resumed.stderr).toBe(0);
    expect(await tablesOf(path.join(cwd, "stopped"))).toEqual(await tablesOf(path.join(cwd, "fresh")));
  });

  it("stops when its tokens are spent or its time is over, closes its books, and goes on when it is given more", async () => {
    const poor = await play("poor", pipeline("{ perCell: 3 }"), [
      "budgets.tokens=200000",
      "concurrency.rollouts=4",
    ]);
    expect(poor).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("the run's budget is used up"),
    });
    const { books, spent } = JSON.parse((await nightshift(["status", "poor", "--json"], { cwd })).stdout);
    expect(spent.tokens).toBeLessThanOrEqual(200_000);
    expect(books.owed).toBeGreaterThan(0);
    expect((await readManifest(path.join(poor.directory, "dataset"))).funnel).toEqual(books);
    const again = await nightshift(["resume", "poor"], { cwd });
    expect(again.exitCode).toBe(1);
    const still = JSON.parse((await nightshift(["status", "poor", "--json"], { cwd })).stdout);
    expect(still.spent.tokens).toBeLessThanOrEqual(200_000);
    const rich = await nightshift(["resume", "poor", "--set", "budgets.tokens=null"], { cwd });
    expect(rich.exitCode, rich.stderr).toBe(0);
    expect(await tablesOf(poor.directory)).toEqual(await tablesOf(path.join(cwd, "fresh")));

    const brief = await play("brief", pipeline("{ perCell: 200 }"), ["budgets.wallClockHours=0.0008"]);
    expect(brief).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("the session's time is over"),
    });
    expect((await readManifest(path.join(brief.directory, "dataset"))).funnel.owed).toBeGreaterThan(0);
  });

  it("pauses, and hammers nobody, where the key is refused: nothing has failed, and a resumed run goes on", async () => {
    let isRevoked = true;
    let callCount = 0;
    const server = createServer((request, response) => {
      callCount++;
      request.resume().on("end", () => {
        response.statusCode = isRevoked ? 401 : 200;
        const message = { role: "assistant", content: "Done.\n\n```\nsubmit\n```" };
        const usage = { prompt_tokens: 10, completion_tokens: 5 };
        response.end(JSON.stringify({ model: "m", choices: [{ message, finish_reason: "stop" }], usage }));
      });
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    const port = typeof address === "object" ? address?.port : undefined;
    const model = `{ name: m, wire: openai, model: m, baseUrls: ["http://127.0.0.1:${port}/v1"] }`;
    const text = pipeline("{ perCell: 2 }", "sandbox: { unsafe: true }\n").replace(
      "{ name: researcher, wire: scripted }",
      model,
    );
    const { exitCode, stderr, directory } = await play("revoked", text);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(
      /^paused: model m, whose key is refused \(it is called without a key\): model endpoint "127\.0\.0\.1:\d+" .*answered 401.*`nightshift resume/m,
    );
    expect(callCount).toBeLessThanOrEqual(4);
    const paused = JSON.parse((await nightshift(["status", "revoked", "--json"], { cwd })).stdout);
    expect(paused).toMatchObject({ status: "paused", books: { failed: {} } });
    isRevoked = false;
    const resumed = await nightshift(["resume", "revoked"], { cwd });
    expect(resumed.exitCode, resumed.stderr).toBe(0);
    expect((await readManifest(path.join(directory, "dataset"))).funnel).toMatchObject({
      admitted: 4,
      kept: 4,
      failed: {},
    });
    server.close();
  });

  it("writes a dataset again that was lost, and refuses to put an export over something else", async () => {
    await rm(path.join(cwd, "fresh", "dataset"), { recursive: true });
    const tables = await tablesOf(path.join(cwd, "calm"));
    const resumed = await nightshift(["resume", "fresh"], { cwd });
    expect(resumed.exitCode, resumed.stderr).toBe(0);
    expect(await tablesOf(path.join(cwd, "fresh"))).toEqual(tables);
    const over = await nightshift(["export", "fresh", "--out", "calm/dataset"], { cwd });
    expect(over).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("is no export") });
    expect(await tablesOf(path.join(cwd, "calm"))).toEqual(tables);
  });

  it("scores again with a repaired judge, without a model call or a rollout", async () => {
    await cp(path.join(REPOSITORY, "tasks", "battle-of-sexes"), path.join(cwd, "tasks", "mine"), {
      recursive: true,
    });
    await cp(path.join(REPOSITORY, "tasks", "_images"), path.join(cwd, "tasks", "_images"), {
      recursive: true,
    });
    const mine = pipeline("{ perCell: 2 }").replace("[battle-of-sexes, colonel-blotto]", "[mine]");
    const { directory, exitCode, stderr } = await play("judged", mine);
    expect(exitCode, stderr).toBe(0);
    const before = await ledgerOf(directory);
    const judge = path.join(cwd, "tasks", "mine", "judge.py");
    await writeFile(judge, `${await readFile(judge, "utf8")}\n# repaired\n`);
    const resumed = await nightshift(["resume", "judged", "--set", "rollouts.perCell=3"], { cwd });
    expect(resumed).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("nightshift evaluate") });
    const again = await nightshift(["evaluate", "judged"], { cwd });
    expect(again.exitCode, again.stderr).toBe(0);
    expect(again.stdout).toMatch(/judged again: [1-9]\d* evaluations, 0 model calls, 0 rollouts/);
    const after = await ledgerOf(directory);
    expect(after.of("call-started")).toHaveLength(before.of("call-started").length);
    expect(after.of("rollout-ended")).toHaveLength(before.of("rollout-ended").length);
    const record = (ledger: typeof after) =>
      ledger.of("evaluation-ended").filter(({ evaluation }) => evaluation.phase === "record").length;
    expect(record(after)).toBe(2 * record(before));
  });

  it("is the same after kill -9 at moments of generating, evaluating and writing", async () => {
    const { stdout } = await run(
      process.execPath,
      [path.join(REPOSITORY, "scripts/crashTest.ts"), "4", "1"],
      { timeout: 300_000 },
    );
    expect(JSON.parse(stdout.trim().split("\n").at(-1) ?? "")).toMatchObject({ kills: 4, failures: 0 });
  });

  it("plays the same keys to the same outcomes and scores in Docker, and leaves no container", async () => {
    const docker = await run("docker", ["image", "inspect", "nightshift/python:latest"]).then(
      () => true,
      () => false,
    );
    if (!docker) {
      console.warn(
        "SKIPPED: no Docker daemon with the image nightshift/python answers; run `npm run dockerd && npm run images`",
      );
      return;
    }
    const plain = await play("plain", pipeline("{ perCell: 1 }"));
    const contained = await play("contained", pipeline("{ perCell: 1 }"), ["sandbox.backend=docker"]);
    expect(contained.exitCode, contained.stderr).toBe(0);
    const [a, b] = [await ledgerOf(plain.directory), await ledgerOf(contained.directory)];
    expect(b.outcomes).toEqual(a.outcomes);
    expect(b.scores).toEqual(a.scores);
    const { runId } = JSON.parse(await readFile(path.join(contained.directory, "run.json"), "utf8"));
    expect(runId).toMatch(/^contained/);
    const { stdout } = await run("docker", ["ps", "-aq", "--filter", `label=nightshift.run=${runId}`]);
    expect(stdout).toBe("");
  });
});
