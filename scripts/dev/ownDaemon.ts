// A Docker daemon of a script's own: on its own socket, with its own folders and containerd, so that it can be killed and started again while
// the machine's daemon goes on. Needs root and dockerd.
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const START_MS_MAX = 60_000;
const STOP_MS_MAX = 60_000;
const ASK_EVERY_MS = 100;

export interface OwnDaemon extends AsyncDisposable {
  readonly socket: string;
  /** Runs the docker command against it; throws where that fails. */
  docker(...args: readonly string[]): string;
  /** Loads an image that the machine's own daemon has. */
  load(image: string): void;
  /** Ends it (SIGTERM: in good order) and starts it again on the same folders. */
  restart(signal: NodeJS.Signals): Promise<void>;
}

/** Starts one. With `liveRestore` its containers outlive it. Throws where it does not answer, with the end of its log. */
export async function startOwnDaemon(liveRestore: boolean): Promise<OwnDaemon> {
  if (process.getuid?.() !== 0) throw new Error("starting dockerd needs root");
  const folder = mkdtempSync("/var/tmp/nightshift-daemon-");
  const socket = path.join(folder, "docker.sock");
  let child: ChildProcess;

  const start = async () => {
    mkdirSync(path.join(folder, "exec"), { recursive: true });
    const log = openSync(path.join(folder, "log"), "a");
    // One that was killed leaves these behind, and its successor would wait for a process that is gone.
    for (const name of ["pid", "exec/containerd/containerd.pid"]) {
      const file = path.join(folder, name);
      if (existsSync(file) && hasEnded(readFileSync(file, "utf8").trim())) rmSync(file);
    }
    const options = [
      ...["-H", `unix://${socket}`, "--data-root", path.join(folder, "data")],
      ...["--exec-root", path.join(folder, "exec"), "--pidfile", path.join(folder, "pid")],
      ...[
        "--bridge",
        "none",
        "--iptables=false",
        "--shutdown-timeout",
        "2",
        ...(liveRestore ? ["--live-restore"] : []),
      ],
    ];
    child = spawn("dockerd", options, { stdio: ["ignore", log, log] });
    child.on("error", () => {});
    for (let waited = 0; waited < START_MS_MAX; waited += ASK_EVERY_MS) {
      await sleep(ASK_EVERY_MS);
      if (spawnSync("docker", ["-H", `unix://${socket}`, "version"], { stdio: "ignore" }).status === 0)
        return;
      if (child.exitCode !== null || child.pid === undefined) break;
    }
    throw new Error(
      `dockerd did not answer: ${readFileSync(path.join(folder, "log"), "utf8").slice(-2_000)}`,
    );
  };

  const end = async (signal: NodeJS.Signals) => {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill(signal);
    await Promise.race([exited, sleep(STOP_MS_MAX)]);
    if (child.exitCode === null && child.signalCode === null) {
      child.kill("SIGKILL");
      await exited;
    }
  };

  const clear = async () => {
    await end("SIGTERM");
    // Shims and containerds of containers that outlived it; their command lines name our folder.
    for (const pid of pidsNaming(folder)) process.kill(pid, "SIGKILL");
    await sleep(300);
    for (const line of readFileSync("/proc/mounts", "utf8").split("\n")) {
      const place = line.split(" ")[1] ?? "";
      if (place.startsWith(folder)) spawnSync("umount", ["-l", place]);
    }
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };

  const docker = (...args: readonly string[]) =>
    execFileSync("docker", ["-H", `unix://${socket}`, ...args], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });
  try {
    await start();
  } catch (error) {
    await clear();
    throw error;
  }
  return {
    socket,
    docker,
    load(image) {
      const piped = `docker save '${image}' | docker -H 'unix://${socket}' load`;
      execFileSync("bash", ["-o", "pipefail", "-c", piped], { stdio: "ignore" });
    },
    async restart(signal) {
      await end(signal);
      await start();
    },
    [Symbol.asyncDispose]: clear,
  };
}

/** Gone, or dead and not yet collected by whoever it fell to. */
function hasEnded(pid: string): boolean {
  try {
    return /^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return true;
  }
}

function pidsNaming(folder: string): readonly number[] {
  return readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      return readFileSync(`/proc/${name}/cmdline`, "utf8").includes(folder) ? [Number(name)] : [];
    } catch {
      return [];
    }
  });
}
