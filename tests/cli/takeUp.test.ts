// A run over Docker whose orchestrator is killed: its containers live on, and a resumed run goes on in them. And a run that is asked to
// stop: what is under way is kept at its next step.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startDouble } from "../../scripts/bench/startDouble.ts";
import { readManifest } from "../../src/dataset/manifest.ts";
import { readLedger } from "../../src/store/ledger.ts";
import { nightshift, REPOSITORY } from "./nightshift.ts";

const WAIT_MS_MAX = 120_000;
let cwd = "";
beforeAll(async () => {
  cwd = await mkdtemp(path.join(tmpdir(), "nightshift-take-up-"));
});
afterAll(() => rm(cwd, { recursive: true, force: true }));

const pipeline = (baseUrl: string, backend: string) => `name: take-up
cells:
  tasks: [battle-of-sexes]
  models: [{ name: double, wire: openai, model: bench, baseUrls: ["${baseUrl}"] }]
rollouts: { perCell: 2 }
limits: { steps: 12, actionSeconds: 20 }
budgets: { tokens: 10000000 }
sandbox: { backend: ${backend} }
stages: { evaluate: { seeds: 1 }, filter: { outcomes: [submitted] } }
`;

/** Starts a run and waits until its ledger holds so many calls. */
async function started(name: string, calls: number) {
  const directory = path.join(cwd, name);
  const child = spawn(
    process.execPath,
    [path.join(REPOSITORY, "bin/nightshift.js"), "run", `${name}.yaml`, "--out", directory],
    { cwd, stdio: "ignore" },
  );
  const exited = once(child, "exit");
  const ledger = path.join(directory, "ledger.jsonl");
  const count = () =>
    existsSync(ledger) ? readFileSync(ledger, "utf8").split('"call-started"').length - 1 : 0;
  for (let waited = 0; count() < calls && waited < WAIT_MS_MAX; waited += 50) await sleep(50);
  return { child, exited, directory };
}

async function take(name: string, backend: string, stop: NodeJS.Signals) {
  await using double = await startDouble({ "latency-ms": 150, sigma: 0.2, steps: 8 });
  await writeFile(path.join(cwd, `${name}.yaml`), pipeline(double.baseUrl, backend));
  const { child, exited, directory } = await started(name, 8);
  child.kill(stop);
  const [code] = await exited;
  const { exitCode, stderr } = await nightshift(["resume", directory], { cwd });
  expect(exitCode, stderr).toBe(0);
  const { events } = await readLedger(path.join(directory, "ledger.jsonl"));
  const resumed = events.filter((event) => event.kind === "rollout-resumed");
  const ended = events.filter((event) => event.kind === "rollout-ended");
  const calls = events.filter((event) => event.kind === "call-started").length;
  const { replies: sold = 0 } = await double.stats();
  const recorded = ended.reduce((sum, { facts }) => sum + facts.stepCount, 0);
  return { code, directory, resumed, ended, calls, sold, recorded, events };
}

describe("a run that is cut off", { timeout: 300_000 }, () => {
  it("goes on in its living containers after SIGKILL, and buys no reply twice", async () => {
    const image = spawnSync("docker", ["image", "inspect", "nightshift/python:latest"]);
    if (image.status !== 0) {
      console.warn("SKIPPED: no Docker daemon with the image nightshift/python answers");
      return;
    }
    const { resumed, ended, calls, sold, recorded, events } = await take("killed", "docker", "SIGKILL");
    expect(resumed.length).toBeGreaterThan(0);
    expect(resumed.map(({ how, replayedCount }) => ({ how, replayedCount }))).toEqual(
      resumed.map(() => ({ how: "attached", replayedCount: 0 })),
    );
    expect(ended.map(({ outcome }) => outcome.kind)).toEqual(["submitted", "submitted"]);
    expect(events.some(({ kind }) => kind === "rollout-retried")).toBe(false);
    const lost = resumed.reduce((sum, { lostCallCount }) => sum + lostCallCount, 0);
    expect(calls - recorded).toBe(lost);
    expect(sold - recorded).toBeLessThanOrEqual(lost);
  });

  it("stops in good order on SIGTERM: calls under way are answered, and each rollout goes on from its last step", async () => {
    const backend = "process, unsafe: true";
    const { code, resumed, ended, calls, sold, recorded, directory } = await take(
      "drained",
      backend,
      "SIGTERM",
    );
    expect(code).toBe(130);
    expect(ended.map(({ outcome }) => outcome.kind)).toEqual(["submitted", "submitted"]);
    expect(resumed.length).toBeGreaterThan(0);
    expect(
      resumed.map(({ how, lostCallCount, replayedCount }) => [how, lostCallCount, replayedCount]),
    ).toEqual(resumed.map(() => ["restored", 0, 0]));
    expect([calls, sold]).toEqual([recorded, recorded]);
    expect((await readManifest(path.join(directory, "dataset"))).funnel).toMatchObject({
      admitted: 2,
      owed: 0,
    });
  });
});
