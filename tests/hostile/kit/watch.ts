// Watches one sandbox from the host while it is attacked: how many processes and how much memory it has, whether its cgroup keeps it
// within them, and how much of the host's disk is taken.
import { existsSync, readFileSync } from "node:fs";
import { lstat, readdir } from "node:fs/promises";
import path from "node:path";
import Docker from "dockerode";
import { z } from "zod";
import type { Sandbox, SandboxLimits } from "../../../src/core/sandbox.ts";
import { hierarchies } from "../../../src/sandbox/cgroupFiles.ts";
import type { Ground } from "./ground.ts";
import { processesOf, type SandboxRoot, sandboxRoot } from "./sandboxPids.ts";

const LOOK_MS = 100;
/** The supervisor and what is on its way out. */
const PROCESSES_SLACK = 4;
/** The sandbox's own file systems count as its memory, and its supervisor does. */
const MEMORY_SLACK_MB = 48;
const TEMPORARY_MB_MAX = 64;
/** A socket, a settings file, the compiled supervisor. */
const HOST_DISK_MB_MAX = 4;
const MEBIBYTE = 1 << 20;

export interface Watch {
  readonly root: SandboxRoot | null;
  /** The cgroup folders that the sandbox alone is in. */
  readonly cgroups: readonly string[];
  /** What went beyond the limits, a sentence each, and the highest figures. Ends the watch. */
  stop(): Promise<{ readonly effects: readonly string[]; readonly peaks: string }>;
}

export async function watchSandbox(ground: Ground, sandbox: Sandbox, limits: SandboxLimits): Promise<Watch> {
  const root = await sandboxRoot(sandbox.handle, ground.engineSocket);
  const cgroups = root === null ? [] : await cgroupsOf(root.pid);
  const peak = { processes: 0, residentMb: 0, countedMb: 0, diskMb: 0 };
  const look = async () => {
    if (root === null) return;
    const living = processesOf(root);
    peak.processes = Math.max(peak.processes, living.length);
    peak.residentMb = Math.max(
      peak.residentMb,
      living.reduce((sum, { residentMb }) => sum + residentMb, 0),
    );
    // Each time: the count goes with a sandbox that does not survive its attack.
    peak.countedMb = Math.max(peak.countedMb, peakMemoryMb(cgroups) ?? 0);
    // A sandbox of plain processes has its workspace here, which its own limit is about.
    peak.diskMb = Math.max(peak.diskMb, await sizeMb(path.join(ground.scratch, "s")));
  };
  let looking = true;
  const round = (async () => {
    while (looking) {
      await look();
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  })();
  return {
    root,
    cgroups,
    async stop() {
      looking = false;
      await round;
      await look();
      const memoryMb = peak.countedMb > 0 ? peak.countedMb : peak.residentMb;
      const filesMb = limits.diskMb + 2 * Math.min(TEMPORARY_MB_MAX, limits.diskMb);
      const ownDiskMb = HOST_DISK_MB_MAX + (ground.name === "process-open" ? limits.diskMb : 0);
      const layerMb = await writtenLayerMb(ground, sandbox);
      const effects = [
        ...(peak.processes > limits.pids + PROCESSES_SLACK
          ? [`${peak.processes} processes where ${limits.pids} are allowed`]
          : []),
        ...(memoryMb > limits.memoryMb + filesMb + MEMORY_SLACK_MB
          ? [
              `${Math.round(memoryMb)} MB of memory where ${limits.memoryMb} and ${filesMb} of files are allowed`,
            ]
          : []),
        ...(peak.diskMb > ownDiskMb ? [`${Math.round(peak.diskMb)} MB of the host's disk were taken`] : []),
        ...(layerMb > 1 ? [`${Math.round(layerMb)} MB were written to the container's layer`] : []),
      ];
      const figures = `${peak.processes} processes, ${Math.round(memoryMb)} MB, ${peak.diskMb.toFixed(1)} MB of disk`;
      return { effects, peaks: figures };
    },
  };
}

/** The memory that a cgroup has had at most; null where no cgroup is the sandbox's own. */
function peakMemoryMb(cgroups: readonly string[]): number | null {
  for (const folder of cgroups) {
    for (const name of ["memory.max_usage_in_bytes", "memory.peak"]) {
      const file = path.join(folder, name);
      if (existsSync(file)) return Number(readFileSync(file, "utf8")) / MEBIBYTE;
    }
  }
  return null;
}

async function cgroupsOf(pid: number): Promise<readonly string[]> {
  const own = readFileSync("/proc/self/cgroup", "utf8").split("\n");
  const lines = readFileSync(`/proc/${pid}/cgroup`, "utf8").split("\n");
  const folders = [];
  for (const { controllers, version, mountPoint } of await hierarchies()) {
    const line = lines.find((text) => {
      const names = (text.split(":")[1] ?? "").split(",");
      return version === 2 ? text.startsWith("0::") : controllers.some((name) => names.includes(name));
    });
    if (line === undefined || own.includes(line)) continue;
    folders.push(path.join(mountPoint, line.split(":").slice(2).join(":")));
  }
  return folders;
}

async function writtenLayerMb(ground: Ground, sandbox: Sandbox): Promise<number> {
  if (ground.engineSocket === null) return 0;
  const engine = new Docker({ socketPath: ground.engineSocket });
  const filters = { id: [sandbox.handle.id] };
  const [seen] = sizesSchema.parse(await engine.listContainers({ all: true, size: true, filters }));
  return (seen?.SizeRw ?? 0) / MEBIBYTE;
}
const sizesSchema = z.array(z.looseObject({ SizeRw: z.number().optional() }));

/** The blocks that a folder takes on the host's disk. */
async function sizeMb(folder: string): Promise<number> {
  let sum = 0;
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
    const name = path.join(folder, entry.name);
    if (entry.isDirectory()) sum += await sizeMb(name);
    else sum += ((await lstat(name).catch(() => null))?.blocks ?? 0) * (512 / MEBIBYTE);
  }
  return sum;
}
