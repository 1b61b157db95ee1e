// A rehearsal on a real backend: sandboxes and calls break, the run comes to its end, and each of its rows says what it was played in.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { openDataset } from "../../src/dataset/openDataset.ts";
import { readLedger } from "../../src/store/ledger.ts";
import { nightshift } from "./nightshift.ts";

const PIPELINE = `name: rehearsal
cells:
  tasks: [battle-of-sexes]
  models: [{ name: researcher, wire: scripted }]
rollouts: { perCell: 4 }
limits: { steps: 8, validations: 2 }
sandbox: { backend: process }
faults:
  seed: 11
  sandbox: { died: 0.05, tornOutput: 0.1, slow: 0.1, slowSeconds: 0.1, snapshotLost: 0.1 }
  model: { throttled: 0.1, halfReply: 0.05, waitSeconds: 0.1 }
tripwires: { failedRollouts: null, deadSandboxes: null }
stages:
  generate: { retriesMax: 10, snapshotAfterSeconds: 0 }
  evaluate: { seeds: 1 }
  filter: { outcomes: [submitted, limit, forfeit] }
`;

it("comes to its end through its faults, and each row says so", { timeout: 240_000 }, async () => {
  const cwd = await mkdtemp(path.join(tmpdir(), "nightshift-faults-"));
  onTestFinished(() => rm(cwd, { recursive: true, force: true }));
  await writeFile(path.join(cwd, "rehearsal.yaml"), PIPELINE);
  const { exitCode, stderr } = await nightshift(["run", "rehearsal.yaml", "--out", "run"], { cwd });
  expect(exitCode, stderr).toBe(0);
  expect(stderr).toMatch(/^warning: faults: /m);
  const { events } = await readLedger(path.join(cwd, "run", "ledger.jsonl"));
  const kinds = new Set(events.map(({ kind }) => kind));
  expect([...kinds]).toEqual(expect.arrayContaining(["rollout-resumed"]));
  const dataset = await openDataset(path.join(cwd, "run", "dataset"));
  let rows = 0;
  for await (const row of dataset.trajectories("benchmark")) {
    rows += 1;
    expect(row.sandbox_backend).toBe("faulty/process");
  }
  expect(rows).toBe(4);
  for await (const step of dataset.steps("benchmark")) expect(step.endpoint).toBe("faulty/scripted");
});
