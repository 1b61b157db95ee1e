// What this machine can do and enforce, found by asking and trying. Nothing is kept of it, and nothing is installed.
import { execFile } from "node:child_process";
import { readdir, readFile, statfs } from "node:fs/promises";
import { availableParallelism, freemem, tmpdir, totalmem } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { errorText } from "../core/errors.ts";
import type { Capabilities } from "../core/sandbox.ts";
import { type BackendName, NO_BLOBS, namedBackend, pythonOf, treesOf } from "./backends.ts";
import { type Check, missing, ok, warn } from "./check.ts";
import { processLimit } from "./openFiles.ts";
import type { World } from "./world.ts";

const PROGRAM_TIMEOUT_MS = 10_000;
const GIBIBYTE = 2 ** 30;
const DISK_WANTED_BYTES = 5 * GIBIBYTE;
const DISK_NEEDED_BYTES = GIBIBYTE / 2;
const MEMORY_WANTED_BYTES = 2 * GIBIBYTE;
const FILES_WANTED = 4096;
const PROCESSES_WANTED = 2048;

const program = promisify(execFile);

/** Every check of the machine, in the order in which a reader wants them. */
export async function machineChecks(world: World): Promise<readonly Check[]> {
  const backends = {
    bubblewrap: await backendCheck(world, "bubblewrap"),
    process: await backendCheck(world, "process"),
    docker: await backendCheck(world, "docker"),
    podman: await backendCheck(world, "podman"),
  };
  return [
    ok("node", `${process.version} at ${process.execPath}`),
    await pythonCheck(world),
    processorCheck(),
    memoryCheck(),
    await diskCheck("disk of output/", path.resolve("output")),
    await diskCheck("disk of temporary files", tmpdir()),
    ...(await limitChecks()),
    await cgroupCheck(backends.bubblewrap.capabilities),
    backends.bubblewrap.check,
    await treesCheck(world),
    backends.process.check,
    backends.docker.check,
    backends.podman.check,
    await gpuCheck(),
  ];
}

interface Found {
  readonly check: Check;
  readonly capabilities: Capabilities | null;
}

const INSTALL: Readonly<Record<BackendName, string>> = {
  bubblewrap:
    "apt-get install bubblewrap (0.8 or newer), and allow user namespaces where the system forbids them; or name another backend",
  process: "install python3 >= 3.8, or set NIGHTSHIFT_PYTHON to one that every user may run",
  docker:
    "start a Docker daemon (in a clone: `npm run dockerd`), or name its socket in NIGHTSHIFT_DOCKER_SOCKET; only needed for sandbox.backend: docker",
  podman:
    "`podman system service --time=0 &` (in a clone: `npm run podman`), or name its socket in NIGHTSHIFT_PODMAN_SOCKET; only needed for sandbox.backend: podman",
};

async function backendCheck(world: World, name: BackendName): Promise<Found> {
  const backend = namedBackend(world, name, null, NO_BLOBS);
  try {
    const capabilities = await backend.probe();
    return { capabilities, check: capabilityCheck(name, capabilities) };
  } catch (error) {
    return { capabilities: null, check: missing(name, errorText(error), INSTALL[name]) };
  } finally {
    await backend.close();
  }
}

function capabilityCheck(name: BackendName, capabilities: Capabilities): Check {
  const { cpu, memory, pids, disk, network, hostFiles } = capabilities;
  const held = { memory, cpu, processes: pids, disk, network, "host files": hostFiles };
  const words = Object.entries(held).map(([what, level]) => `${what} ${level}`);
  const detail = `${capabilities.isolation === "none" ? "no walls" : capabilities.isolation}: ${words.join(", ")}`;
  const open = Object.entries(held).filter(([, level]) => level === "none");
  if (open.length === 0) return ok(name, detail);
  const what = open.map(([key]) => key).join(", ");
  return warn(name, detail, `nothing bounds ${what} there; another backend may`);
}

async function pythonCheck(world: World): Promise<Check> {
  const python = pythonOf(world);
  const script =
    "import sys; print(sys.version.split()[0], sys.executable); sys.exit(sys.version_info < (3, 8))";
  try {
    const { stdout } = await program(python, ["-I", "-c", script], { timeout: PROGRAM_TIMEOUT_MS });
    return ok("python", stdout.trim().replace(" ", " at "));
  } catch (error) {
    return missing("python", `${python}: ${errorText(error)}`, INSTALL.process);
  }
}

