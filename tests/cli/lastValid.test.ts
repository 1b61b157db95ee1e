// A rollout validates, breaks its submission and runs into the step limit. What is judged then is the pipeline's choice, rows tell
// the two submissions apart, and the rollout is the same one either way.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Double, startDouble, type Turn } from "../../scripts/wires/double.ts";
import { checkDataset } from "../../src/dataset/checkDataset.ts";
import { openDataset } from "../../src/dataset/openDataset.ts";
import type { TrajectoryRow } from "../../src/dataset/schema.ts";
import { nightshift } from "./nightshift.ts";

const shell = (says: string, command: string): Turn => ({
  thinks: "",
  says,
  command,
  call: { name: "shell", arguments: { command } },
});
const SCRIPT: readonly Turn[] = [
  { thinks: "", says: "I measure.", command: "validate", call: { name: "validate", arguments: {} } },
  shell("I try something.", "echo 'def row_strategy(history): return 7' > strategy.py"),
  shell("I look.", "cat strategy.py"),
];

let double: Double;
let cwd = "";
beforeAll(async () => {
  double = await startDouble(SCRIPT);
  cwd = await mkdtemp(path.join(tmpdir(), "nightshift-last-"));
});
afterAll(async () => {
  await double[Symbol.asyncDispose]();
  await rm(cwd, { recursive: true, force: true });
});

async function rowOf(name: string, evaluate: string): Promise<TrajectoryRow> {
  await writeFile(
    path.join(cwd, `${name}.yaml`),
    `name: last
cells:
  tasks: [battle-of-sexes]
  models:
    - { name: chat, wire: openai, model: double, baseUrls: ["${double.origin}/v1"] }
rollouts: { perCell: 1 }
limits: { steps: 3, actionSeconds: 20 }
sandbox: { backend: process, unsafe: true }
stages:
  evaluate: ${evaluate}
  filter: { outcomes: [limit] }
`,
  );
  const { exitCode, stderr } = await nightshift(["run", `${name}.yaml`, "--out", name], { cwd });
  expect(exitCode, stderr).toBe(0);
  const dir = path.join(cwd, name, "dataset");
  expect((await checkDataset(dir)).filter(({ problem }) => problem !== null)).toEqual([]);
  for await (const row of (await openDataset(dir)).trajectories("benchmark")) return row;
  throw new Error("the dataset has no row");
}

it("stands in only where it is asked for, and is never the final score", { timeout: 240_000 }, async () => {
  const plain = await rowOf("plain", "{ seeds: 2 }");
  const standIn = await rowOf("standIn", "{ seeds: 2, lastValid: true }");
  const final = {
    outcome: "limit:steps",
    mlgym_exit_status: "evaluation_format_error (max_steps)",
    evaluation_status: "invalid",
    score_raw: null,
    score_se: null,
    best_is_final: false,
  };
  expect(plain).toMatchObject({
    ...final,
    judged_submission: null,
    last_valid_score_raw: null,
    reward: null,
    filter_decision: "drop",
    filter_reasons: ["invalidSubmission"],
  });
  expect(standIn).toMatchObject({
    ...final,
    judged_submission: "lastValid",
    last_valid_score_raw: standIn.best_score_raw,
    reward: expect.any(Number),
    filter_decision: "keep",
  });
  expect(standIn.reward_components).toMatchObject({
    "final:raw@1": null,
    "lastValid:raw@1": standIn.last_valid_score_raw,
  });
  expect(standIn.trajectory_id).toBe(plain.trajectory_id);
  expect(standIn.artifact_manifest_sha256).toBe(plain.artifact_manifest_sha256);
});
