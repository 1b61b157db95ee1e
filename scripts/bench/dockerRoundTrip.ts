// What an action costs: our persistent shell in a container beside one `docker exec` per action, in one run.
//   node scripts/bench/dockerRoundTrip.ts [--socket PATH] [--image NAME] [--actions N] [--execs N]
// The last line is one JSON object.
import { mkdtempSync, rmSync } from "node:fs";
import { finished } from "node:stream/promises";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import Docker from "dockerode";
import type { BlobStore } from "../../src/core/sandbox.ts";
import { dockerBackend } from "../../src/sandbox/docker/docker.ts";

const TARGET_RATIO = 20;
const WARM_UP_COUNT = 10;

const { values } = parseArgs({
  options: {
    socket: { type: "string", default: "/var/run/docker.sock" },
    image: { type: "string", default: "python" },
    actions: { type: "string", default: "1000" },
    execs: { type: "string", default: "100" },
  },
});

const none: BlobStore = {
  put: () => Promise.reject(new Error("not used")),
  get: () => Promise.reject(new Error("not used")),
  has: () => Promise.resolve(false),
};

const socketRoot = mkdtempSync("/tmp/nsb");
const backend = dockerBackend({
  name: "local",
  connection: { socketPath: values.socket },
  blobs: none,
  clock: {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    sleep: (ms, signal) => pause(ms, undefined, signal ? { signal } : {}),
  },
  log: { info: () => {}, warn: (event, fields) => console.warn(event, fields) },
  socketRoot,
});

try {
  await backend.checkImage(values.image);
  const spec = {
    runId: "bench",
    owner: "dockerRoundTrip",
    purpose: "rollout" as const,
    image: values.image,
    files: [],
    mounts: [],
    limits: { cpus: 1, memoryMb: 256, pids: 64, diskMb: 64, lifetimeMs: 600_000 },
    env: {},
    network: false,
    orphanTtlMs: 60_000,
  };
  await using sandbox = await backend.create(spec, new AbortController().signal);
  const options = { timeoutMs: 60_000, outputBytesMax: 1000 };
  let actionCount = 0;
  const shell = await timed(Number(values.actions), async () => {
    const { exitCode } = await sandbox.shell(`action ${actionCount++}`, ":", options);
    if (exitCode !== 0) throw new Error(`the action ended with ${exitCode}`);
  });

  // The same container, so that nothing but the way in differs.
  const container = new Docker({ socketPath: values.socket }).getContainer(sandbox.handle.id);
  const exec = await timed(Number(values.execs), async () => {
    const created = await container.exec({ Cmd: ["true"], AttachStdout: true, AttachStderr: true });
    const stream = await created.start({});
    stream.resume();
    await finished(stream);
    // The stream may end before the daemon knows the exit code.
    for (;;) {
      const { Running, ExitCode } = await created.inspect();
      if (Running) continue;
      if (ExitCode !== 0) throw new Error(`exec ended with ${ExitCode}`);
      return;
    }
  });

  const ratio = exec.p50Ms / shell.p50Ms;
  console.log(`supervisor: ${shell.count} actions, p50 ${shell.p50Ms} ms, p99 ${shell.p99Ms} ms`);
  console.log(`docker exec: ${exec.count} actions, p50 ${exec.p50Ms} ms, p99 ${exec.p99Ms} ms`);
  console.log(`ratio of the medians: ${ratio.toFixed(1)} (target ${TARGET_RATIO})`);
  console.log(
    JSON.stringify({
      bench: "dockerRoundTrip",
      shell,
      dockerExec: exec,
      ratioP50: round(ratio),
      ratioP99: round(exec.p99Ms / shell.p99Ms),
      targetRatio: TARGET_RATIO,
      reached: ratio >= TARGET_RATIO,
    }),
  );
  process.exitCode = ratio >= TARGET_RATIO ? 0 : 1;
} finally {
  rmSync(socketRoot, { recursive: true, force: true });
}

async function timed(
  count: number,
  action: () => Promise<void>,
): Promise<{
  readonly count: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly perSecond: number;
}> {
  for (let index = 0; index < WARM_UP_COUNT; index += 1) await action();
  const taken: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const start = performance.now();
    await action();
    taken.push(performance.now() - start);
  }
  const total = taken.reduce((sum, ms) => sum + ms, 0);
  taken.sort((a, b) => a - b);
  const at = (share: number): number => round(taken[Math.min(count - 1, Math.floor(count * share))] ?? 0);
  return { count, p50Ms: at(0.5), p99Ms: at(0.99), perSecond: round((count / total) * 1000) };
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