function processorCheck(): Check {
  return ok("processors", `${availableParallelism()} for this process`);
}

function memoryCheck(): Check {
  const detail = `${gibibytes(totalmem())} in all, ${gibibytes(freemem())} free`;
  return totalmem() >= MEMORY_WANTED_BYTES
    ? ok("memory", detail)
    : warn(
        "memory",
        detail,
        "set concurrency.rollouts low: a sandbox takes 10 MB and what its task's code needs",
      );
}

async function diskCheck(name: string, wanted: string): Promise<Check> {
  // The folder may be made only later: what counts is where it would lie.
  for (let folder = wanted; ; folder = path.dirname(folder)) {
    const found = await statfs(folder).catch(() => null);
    if (found === null && folder !== path.dirname(folder)) continue;
    if (found === null)
      return missing(name, `${wanted} cannot be looked at`, "choose another folder with --out");
    const free = found.bavail * found.bsize;
    const detail = `${gibibytes(free)} free at ${folder}`;
    const remedy = "make room, or choose another folder (--out for runs, TMPDIR for temporary files)";
    if (free < DISK_NEEDED_BYTES) return missing(name, detail, remedy);
    return free < DISK_WANTED_BYTES ? warn(name, detail, remedy) : ok(name, detail);
  }
}

async function limitChecks(): Promise<readonly Check[]> {
  const check = (name: string, value: number, wanted: number, flag: string) =>
    value >= wanted
      ? ok(name, Number.isFinite(value) ? String(value) : "no limit")
      : warn(name, String(value), `ulimit -${flag} ${wanted} before a run with many rollouts at once`);
  return [
    check("open files", await processLimit("Max open files"), FILES_WANTED, "n"),
    check("processes", await processLimit("Max processes"), PROCESSES_WANTED, "u"),
  ];
}

async function cgroupCheck(bubblewrap: Capabilities | null): Promise<Check> {
  const mounts = await readFile("/proc/self/mountinfo", "utf8").catch(() => "");
  const hasFirst = / - cgroup /.test(mounts);
  const hasSecond = / - cgroup2 /.test(mounts);
  const version = hasFirst
    ? hasSecond
      ? "version 1 (hybrid)"
      : "version 1"
    : hasSecond
      ? "version 2"
      : "none";
  if (bubblewrap?.memory === "enforced") return ok("cgroups", `${version}, own ones can be made`);
  return warn(
    "cgroups",
    `${version}, none of our own`,
    "memory and CPU of bubblewrap sandboxes are not bounded; run as root, in a delegated cgroup (systemd-run --user -p Delegate=yes), or use docker",
  );
}

async function treesCheck(world: World): Promise<Check> {
  const folder = treesOf(world);
  const names = await readdir(folder).catch(() => []);
  const images = names.flatMap((name) => /^(.+)\.nightshift-image\.json$/.exec(name)?.[1] ?? []);
  if (images.length > 0) return ok("image trees", `${images.join(", ")} in ${folder}`);
  return warn(
    "image trees",
    `none in ${folder}: bubblewrap sandboxes use this machine's own /usr, read-only`,
    "with Docker or Podman: `nightshift images build --trees`",
  );
}

async function gpuCheck(): Promise<Check> {
  const query = ["--query-gpu=name,memory.total,driver_version", "--format=csv,noheader"];
  try {
    const { stdout } = await program("nvidia-smi", query, { timeout: PROGRAM_TIMEOUT_MS });
    const found = stdout
      .trim()
      .split("\n")
      .filter((line) => line !== "");
    if (found.length > 0) return ok("gpus", found.join("; "));
    return warn("gpus", "nvidia-smi lists none", "check the driver, where a task needs one");
  } catch (error) {
    if (errorText(error).includes("ENOENT"))
      return ok("gpus", "none (no nvidia-smi); no shipped task needs one");
    return warn("gpus", errorText(error), "check the driver with nvidia-smi, where a task needs one");
  }
}

function gibibytes(bytes: number): string {
  return `${(bytes / GIBIBYTE).toFixed(1)} GiB`;
}
