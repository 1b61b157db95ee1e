// Plays the scripted researcher end to end, with real sandboxes and judges, and prints what comes of it per task: outcomes,
// steps, validations and the spread of scores. For tuning the policy; it stores nothing.
// Usage: node scripts/dev/playScripted.ts [--rollouts 32] [--steps 24] [--tokens 120000] [--show 0] [task ...]
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { loadAgentParts } from "../../src/agent/agentParts.ts";
import { createAgent } from "../../src/agent/scaffolds.ts";
import { systemClock } from "../../src/compose/world.ts";
import type { Cell } from "../../src/core/cell.ts";
import type { Evaluation, Evaluator } from "../../src/core/evaluation.ts";
import { hashOf, seedOf, sha256 } from "../../src/core/hash.ts";
import { DEFAULT_LIMITS, type RolloutLimits } from "../../src/core/limits.ts";
import { outcomeText } from "../../src/core/outcome.ts";
import type { Log } from "../../src/core/runtime.ts";
import type { BlobStore } from "../../src/core/sandbox.ts";
import type { Task } from "../../src/core/task.ts";
import type { StepRecord, Trajectory } from "../../src/core/trajectory.ts";
import { createEnv } from "../../src/env/env.ts";
import { judge } from "../../src/judge/judge.ts";
import { SCRIPTED_ID, SCRIPTED_REVISION, scriptedResearcher } from "../../src/models/scripted/researcher.ts";
import { playRollout } from "../../src/rollout/rollout.ts";
import { processBackend } from "../../src/sandbox/process.ts";
import { loadTask } from "../../src/tasks/loadTask.ts";
import { toolset } from "../../src/tools/toolset.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const TASKS = ["3-sat", "battle-of-sexes", "colonel-blotto", "prisoners-dilemma"];
const RECORD_SEEDS = [0, 1, 2];
const PLAYED_AT_ONCE = 3;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rollouts: { type: "string", default: "32" },
    steps: { type: "string", default: "24" },
    tokens: { type: "string", default: "120000" },
    /** So many whole conversations per task are printed. */
    show: { type: "string", default: "0" },
  },
});
const limits: RolloutLimits = {
  ...DEFAULT_LIMITS,
  steps: Number(values.steps),
  tokens: Number(values.tokens),
};

const held = new Map<string, Uint8Array>();
const blobs: BlobStore = {
  put: async (data) => {
    const name = sha256(data);
    held.set(name, data);
    return name;
  },
  get: async (name) => held.get(name) ?? Promise.reject(new Error(`no blob ${name}`)),
  has: async (name) => held.has(name),
};
const log: Log = { info: () => {}, warn: (event, fields) => console.warn(event, JSON.stringify(fields)) };
const clock = systemClock;
const backend = processBackend({
  root: tmpdir(),
  python: process.env["NIGHTSHIFT_PYTHON"] ?? "/usr/bin/python3",
  blobs,
  clock,
  log,
});
const bare = judge({ backend, blobs, clock, log, runId: "play-scripted" });
const known = new Map<string, Promise<readonly Evaluation[]>>();
/** Each submission is judged once for each phase and set of seeds. */
const evaluator: Evaluator = {
  evaluate(task, submission, phase, seeds, signal) {
    const key = hashOf("play", { task: task.id, submission, phase, seeds });
    const found = known.get(key) ?? bare.evaluate(task, submission, phase, seeds, signal);
    known.set(key, found);
    return found;
  },
};

interface Played {
  readonly trajectory: Trajectory;
  readonly score: number | null;
}

async function play(task: Task, seedIndex: number): Promise<Played> {
  const seed = seedOf("play scripted", { task: task.id, seedIndex });
  const key = hashOf("play scripted", { task: task.id, seedIndex });
  const cell: Cell = {
    taskId: task.id,
    playHash: task.playHash,
    agent: { name: "researcher", scaffold: "fenced", history: "appendOnly" },
    model: { id: SCRIPTED_ID, revision: SCRIPTED_REVISION },
    sampling: {},
    limits,
  };
  const agent = createAgent(cell.agent, parts, {
    model: scriptedResearcher({ clock }),
    tools: toolset,
    task,
    limits,
    sampling: {},
    seed,
    stickyKey: key,
    callIdOf: (step) => `${key}/0/${step}`,
  });
  const signal = new AbortController().signal;
  const open = async () => {
    const sandbox = await backend.create(
      {
        runId: "play-scripted",
        owner: key,
        purpose: "rollout",
        image: task.definition.image,
        files: task.workspace,
        mounts: [],
        limits: { ...task.definition.resources, lifetimeMs: 600_000 },
        env: {},
        network: false,
        orphanTtlMs: 60_000,
      },
      signal,
    );
    const env = createEnv({
      task,
      sandbox,
      evaluator,
      blobs,
      tools: toolset,
      limits,
      validationSeeds: [0],
      clock,
      log,
    });
    return { env, place: { sandbox: sandbox.handle, capabilities: sandbox.capabilities, imageDigest: "" } };
  };
  const trajectory = await playRollout(
    { key, retry: 0, cell, seedIndex, origin: null, task },
    { agent, provider: "scripted", open, log: { append: async () => {} }, clock },
    signal,
  );
  const submission = trajectory.finalSubmission;
  if (submission === null) return { trajectory, score: null };
  const evaluations = await evaluator.evaluate(task, submission, "record", RECORD_SEEDS, signal);
  const scores = evaluations.flatMap((evaluation) =>
    evaluation.kind === "scored" ? [evaluation.score] : [],
  );
  const score =
    scores.length === RECORD_SEEDS.length ? scores.reduce((a, b) => a + b, 0) / scores.length : null;
  return { trajectory, score };
}

