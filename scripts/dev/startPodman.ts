// Starts Podman's service in the background where none answers, for development machines and CI without systemd.
//   node scripts/dev/startPodman.ts [--socket PATH]
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { dirname, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";

const START_SECONDS_MAX = 30;
const STATE = "/var/run/nightshift-podman";
/** For machines without systemd. crun refuses cgroups of both versions at once, runc does not mind. */
const SETTINGS = ["[engine]", 'cgroup_manager = "cgroupfs"', 'events_logger = "file"'];

const { values } = parseArgs({ options: { socket: { type: "string", default: "/run/podman/podman.sock" } } });
const socket = resolve(values.socket);

if (await answers(socket)) {
  console.log(`A Podman service answers at ${socket}.`);
} else {
  await start();
}

async function start(): Promise<void> {
  if (process.getuid?.() !== 0) {
    fail("starting a system-wide Podman needs root; as a user: podman system service --time=0 &");
  }
  mkdirSync(STATE, { recursive: true });
  mkdirSync(dirname(socket), { recursive: true });
  const configuration = join(STATE, "containers.conf");
  const hasRunc = spawnSync("runc", ["--version"]).status === 0;
  writeFileSync(configuration, [...SETTINGS, ...(hasRunc ? ['runtime = "runc"'] : []), ""].join("\n"));
  const log = join(STATE, "podman.log");
  const output = openSync(log, "w");
  const child = spawn("podman", ["system", "service", "--time=0", `unix://${socket}`], {
    // It outlives the clone that it was started from, and starts no container in a folder that is gone.
    cwd: "/",
    detached: true,
    stdio: ["ignore", output, output],
    env: { ...process.env, CONTAINERS_CONF: configuration },
  });
  let failure: string | null = null;
  child.on("error", (error) => {
    failure = `podman could not be started (is it installed?): ${error.message}`;
  });
  child.on("exit", (code) => {
    failure = `podman ended with code ${code}: ${readFileSync(log, "utf8").trimEnd().split("\n").slice(-5).join("\n")}`;
  });
  for (let second = 0; second < START_SECONDS_MAX; second += 0.2) {
    await sleep(200);
    if (failure !== null) fail(failure);
    if (await answers(socket)) {
      console.log(`podman runs (pid ${child.pid}) at ${socket}; log: ${log}; end it with: kill ${child.pid}`);
      child.unref();
      process.exit(0);
    }
  }
  fail(`podman did not answer within ${START_SECONDS_MAX} s; its log: ${log}`);
}

function answers(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const call = request({ socketPath, path: "/_ping", timeout: 5000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    call.on("error", () => resolve(false));
    call.on("timeout", () => call.destroy());
    call.end();
  });
}

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}
