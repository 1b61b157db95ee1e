// What of the host an attack could have changed, looked at before and after: files, mounts, kernel settings, the clock, shared memory,
// whatever bears the attack's marker. Other work on this machine must not show in it.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import Docker from "dockerode";
import { hierarchies } from "../../../src/sandbox/cgroupFiles.ts";
import type { Ground } from "./ground.ts";

const SOURCE = fileURLToPath(new URL("../../../src", import.meta.url));
const FILES = [
  ..."/etc/passwd /etc/shadow /etc/group /etc/hosts /etc/resolv.conf /etc/hostname /etc/ld.so.preload /etc/crontab".split(
    " ",
  ),
  path.join(SOURCE, "sandbox/supervisor.py"),
];
const FOLDERS = [path.join(SOURCE, "tasks/python"), "/etc/cron.d"];
const KERNEL = [
  ..."core_pattern hostname domainname sysrq panic randomize_va_space pid_max modprobe threads-max"
    .split(" ")
    .map((name) => `/proc/sys/kernel/${name}`),
  ..."overcommit_memory drop_caches panic_on_oom".split(" ").map((name) => `/proc/sys/vm/${name}`),
  "/proc/sys/fs/suid_dumpable",
  "/proc/sys/net/ipv4/ip_forward",
];
/** Where leftovers with a marker in their name are looked for, and how deep. */
const SEARCHED = [
  "/",
  "/tmp",
  "/var/tmp",
  "/dev/shm",
  "/run",
  "/etc",
  "/root",
  "/home",
  "/usr/local",
  "/dev",
];
/** Folders in which container engines and other people's work mount what they like. */
const FOREIGN_MOUNTS = /^\/(?:var\/lib\/(?:docker|containers)|run\/|var\/run\/|var\/tmp\/|tmp\/)/;
/** The number that attacks give to shared memory. */
const SHARED_MEMORY_KEY = 0x4e534854;
const CLOCK_SLACK_MS = 2_000;

export type HostState = ReadonlyMap<string, string>;

export async function hostState(ground: Ground): Promise<HostState> {
  const state = new Map<string, string>();
  const folders = [...FOLDERS, ground.openFolder].flatMap((folder) => filesIn(folder));
  for (const file of [...FILES, ...folders]) state.set(`the file ${file}`, digest(file));
  for (const file of KERNEL) state.set(`the setting ${file}`, textOf(file));
  for (const { mountPoint, own, version } of await hierarchies()) {
    const names = version === 1 ? ["release_agent", "notify_on_release"] : ["cgroup.subtree_control"];
    for (const name of names)
      state.set(`the cgroup file ${mountPoint}/${name}`, textOf(path.join(mountPoint, name)));
    for (const name of ["memory.limit_in_bytes", "memory.max", "pids.max", "cpu.cfs_quota_us", "cpu.max"]) {
      const file = path.join(own, name);
      state.set(`the cgroup file ${file}`, textOf(file));
    }
  }
  for (const mount of mounts()) state.set(`the mount ${mount}`, "there");
  for (const kind of ["net", "mnt", "pid", "ipc", "uts"]) {
    state.set(`our namespace ${kind}`, readlinkSync(`/proc/self/ns/${kind}`));
  }
  const segments = textOf("/proc/sysvipc/shm").split("\n").slice(1);
  const isShared = segments.some((line) => Number(line.trim().split(/\s+/)[0]) === SHARED_MEMORY_KEY);
  state.set("a segment of System V shared memory under a known number", isShared ? "there" : "not there");
  state.set("our score for the out-of-memory killer", textOf("/proc/self/oom_score_adj"));
  state.set("how far the clock is from the time since the start", String(Date.now() - performance.now()));
  return state;
}

/** What differs, a sentence each. */
export function differences(before: HostState, after: HostState): readonly string[] {
  const found: string[] = [];
  for (const name of new Set([...before.keys(), ...after.keys()])) {
    const [was, is] = [before.get(name), after.get(name)];
    if (was === is) continue;
    if (name.includes("the clock") && Math.abs(Number(was) - Number(is)) < CLOCK_SLACK_MS) continue;
    found.push(
      was === undefined ? `${name} is new` : is === undefined ? `${name} is gone` : `${name} has changed`,
    );
  }
  return found;
}

/** What bears the marker on the host: files, containers and images. */
export async function marked(ground: Ground, marker: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const folder of [...SEARCHED, ground.scratch, ground.openFolder, path.join(ground.scratch, "s")]) {
    for (const name of namesIn(folder)) if (name.includes(marker)) found.push(path.join(folder, name));
  }
  if (ground.engineSocket !== null) {
    const engine = new Docker({ socketPath: ground.engineSocket });
    for (const { Names, Image, Command } of await engine.listContainers({ all: true })) {
      if (JSON.stringify([Names, Image, Command]).includes(marker))
        found.push(`the container ${Names.join()}`);
    }
  }
  return found.map((what) => `${what} was made on the host`);
}

function mounts(): readonly string[] {
  return textOf("/proc/self/mountinfo")
    .split("\n")
    .map((line) => line.split(" ")[4] ?? "")
    .filter((place) => place !== "" && !FOREIGN_MOUNTS.test(place));
}

function filesIn(folder: string): readonly string[] {
  return namesIn(folder).map((name) => path.join(folder, name));
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Content, rights and owner. */
function digest(file: string): string {
  try {
    const seen = statSync(file);
    const content = seen.isFile() ? readFileSync(file) : "";
    return `${createHash("sha256").update(content).digest("hex")} ${seen.mode} ${seen.uid} ${seen.gid}`;
  } catch {
    return "not there";
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    return "not there";
  }
}
