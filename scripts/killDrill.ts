// Plays a run over a Docker daemon of its own against an LLM double that counts what it sold, and kills with SIGKILL, in turn, the
// orchestrator (resumed each time), a sandbox's supervisor, its shell, and the daemon (started again). At the end: every key once, and
// sold − journaled = the calls that the ledger says were in flight at the kills. Needs root and Docker with the image nightshift/python.
// Usage: node scripts/killDrill.ts [kills=50] [rollouts=40]. Last line: one JSON object.
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, openSync, readFileSync } from "node:fs";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { fold } from "../src/core/runState.ts";
import { readRun } from "../src/store/readRun.ts";
import { startDouble } from "./bench/startDouble.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const IMAGE = "nightshift/python:latest";
const BETWEEN_KILLS_MS = 1_500;
const DAEMON_START_MS_MAX = 60_000;
const RUN_MS_MAX = 1_500_000;
/** One kill in so many is of this kind; they take turns. */
const KINDS = ["orchestrator", "supervisor", "bash", "orchestrator", "supervisor", "daemon"] as const;

const [kills = 50, rollouts = 40] = process.argv.slice(2).map(Number);
const folder = await mkdtemp(path.join(tmpdir(), "nightshift-drill-"));
const daemonFolder = await mkdtemp("/var/tmp/nightshift-drill-");
const socket = path.join(daemonFolder, "docker.sock");
const containerdSocket = path.join(daemonFolder, "containerd.sock");
const directory = path.join(folder, "run");
const startedAt = performance.now();

function inBackground(command: string, args: readonly string[]): ChildProcess {
  const log = openSync(path.join(daemonFolder, "log"), "a");
  return spawn(command, args, { stdio: ["ignore", log, log] });
}

async function answers(child: ChildProcess, command: string, args: readonly string[]): Promise<void> {
  for (let waited = 0; waited < DAEMON_START_MS_MAX && child.exitCode === null; waited += 250) {
    await sleep(250);
    if (spawnSync(command, args, { stdio: "ignore" }).status === 0) return;
  }
  const log = readFileSync(path.join(daemonFolder, "log"), "utf8");
  throw new Error(`${child.spawnfile} did not answer: ${log.slice(-2_000)}`);
}

/** As a distribution starts it: a service of its own, which a killed dockerd does not take along. */
async function startContainerd(): Promise<ChildProcess> {
  const file = path.join(daemonFolder, "containerd.toml");
  await writeFile(file, `version = 2\ndisabled_plugins = ["io.containerd.grpc.v1.cri"]\n`);
  const child = inBackground("containerd", [
    ...["--config", file, "--address", containerdSocket],
    ...[
      "--root",
      path.join(daemonFolder, "containerd"),
      "--state",
      path.join(daemonFolder, "containerd-state"),
    ],
  ]);
  await answers(child, "ctr", ["--address", containerdSocket, "version"]);
  return child;
}

async function startDaemon(): Promise<ChildProcess> {
  const child = inBackground("dockerd", [
    ...["-H", `unix://${socket}`, "--data-root", path.join(daemonFolder, "data")],
    ...["--exec-root", path.join(daemonFolder, "exec"), "--pidfile", path.join(daemonFolder, "pid")],
    ...["--containerd", containerdSocket, "--bridge", "none", "--iptables=false", "--live-restore"],
  ]);
  await answers(child, "docker", ["-H", `unix://${socket}`, "version"]);
  return child;
}

function nightshift(args: readonly string[]): { child: ChildProcess; exited: Promise<number | null> } {
  const child = spawn(process.execPath, [path.join(ROOT, "bin/nightshift.js"), ...args], {
    cwd: ROOT,
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, NIGHTSHIFT_DOCKER_SOCKET: socket },
  });
  return { child, exited: once(child, "exit").then(([code]) => (typeof code === "number" ? code : null)) };
}

/** Processes of this machine by what their command line holds. */
async function pidsOf(isWanted: (words: string, name: string) => boolean): Promise<readonly number[]> {
  const pids: number[] = [];
  for (const entry of await readdir("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const words = readFileSync(`/proc/${entry}/cmdline`, "utf8").replaceAll("\0", " ");
      if (isWanted(words, readFileSync(`/proc/${entry}/comm`, "utf8").trim())) pids.push(Number(entry));
    } catch {
      // It ended meanwhile.
    }
  }
  return pids;
}

/** The first processes of our daemon's containers, as this machine sees them. */
function containerPids(): readonly number[] {
  const docker = (...args: string[]) =>
    execFileSync("docker", ["-H", `unix://${socket}`, ...args], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    })
      .split("\n")
      .filter((line) => line !== "");
  try {
    const ids = docker("ps", "-q", "--filter", "label=nightshift.run");
    return ids.length === 0 ? [] : docker("inspect", "-f", "{{.State.Pid}}", ...ids).map(Number);
  } catch {
    return [];
  }
}

function childrenOf(parent: number): readonly number[] {
  try {
    return readFileSync(`/proc/${parent}/task/${parent}/children`, "utf8").trim().split(" ").map(Number);
  } catch {
    return [];
  }
}

