// What a sandbox asks of the container engine: one pure function, so that every limit and closed door is on one page.
import type Docker from "dockerode";
import type { SandboxLimits, SandboxSpec } from "../../core/sandbox.ts";
import { childEnvironment } from "../environment.ts";
import type { EngineName } from "./engine.ts";
import { SOCKET_NAME } from "./socketFolder.ts";

/** Nobody: no rights on the host, none in the image. */
const USER_ID = 65534;
const FILES_OPEN_MAX = 1024;
const PROCESSES_MAX = 32_768;
const TEMP_MB = 64;
const MEBIBYTE = 1 << 20;
/** After its lifetime a container has ended itself; this much later a sweep may take its remains. */
const EXPIRY_SLACK_MS = 60_000;

export const SOCKET_FOLDER = "/run/nightshift";
const SUPERVISOR = "/run/nightshift.py";

export const LABELS = {
  run: "nightshift.run",
  owner: "nightshift.owner",
  rollout: "nightshift.rollout",
  expiresAt: "nightshift.expiresAt",
  socket: "nightshift.socket",
} as const;

/**
 * Said explicitly: some engines otherwise ask for more than this machine may give. The process count of a user is about all
 * containers together, so that it is no limit of one: PidsLimit is.
 */
export const ULIMITS: readonly { readonly Name: string; readonly Soft: number; readonly Hard: number }[] = [
  { Name: "nofile", Soft: FILES_OPEN_MAX, Hard: FILES_OPEN_MAX },
  { Name: "nproc", Soft: PROCESSES_MAX, Hard: PROCESSES_MAX },
  { Name: "core", Soft: 0, Hard: 0 },
];

/** How the supervisor gets into the container, and where its socket lies. */
export type Entry =
  /** Both are mounted from this machine. */
  | { readonly via: "socket"; readonly folder: string; readonly supervisorPath: string }
  /** The socket is in the container's own memory, and the supervisor comes as words of its command line. */
  | { readonly via: "relay"; readonly supervisorWords: readonly string[] };

export interface Placement {
  readonly id: string;
  readonly engine: EngineName;
  readonly imageTag: string;
  /** This process, as owner.ts labels it. */
  readonly owner: string;
  readonly nowMs: number;
  readonly entry: Entry;
  /** Whether the daemon keeps containers alive while it is restarted (live-restore). */
  readonly liveRestore: boolean;
}

/** Container name of a sandbox, so that one whose creation was cut short can still be found and removed. */
export function containerName(id: string): string {
  return `nightshift-${id}`;
}

export function createOptions(spec: SandboxSpec, placement: Placement): Docker.ContainerCreateOptions {
  const { limits } = spec;
  const { entry } = placement;
  const isPodman = placement.engine === "podman";
  const temporaryMb = Math.min(TEMP_MB, limits.diskMb);
  // The workspace is in memory and counts as such: a full disk must be ENOSPC, not an out-of-memory kill.
  const memoryBytes = (limits.memoryMb + limits.diskMb + temporaryMb) * MEBIBYTE;
  return {
    name: containerName(placement.id),
    Image: placement.imageTag,
    // Podman cannot give a file system in memory to a user: there the supervisor does, and gives up root with it.
    User: isPodman ? "0:0" : `${USER_ID}:${USER_ID}`,
    Hostname: "sandbox",
    Entrypoint: ["python3"],
    Cmd: [
      ...(entry.via === "relay" ? entry.supervisorWords : ["-I", "-S", SUPERVISOR]),
      JSON.stringify({ ...supervisorSettings(spec), become: isPodman ? USER_ID : null }),
    ],
    // Not /work: the engine would make the folder for root before it mounts the workspace there.
    WorkingDir: "/",
    NetworkDisabled: !spec.network,
    Labels: {
      [LABELS.run]: spec.runId,
      [LABELS.owner]: placement.owner,
      [LABELS.rollout]: `${spec.purpose}:${spec.owner}`,
      [LABELS.expiresAt]: String(placement.nowMs + limits.lifetimeMs + EXPIRY_SLACK_MS),
      [LABELS.socket]: placement.id,
    },
    HostConfig: {
      // A daemon with live-restore ends at its start whatever removes itself, alive or not: there sweeps remove what has ended.
      AutoRemove: !placement.liveRestore,
      NetworkMode: spec.network ? "bridge" : "none",
      CapDrop: ["ALL"],
      ...(isPodman ? { CapAdd: ["CHOWN", "SETUID", "SETGID"] } : {}),
      SecurityOpt: ["no-new-privileges"],
      ReadonlyRootfs: true,
      Init: false,
      LogConfig: { Type: "none", Config: {} },
      Memory: memoryBytes,
      MemorySwap: memoryBytes,
      PidsLimit: limits.pids,
      NanoCpus: Math.round(limits.cpus * 1e9),
      Ulimits: [...ULIMITS],
      ...(limits.gpus ? { DeviceRequests: [{ Count: limits.gpus, Capabilities: [["gpu"]] }] } : {}),
      Tmpfs: {
        "/work": tmpfs(limits.diskMb, isPodman ? null : USER_ID),
        "/tmp": tmpfs(temporaryMb, isPodman ? null : USER_ID),
        // Root's, and open until the relay has found the socket: after that it can be neither filled nor emptied.
        ...(entry.via === "relay" ? { [SOCKET_FOLDER]: "rw,noexec,nosuid,nodev,size=64k,mode=1777" } : {}),
      },
      Mounts: [
        ...(entry.via === "socket"
          ? [bind(entry.supervisorPath, SUPERVISOR, true), bind(entry.folder, SOCKET_FOLDER, false)]
          : []),
        ...spec.mounts.map(({ hostPath, path }) => bind(hostPath, path, true)),
      ],
    },
  };
}

function supervisorSettings(spec: SandboxSpec): Readonly<Record<string, unknown>> {
  const { limits } = spec;
  return {
    socket: `${SOCKET_FOLDER}/${SOCKET_NAME}`,
    container: true,
    work: "/work",
    maps: [],
    pidsMax: limits.pids,
    files: FILES_OPEN_MAX,
    limits: limits satisfies SandboxLimits,
    lifetimeMs: limits.lifetimeMs,
    orphanTtlMs: spec.orphanTtlMs,
    env: childEnvironment(spec.env, null),
  };
}

function tmpfs(sizeMb: number, owner: number | null): string {
  const owned = owner === null ? "" : `,uid=${owner},gid=${owner},mode=755`;
  return `rw,exec,nosuid,nodev,size=${sizeMb}m${owned}`;
}

function bind(source: string, target: string, readOnly: boolean): Docker.MountSettings {
  return { Type: "bind", Source: source, Target: target, ReadOnly: readOnly };
}
