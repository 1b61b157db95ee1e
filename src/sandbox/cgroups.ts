// Cgroups of our own for sandboxes that no container engine limits: of version 1 by hand, of version 2 where a part of the
// tree may be ours. What works is found out by trying.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { SandboxLimits } from "../core/sandbox.ts";
import { CGROUP_PREFIX, type Hierarchy, removeCgroups } from "./cgroupFiles.ts";

const MEBIBYTE = 1 << 20;
const PERIOD_US = 100_000;
/** What of a sandbox is not the agent's: the process that waits outside it. */
const OUTER_PROCESSES = 1;

export interface Cgroup {
  /** Whoever writes its process id into each of these is limited. */
  readonly entrances: readonly string[];
  /** Folders with counters, and where a supervisor looks for them. */
  readonly counters: readonly { readonly source: string; readonly target: string }[];
  remove(): Promise<void>;
}

export interface Cgroups {
  readonly version: 1 | 2;
  readonly limits: { readonly cpu: boolean; readonly memory: boolean; readonly pids: boolean };
  /** A cgroup with these limits; `extraMb` is what else counts as its memory. */
  make(name: string, limits: SandboxLimits, extraMb: number): Promise<Cgroup>;
  close(): Promise<void>;
}

/** A place for our cgroups: the folders that would be made, and how to make them. Trying it may fail. */
export interface CgroupPlan {
  readonly paths: readonly string[];
  open(): Promise<Cgroups>;
}

/** The places to try, best first. `name` is unique on this machine. */
export function cgroupPlans(found: readonly Hierarchy[], name: string): readonly CgroupPlan[] {
  const folderName = `${CGROUP_PREFIX}${name}`;
  const first = found.filter(({ version, controllers }) => version === 1 && controllers.length > 0);
  const folders = new Map<string, string>();
  for (const controller of ["memory", "pids", "cpu", "cpuacct"]) {
    const hierarchy = first.find(({ controllers }) => controllers.includes(controller));
    if (hierarchy !== undefined) folders.set(controller, join(hierarchy.own, folderName));
  }
  const plans: CgroupPlan[] = [];
  if (folders.has("memory")) {
    plans.push({ paths: [...new Set(folders.values())], open: () => openFirst(folders) });
  }
  for (const { version, controllers, mountPoint, own } of found) {
    if (version !== 2 || !controllers.includes("memory")) continue;
    const parents = [own, dirname(own), mountPoint].filter((path) => path.startsWith(mountPoint));
    for (const parent of new Set(parents)) {
      const path = join(parent, folderName);
      plans.push({ paths: [path], open: () => openSecond(parent, path) });
    }
  }
  return plans;
}

async function openFirst(folders: ReadonlyMap<string, string>): Promise<Cgroups> {
  const parents = [...new Set(folders.values())];
  try {
    for (const parent of parents) await mkdir(parent);
  } catch (error) {
    await removeCgroups(parents);
    throw error;
  }
  const at = (controller: string, name: string) => {
    const parent = folders.get(controller);
    return parent === undefined ? null : join(parent, name);
  };
  return {
    version: 1,
    limits: { cpu: folders.has("cpu"), memory: folders.has("memory"), pids: folders.has("pids") },
    async make(name, limits, extraMb) {
      const own = parents.map((parent) => join(parent, name));
      try {
        for (const folder of own) await mkdir(folder);
        const [memory, pids, cpu, cpuacct] = ["memory", "pids", "cpu", "cpuacct"].map((one) => at(one, name));
        if (memory) {
          const bytes = String((limits.memoryMb + extraMb) * MEBIBYTE);
          await put(memory, "memory.limit_in_bytes", bytes);
          // Absent where the kernel does not count swap: then there is none to count, or it is not bounded.
          await put(memory, "memory.memsw.limit_in_bytes", bytes).catch(() => {});
        }
        if (pids) await put(pids, "pids.max", String(limits.pids + OUTER_PROCESSES));
        if (cpu) {
          await put(cpu, "cpu.cfs_period_us", String(PERIOD_US));
          await put(cpu, "cpu.cfs_quota_us", String(Math.round(limits.cpus * PERIOD_US)));
        }
        return {
          entrances: own.map((folder) => join(folder, "cgroup.procs")),
          counters: [
            ...(memory ? [{ source: memory, target: "/sys/fs/cgroup/memory" }] : []),
            ...(cpu ? [{ source: cpu, target: "/sys/fs/cgroup/cpu" }] : []),
            ...(cpuacct ? [{ source: cpuacct, target: "/sys/fs/cgroup/cpuacct" }] : []),
          ],
          remove: () => removeCgroups(own),
        };
      } catch (error) {
        await removeCgroups(own);
        throw error;
      }
    },
    close: () => removeCgroups(parents),
  };
}

async function openSecond(parent: string, path: string): Promise<Cgroups> {
  const wanted = ["memory", "pids", "cpu"];
  await mkdir(path);
  const has = async (folder: string) =>
    new Set((await readFile(join(folder, "cgroup.controllers"), "utf8")).trim().split(/\s+/));
  // A controller reaches a cgroup through the parent's list; where that may not be changed it is not there.
  for (const controller of wanted) {
    if ((await has(path)).has(controller)) continue;
    await put(parent, "cgroup.subtree_control", `+${controller}`).catch(() => {});
  }
  const reached = await has(path);
  const usable = wanted.filter((controller) => reached.has(controller));
  if (!usable.includes("memory")) {
    await removeCgroups([path]);
    throw new Error(`${path} does not have the memory controller`);
  }
  for (const controller of usable) await put(path, "cgroup.subtree_control", `+${controller}`);
  return {
    version: 2,
    limits: { cpu: usable.includes("cpu"), memory: true, pids: usable.includes("pids") },
    async make(name, limits, extraMb) {
      const own = join(path, name);
      try {
        await mkdir(own);
        await put(own, "memory.max", String((limits.memoryMb + extraMb) * MEBIBYTE));
        // Absent where there is no swap.
        await put(own, "memory.swap.max", "0").catch(() => {});
        if (usable.includes("pids")) await put(own, "pids.max", String(limits.pids + OUTER_PROCESSES));
        if (usable.includes("cpu")) {
          await put(own, "cpu.max", `${Math.round(limits.cpus * PERIOD_US)} ${PERIOD_US}`);
        }
        return {
          entrances: [join(own, "cgroup.procs")],
          counters: [{ source: own, target: "/sys/fs/cgroup" }],
          remove: () => removeCgroups([own]),
        };
      } catch (error) {
        await removeCgroups([own]);
        throw error;
      }
    },
    close: () => removeCgroups([path]),
  };
}

/** Writes a value into a file that must be there already: the kernel makes them, we never do. */
function put(folder: string, file: string, value: string): Promise<void> {
  return writeFile(join(folder, file), value, { flag: "r+" });
}