const killed = { orchestrator: 0, supervisor: 0, bash: 0, daemon: 0 };
let exitCode = 1;
const containerd = await startContainerd();
let daemon = await startDaemon();
await using double = await startDouble({ "latency-ms": 600, sigma: 0.4, steps: 12 });
try {
  execFileSync("sh", ["-c", `docker save ${IMAGE} | docker -H unix://${socket} load`], { stdio: "ignore" });
  const file = path.join(folder, "drill.yaml");
  await writeFile(
    file,
    `name: kill-drill
cells:
  tasks: [battle-of-sexes]
  models: [{ name: double, wire: openai, model: bench, baseUrls: ["${double.baseUrl}"] }]
rollouts: { perCell: ${rollouts} }
limits: { steps: 20, actionSeconds: 60 }
sandbox: { backend: docker }
concurrency: { rollouts: 4, evaluations: 1 }
stages: { generate: { retriesMax: 10 }, evaluate: { seeds: 1 }, filter: { outcomes: [submitted] } }
tripwires: { failedRollouts: null, deadSandboxes: null }
`,
  );
  let run = nightshift(["run", file, "--out", directory]);
  let over = false;
  const watch = (of: typeof run) =>
    of.exited.then((code) => {
      over = of === run && code !== null;
    });
  watch(run);
  // A kill finds rollouts under way: never a session that is only starting.
  const callCount = () => {
    const ledger = path.join(directory, "ledger.jsonl");
    return existsSync(ledger) ? readFileSync(ledger, "utf8").split('"call-started"').length - 1 : 0;
  };
  const underWay = async (before: number) => {
    while (!over && callCount() <= before) await sleep(200);
  };
  await underWay(0);
  const total = () => Object.values(killed).reduce((sum, count) => sum + count, 0);
  for (let turn = 0; total() < kills && !over && performance.now() - startedAt < RUN_MS_MAX; turn++) {
    await sleep(BETWEEN_KILLS_MS);
    const kind = KINDS[turn % KINDS.length] ?? "orchestrator";
    if (kind === "orchestrator") {
      run.child.kill("SIGKILL");
      await run.exited;
      killed.orchestrator += 1;
      const before = callCount();
      run = nightshift(["resume", directory]);
      over = false;
      watch(run);
      await underWay(before);
    } else if (kind === "daemon") {
      daemon.kill("SIGKILL");
      await once(daemon, "exit");
      killed.daemon += 1;
      daemon = await startDaemon();
    } else {
      const pids = containerPids();
      const pid = kind === "supervisor" ? pids[turn % Math.max(1, pids.length)] : pids.flatMap(childrenOf)[0];
      if (pid === undefined || pid === 0) continue;
      try {
        process.kill(pid, "SIGKILL");
        killed[kind] += 1;
      } catch {
        // It ended meanwhile.
      }
    }
  }
  let code = await run.exited;
  // A kill near the end may leave owed rollouts: one more resume, undisturbed, ends them.
  if (code !== 0) code = await nightshift(["resume", directory]).exited;

  const { state, archive, events } = await readRun(directory);
  let journaled = 0;
  let twice = 0;
  const ends = events.filter(({ kind }) => kind === "rollout-ended").length;
  for (const rollout of state.rollouts.values()) {
    if (rollout.archive === null) continue;
    const { steps } = await archive.read(rollout.archive);
    journaled += steps.length;
    twice += steps.length - new Set(steps.map(({ reply }) => reply.requestId)).size;
  }
  // Steps of tries that were begun anew are journaled too: the ledger has their number.
  const again = events.reduce(
    (sum, event) => sum + (event.kind === "rollout-retried" ? event.stepCount : 0),
    0,
  );
  // A request that a provider took is sold, whether or not its reply found anyone.
  const { requests: sold = 0, replies: delivered = 0 } = await double.stats();
  const resumed = [...fold(events).resumed.entries()];
  const lost =
    resumed.reduce((sum, [, { lostCallCount }]) => sum + lostCallCount, 0) +
    events.reduce((sum, event) => sum + (event.kind === "rollout-retried" ? event.lostCallCount : 0), 0);
  const result = {
    kills: total(),
    ...killed,
    exit: code,
    rollouts: state.rollouts.size,
    endedOnce: ends === state.rollouts.size,
    outcomes: Object.fromEntries(
      [...Map.groupBy(state.rollouts.values(), ({ outcome }) => outcome?.kind ?? "owed")].map(
        ([kind, list]) => [kind, list.length],
      ),
    ),
    sold,
    delivered,
    journaled: journaled + again,
    soldLessJournaled: sold - journaled - again,
    inFlightAtKills: lost,
    stepsBoughtAgain: again,
    repliesTwice: twice,
    takenUp: resumed.reduce((sum, [, { times }]) => sum + times, 0),
    attached: resumed.reduce((sum, [, { attached }]) => sum + attached, 0),
    containersLeft: containerPids().length,
    seconds: Math.round((performance.now() - startedAt) / 1000),
  };
  console.log(JSON.stringify(result));
  const holds =
    result.endedOnce &&
    twice === 0 &&
    again === 0 &&
    result.containersLeft === 0 &&
    total() >= kills &&
    // The ledger names a call before it goes out: a kill in between loses one that was never sold.
    result.soldLessJournaled <= lost &&
    lost - result.soldLessJournaled <= killed.orchestrator;
  exitCode = holds ? 0 : 1;
} finally {
  for (const child of [daemon, containerd]) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill("SIGTERM");
    await once(child, "exit");
  }
  for (const pid of await pidsOf((words) => words.includes(daemonFolder))) process.kill(pid, "SIGKILL");
  await sleep(500);
  for (const mount of readFileSync("/proc/mounts", "utf8").split("\n")) {
    const place = mount.split(" ")[1] ?? "";
    if (place.startsWith(daemonFolder)) spawnSync("umount", ["-l", place]);
  }
  await rm(daemonFolder, { recursive: true, force: true, maxRetries: 5 });
  if (exitCode === 0) await rm(folder, { recursive: true, force: true });
  else console.error(`the run is kept at ${directory}`);
}
process.exit(exitCode);
