// The kernel's cgroup files: which hierarchies are mounted, where this process is in them, and how a cgroup is removed.
import { readdir, readFile, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

const REMOVAL_TRIES_MAX = 50;
const REMOVAL_PAUSE_MS = 20;
/** Every cgroup of ours has a name that starts so; nothing else is ever removed. */
export const CGROUP_PREFIX = "nightshift-";

/** One mounted hierarchy. */
export interface Hierarchy {
  readonly version: 1 | 2;
  /** Controllers by name; of version 2 those that its root has. */
  readonly controllers: readonly string[];
  readonly mountPoint: string;
  /** The folder of this process's own cgroup, where the mount shows it; else the mount point. */
  readonly own: string;
}

/** The mounted hierarchies, from the texts of /proc/self/mountinfo and /proc/self/cgroup. */
export function parseHierarchies(mountInfo: string, ownCgroups: string): readonly Hierarchy[] {
  const paths = new Map<string, string>();
  for (const line of ownCgroups.trim().split("\n")) {
    const [, names, ...path] = line.split(":");
    for (const name of (names ?? "").split(",")) paths.set(name, path.join(":"));
  }
  const found: Hierarchy[] = [];
  for (const line of mountInfo.trim().split("\n")) {
    const [before, after] = line.split(" - ");
    const [, , , root, mountPoint] = (before ?? "").split(" ");
    const [type, , superOptions] = (after ?? "").split(" ");
    if (root === undefined || mountPoint === undefined || (type !== "cgroup" && type !== "cgroup2")) continue;
    const version = type === "cgroup2" ? 2 : 1;
    const controllers =
      version === 2 ? [] : (superOptions ?? "").split(",").filter((name) => paths.has(name));
    const path = paths.get(version === 2 ? "" : (controllers[0] ?? ""));
    if (path === undefined) continue;
    const below = root === "/" ? path : path.startsWith(root) ? path.slice(root.length) : "";
    found.push({ version, controllers, mountPoint, own: join(mountPoint, below).replace(/(?<=.)\/$/, "") });
  }
  return found;
}

/** The hierarchies of this machine; none where there are no cgroups. */
export async function hierarchies(): Promise<readonly Hierarchy[]> {
  const [mountInfo, own] = await Promise.all(
    ["/proc/self/mountinfo", "/proc/self/cgroup"].map((path) => readFile(path, "utf8").catch(() => "")),
  );
  const found = parseHierarchies(mountInfo ?? "", own ?? "");
  return Promise.all(
    found.map(async (hierarchy) => {
      if (hierarchy.version === 1) return hierarchy;
      const path = join(hierarchy.mountPoint, "cgroup.controllers");
      const controllers = (await readFile(path, "utf8").catch(() => "")).trim().split(/\s+/);
      return { ...hierarchy, controllers: controllers.filter((name) => name !== "") };
    }),
  );
}

/** Removes cgroups with all below them, ending what still runs there. Paths that are not ours are left alone. */
export async function removeCgroups(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    const isOurs = path.split("/").some((name) => name.startsWith(CGROUP_PREFIX)) && !path.includes("..");
    if (isOurs) await removeTree(path);
  }
}

async function removeTree(path: string): Promise<void> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) if (entry.isDirectory()) await removeTree(join(path, entry.name));
  for (let attempt = 0; attempt < REMOVAL_TRIES_MAX; attempt += 1) {
    const gone = await rmdir(path).then(
      () => true,
      (error: unknown) => error instanceof Error && "code" in error && error.code === "ENOENT",
    );
    if (gone) return;
    const processes = await readFile(join(path, "cgroup.procs"), "utf8").catch(() => "");
    for (const pid of processes.trim().split("\n").map(Number)) {
      if (pid > 1) endProcess(pid);
    }
    await pause(REMOVAL_PAUSE_MS);
  }
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended by itself.
  }
}
