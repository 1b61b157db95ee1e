// A second Docker daemon on loopback TCP that cannot see a folder of this machine: as good as another machine. Started and
// ended by the test; skipped aloud where that takes more rights than there are.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import Docker from "dockerode";
import { clock } from "./ground.ts";

const START_SECONDS_MAX = 60;
const STOP_MS_MAX = 30_000;

export interface SecondDocker {
  readonly host: string;
  readonly port: number;
  readonly docker: Docker;
  stop(): Promise<void>;
}

/** Starts it with the image loaded; `hidden` is empty for it, whatever it holds here. Throws where it cannot. */
export async function startSecondDocker(hidden: string, image: string): Promise<SecondDocker> {
  if (process.getuid?.() !== 0) throw new Error("starting dockerd needs root");
  const folder = mkdtempSync("/var/tmp/nsd2");
  mkdirSync(join(folder, "exec"));
  const port = await freePort();
  const logPath = join(folder, "log");
  const log = openSync(logPath, "w");
  const options = [
    ...["--data-root", join(folder, "data"), "--exec-root", join(folder, "exec")],
    ...["--pidfile", join(folder, "pid"), "-H", `unix://${join(folder, "docker.sock")}`],
    ...["--host", `tcp://127.0.0.1:${port}`, "--tls=false"],
    ...["--bridge", "none", "--iptables=false"],
  ];
  const script = 'mount -t tmpfs none "$1"; shift; exec dockerd "$@"';
  const child = spawn("unshare", ["--mount", "sh", "-c", script, "sh", hidden, ...options], {
    stdio: ["ignore", log, log],
  });
  const docker = new Docker({ host: "127.0.0.1", port, protocol: "http" });
  const stop = async () => {
    await end(child);
    // What its containers had mounted is gone with its mount namespace.
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    for (let second = 0; ; second += 0.2) {
      if (child.exitCode !== null || second > START_SECONDS_MAX) {
        throw new Error(`the second dockerd does not answer: ${readFileSync(logPath, "utf8").slice(-2000)}`);
      }
      if (
        await docker.ping().then(
          () => true,
          () => false,
        )
      )
        break;
      await clock.sleep(200);
    }
    const archive = join(folder, "image.tar");
    execFileSync("docker", ["save", image, "-o", archive]);
    execFileSync("docker", ["-H", `tcp://127.0.0.1:${port}`, "load", "-i", archive], { stdio: "ignore" });
    rmSync(archive);
    return { host: "127.0.0.1", port, docker, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  await Promise.race([exited, clock.sleep(STOP_MS_MAX)]);
  if (child.exitCode === null && child.signalCode === null) {
    child.kill("SIGKILL");
    await exited;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  return typeof address === "object" && address ? address.port : 0;
}
