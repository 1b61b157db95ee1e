// Plays 500 rollouts at once on the process backend against an LLM server in another process, and measures what the orchestrator itself
// costs: CPU a step, event-loop lag, memory. Usage: node scripts/bench/rollouts500.ts [rollouts=500] [steps=12]. Last line: one JSON object.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { checkPlan } from "../../src/compose/place.ts";
import { planOf, readPipeline } from "../../src/compose/plan.ts";
import { openPlannedRun } from "../../src/compose/runs.ts";
import { createWorld } from "../../src/compose/world.ts";

const [rollouts = 500, steps = 12] = process.argv.slice(2).map(Number);
const LATENCY_MS = 4000;
const RUN_MS_MAX = 900_000;
const MEBIBYTE = 1_048_576;

const folder = await mkdtemp(path.join(tmpdir(), "nightshift-bench-"));
const serverScript = fileURLToPath(new URL("./llmServer.ts", import.meta.url));
const server = spawn(
  process.execPath,
  [serverScript, "--port", "0", "--latency-ms", String(LATENCY_MS), "--steps", String(steps)],
  { stdio: ["ignore", "pipe", "inherit"] },
);

async function portOf(): Promise<number> {
  for await (const line of createInterface({ input: server.stdout })) {
    const port = /^listening (\d+)/.exec(line)?.[1];
    if (port !== undefined) return Number(port);
  }
  throw new Error("the LLM server ended before it listened");
}

let exitCode = 1;
try {
  const port = await portOf();
  const file = path.join(folder, "bench.yaml");
  await writeFile(
    file,
    `name: bench-rollouts
cells:
  tasks: [battle-of-sexes]
  models:
    - { name: server, wire: openai, model: bench, baseUrls: ["http://127.0.0.1:${port}/v1"], connectionsMax: ${rollouts} }
  sampling: [{ maxTokens: 512 }]
rollouts: { perCell: ${rollouts} }
limits: { steps: ${steps + 8}, actionSeconds: 300, wallSeconds: 3600 }
sandbox: { backend: process, unsafe: true }
concurrency: { rollouts: ${rollouts}, evaluations: 2 }
stages: { evaluate: { seeds: 1 }, filter: { outcomes: [submitted] } }
`,
  );
  const world = await createWorld();
  const { pipeline, text } = await readPipeline(file, []);
  const plan = await planOf(world, pipeline);
  const place = await checkPlan(world, plan);
  const run = await openPlannedRun(world, {
    directory: path.join(folder, "run"),
    plan,
    place,
    create: { text },
  });

  const lag = monitorEventLoopDelay({ resolution: 5 });
  lag.enable();
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  let rssMax = 0;
  let runningMax = 0;
  const sampler = setInterval(() => {
    rssMax = Math.max(rssMax, process.memoryUsage().rss);
    runningMax = Math.max(runningMax, run.progress().running);
  }, 500);
  const ending = await run.play(AbortSignal.timeout(RUN_MS_MAX));
  const seconds = (performance.now() - startedAt) / 1000;
  const cpu = process.cpuUsage(cpuBefore);
  lag.disable();
  clearInterval(sampler);

  const ended = [...run.state.rollouts.values()];
  const stepCounts = ended.map((rollout) => rollout.facts?.stepCount ?? 0);
  const stepCount = stepCounts.reduce((sum, count) => sum + count, 0);
  const errors = ended.filter((rollout) => rollout.outcome?.kind !== "submitted").length;
  const stats: unknown = await (await fetch(`http://127.0.0.1:${port}/stats`)).json();
  await run.close();
  const result = {
    rollouts: ended.length,
    atOnceMax: runningMax,
    errors,
    ending,
    stepsMin: Math.min(...stepCounts),
    stepCount,
    seconds: Number(seconds.toFixed(1)),
    stepsPerSecond: Number((stepCount / seconds).toFixed(1)),
    orchestratorCpuMsPerStep: Number(((cpu.user + cpu.system) / 1000 / stepCount).toFixed(2)),
    eventLoopLagP99Ms: Number((lag.percentile(99) / 1e6).toFixed(1)),
    rssMaxMb: Math.round(rssMax / MEBIBYTE),
    server: stats,
  };
  console.log(JSON.stringify(result));
  exitCode = errors === 0 && ended.length === rollouts ? 0 : 1;
} finally {
  server.kill();
  await once(server, "exit");
  await rm(folder, { recursive: true, force: true });
}
process.exit(exitCode);
