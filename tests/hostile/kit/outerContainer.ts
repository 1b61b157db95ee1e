// A container around this very program, for attacks on backends that bound too little themselves: what is "the host" to them is then the
// container, and all that they can damage goes with it.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url)).replace(/\/$/, "");
const IMAGE = "nightshift/python:latest";
/** With process numbers as high as on a machine that has run for a while: small ones mean something in every sandbox. */
const START = 'echo 20000 > /proc/sys/kernel/ns_last_pid; node "$@"; exit $?';
const RUN_MS_MAX = 1_800_000;

/**
 * Runs a script of this repository in a container without a network, with a gigabyte of memory, 400 processes and one core, and returns its
 * exit code. It may make namespaces there, as this program may here. Needs Docker and the image nightshift/python.
 */
export async function runContained(name: string, script: string, words: readonly string[]): Promise<number> {
  const child = spawn(
    "docker",
    [
      ...["run", "--rm", "--name", name, "--network", "none"],
      ...["--memory", "1g", "--memory-swap", "1g", "--pids-limit", "400", "--cpus", "1"],
      ...["--tmpfs", "/tmp:rw,exec,mode=1777,size=400m", "--shm-size", "32m", "--read-only"],
      ...["--cap-add", "SYS_ADMIN", "--security-opt", "seccomp=unconfined"],
      ...["--security-opt", "apparmor=unconfined", "--security-opt", "systempaths=unconfined"],
      ...["-v", `${ROOT}:${ROOT}:ro`, "-v", `${realpathSync(process.execPath)}:/usr/local/bin/node:ro`],
      ...["-w", ROOT, "--entrypoint", "/bin/sh", IMAGE, "-c", START, "sh", script, ...words],
    ],
    { stdio: ["ignore", "inherit", "inherit"] },
  );
  const timer = setTimeout(() => spawn("docker", ["kill", name], { stdio: "ignore" }), RUN_MS_MAX);
  const [code] = await once(child, "exit");
  clearTimeout(timer);
  return typeof code === "number" ? code : 1;
}
