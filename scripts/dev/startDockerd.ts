// Starts a Docker daemon in the background where none answers, for development machines and CI without systemd.
//   node scripts/dev/startDockerd.ts [--socket PATH] [--data FOLDER]
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, openSync, readFileSync, rmSync } from "node:fs";
import { request } from "node:http";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";

const START_SECONDS_MAX = 60;

const { values } = parseArgs({
  options: {
    socket: { type: "string", default: "/var/run/docker.sock" },
    data: { type: "string", default: "/var/lib/docker" },
  },
});
const [socket, data] = [resolve(values.socket), resolve(values.data)];

if (await answers(socket)) {
  console.log(`A Docker daemon answers at ${socket}.`);
} else {
  await start();
}

async function start(): Promise<void> {
  if (process.getuid?.() !== 0) fail("starting dockerd needs root");
  const state = "/var/run/nightshift-dockerd";
  const exec = join(state, "exec");
  const log = join(state, "dockerd.log");
  mkdirSync(exec, { recursive: true });
  // A daemon that was killed leaves these behind, and its successor would wait for a process that is gone.
  for (const leftover of [join(state, "pid"), join(exec, "containerd", "containerd.pid")]) {
    if (existsSync(leftover) && !runs(Number(readFileSync(leftover, "utf8")))) rmSync(leftover);
  }
  const output = openSync(log, "w");
  const options = ["--data-root", data, "--exec-root", exec, "--pidfile", join(state, "pid")];
  const child = spawn(
    "dockerd",
    ["-H", `unix://${socket}`, ...options, "--bridge", "none", "--iptables=false", "--live-restore"],
    // It outlives the clone that it was started from.
    { cwd: "/", detached: true, stdio: ["ignore", output, output] },
  );
  let failure: string | null = null;
  child.on("error", (error) => {
    failure = `dockerd could not be started (is docker.io installed?): ${error.message}`;
  });
  child.on("exit", (code) => {
    failure = `dockerd ended with code ${code}; its last words in ${log}:\n${tail(log)}`;
  });
  for (let second = 0; second < START_SECONDS_MAX; second += 0.5) {
    await sleep(500);
    if (failure !== null) fail(failure);
    if (await answers(socket)) {
      console.log(
        `dockerd runs (pid ${child.pid}) at ${socket}; log: ${log}; end it with: kill ${child.pid}`,
      );
      child.unref();
      process.exit(0);
    }
  }
  fail(`dockerd did not answer within ${START_SECONDS_MAX} s; its last words in ${log}:\n${tail(log)}`);
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

function runs(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

function tail(path: string): string {
  return readFileSync(path, "utf8").trimEnd().split("\n").slice(-10).join("\n");
}

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}