function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

function counts(words: readonly string[]): string {
  const found = new Map<string, number>();
  for (const word of words) found.set(word, (found.get(word) ?? 0) + 1);
  return [...found]
    .sort((a, b) => b[1] - a[1])
    .map(([word, count]) => `${word} ${count}`)
    .join(", ");
}

function actionsOf(steps: readonly StepRecord[]) {
  return steps.flatMap(({ actions }) => actions);
}

function report(task: Task, played: readonly Played[], wallMs: number): void {
  const { anchors, sigma, metric } = task.definition;
  const sign = metric.direction === "maximize" ? 1 : -1;
  const scores = played.flatMap(({ score }) => (score === null ? [] : [score])).sort((a, b) => a - b);
  const steps = played.map(({ trajectory }) => trajectory.steps.length).sort((a, b) => a - b);
  const all = played.flatMap(({ trajectory }) => trajectory.steps);
  const validations = played.map(
    ({ trajectory: { steps } }) => actionsOf(steps).filter(({ result }) => result?.validation).length,
  );
  const totalTokens = played
    .map(({ trajectory: { steps } }) =>
      steps.reduce((sum, { reply: { usage } }) => sum + usage.input + usage.output, 0),
    )
    .sort((a, b) => a - b);
  const cpuMs = actionsOf(all).reduce((sum, { result }) => sum + (result?.cpuMs ?? 0), 0) / played.length;
  const said = played.flatMap(({ trajectory: { pool } }) => pool.map(({ sha256: name }) => name));
  const p = (list: readonly number[]) =>
    [0.1, 0.5, 0.9].map((share) => Number(percentile(list, share).toFixed(4))).join(" / ");
  const gains = scores.map((score) => sign * (score - anchors.starter));
  const spread = percentile(scores, 0.9) - percentile(scores, 0.1);
  console.log(`\n${task.id}: ${played.length} rollouts in ${(wallMs / 1000).toFixed(1)} s`);
  console.log(`  outcomes     ${counts(played.map(({ trajectory }) => outcomeText(trajectory.outcome)))}`);
  console.log(`  steps        p10/p50/p90 ${p(steps)}; tokens ${p(totalTokens)}, most ${totalTokens.at(-1)}`);
  console.log(
    `  validations  ${validations.filter((count) => count > 0).length} rollouts with one at least, ${validations.reduce((a, b) => a + b, 0)} in all`,
  );
  console.log(
    `  errors       format ${all.filter(({ formatError }) => formatError !== null).length}, tool ${actionsOf(all).filter(({ result }) => result?.ok === false).length}; sandbox CPU ${cpuMs.toFixed(0)} ms a rollout`,
  );
  console.log(`  said         ${sha256(said.join("\n")).slice(0, 16)} over all messages`);
  console.log(
    `  scores       ${scores.length}, distinct ${new Set(scores.map((score) => score.toPrecision(9))).size}; p10/p50/p90 ${p(scores)}`,
  );
  console.log(
    `  spread       ${(spread / sigma).toFixed(1)} sigma (sigma ${sigma}); baseline ${anchors.starter}: ${gains.filter((gain) => gain > 5 * sigma).length} better by 5 sigma, ${gains.filter((gain) => gain < -1e-9).length} worse, ${gains.filter((gain) => gain < -5 * sigma).length} worse by 5 sigma`,
  );
}

const parts = await loadAgentParts({ scaffold: "fenced", history: "appendOnly" });
for (const id of positionals.length > 0 ? positionals : TASKS) {
  const task = await loadTask(path.join(root, "tasks"), id, limits);
  const startedAt = clock.monotonic();
  const played: Played[] = [];
  let next = 0;
  const worker = async () => {
    while (next < Number(values.rollouts)) played.push(await play(task, next++));
  };
  await Promise.all(Array.from({ length: PLAYED_AT_ONCE }, worker));
  const ordered = played.toSorted((a, b) => a.trajectory.seedIndex - b.trajectory.seedIndex);
  for (const { trajectory, score } of ordered.slice(0, Number(values.show))) {
    console.log(`\n===== ${id} ${trajectory.seedIndex}: ${outcomeText(trajectory.outcome)}, score ${score}`);
    for (const { message } of trajectory.pool.slice(2))
      console.log(`--- ${message.role}\n${message.content}`);
  }
  report(task, ordered, clock.monotonic() - startedAt);
}
