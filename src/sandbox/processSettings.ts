// What a process sandbox's supervisor is told: with namespaces a world of its own, without them folders of this host under
// other names.
import { chmod, chown, mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import type { SandboxSpec } from "../core/sandbox.ts";
import { childEnvironment } from "./environment.ts";
import type { Python } from "./python.ts";
import type { Slot } from "./slots.ts";

/** The supervisor's end of its stream: nothing that runs in the sandbox inherits it. */
export const STREAM_FD = 3;
const FILES_OPEN_MAX = 1024;
const MEBIBYTE = 1 << 20;

export type Settings = Readonly<Record<string, unknown>>;

/** A sandbox in namespaces: nothing of it is on this host's disks. `base` is any folder, as a mount point. */
export function walledSettings(spec: SandboxSpec, python: Python, slot: Slot, base: string): Settings {
  return {
    ...commonSettings(spec, python.executable),
    work: "/work",
    maps: [],
    uid: null,
    pidsLimit: spec.limits.pids,
    world: {
      base,
      uid: slot.uid,
      network: spec.network,
      diskMb: spec.limits.diskMb,
      prefixes: python.prefixes,
      mounts: spec.mounts.map(({ hostPath, path }) => [hostPath, path]),
    },
  };
}

/**
 * A sandbox in folders below `home`, which are made here. The supervisor shows them under the names that they have
 * elsewhere, in what is printed and in what is asked for; inside files they cannot be renamed.
 */
export async function openSettings(
  spec: SandboxSpec,
  python: Python,
  slot: Slot,
  home: string,
): Promise<Settings> {
  const work = join(home, "work");
  const temporary = join(home, "temp");
  await mkdir(home, { mode: 0o755 });
  await chmod(home, 0o755);
  for (const folder of [work, temporary]) {
    await mkdir(folder, { mode: 0o700 });
    if (slot.uid !== null) await chown(folder, slot.uid, slot.uid);
  }
  const maps: [string, string][] = [["/tmp", temporary]];
  for (const [index, mount] of spec.mounts.entries()) {
    const link = join(home, `mount${index}`);
    await symlink(mount.hostPath, link);
    maps.push([mount.path, link]);
  }
  maps.push(["/work", work]);
  return {
    ...commonSettings(spec, python.executable),
    work,
    maps,
    uid: slot.uid,
    // The count is per user: without one of its own it would be about everything that this user runs.
    pidsLimit: slot.uid === null ? null : spec.limits.pids,
    fileBytesMax: spec.limits.diskMb * MEBIBYTE,
  };
}

/** What every supervisor with a stream of its own is told. */
export function commonSettings(spec: SandboxSpec, python: string): Settings {
  return {
    fd: STREAM_FD,
    pidsMax: spec.limits.pids,
    files: FILES_OPEN_MAX,
    lifetimeMs: spec.limits.lifetimeMs,
    orphanTtlMs: spec.orphanTtlMs,
    env: childEnvironment(spec.env, python),
  };
}
