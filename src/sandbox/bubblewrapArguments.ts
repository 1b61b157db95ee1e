// The words that bubblewrap is called with: one pure function, so that every closed door is on one page.
import type { SandboxSpec } from "../core/sandbox.ts";

const TEMP_MB = 64;
const MEBIBYTE = 1 << 20;
const NOBODY = "65534";
const SMALL_BYTES = 65_536;

/** Where the sandbox sees its compiled supervisor. */
export const SUPERVISOR_IN_SANDBOX = "/run/nightshift.pyc";

/** One name at the top of the root file system: a folder or file of the host, read-only, or a link. */
export type RootEntry =
  | { readonly kind: "bind"; readonly source: string; readonly target: string }
  | { readonly kind: "link"; readonly to: string; readonly target: string };

export interface Enclosure {
  readonly root: readonly RootEntry[];
  readonly supervisor: string;
  /** Host folders with this sandbox's counters. */
  readonly counters: readonly { readonly source: string; readonly target: string }[];
  /**
   * In a user namespace nothing has any right on the host; without one, where the kernel has none, the supervisor starts as
   * root and gives that up before anything else.
   */
  readonly userNamespace: boolean;
}

/** Megabytes of memory that the sandbox's own file systems may take, besides what its programs may. */
export function memoryFilesMb(spec: SandboxSpec): number {
  return spec.limits.diskMb + 2 * temporaryMb(spec);
}

function temporaryMb({ limits }: SandboxSpec): number {
  return Math.min(TEMP_MB, limits.diskMb);
}

/** bubblewrap's own words; the program to run in the sandbox comes after them. */
export function bubblewrapArguments(spec: SandboxSpec, enclosure: Enclosure): string[] {
  const { root, supervisor, counters, userNamespace } = enclosure;
  const temporary = temporaryMb(spec) * MEBIBYTE;
  // In a user namespace the workspace is its user's; without, root makes it before the user is there.
  const workMode = userNamespace ? "0755" : "1777";
  const memory = (bytes: number, mode: string, path: string) => [
    ...["--size", String(bytes), "--perms", mode],
    ...["--tmpfs", path],
  ];
  const readOnly = (source: string, target: string) => ["--ro-bind", source, target];
  return [
    ...root.flatMap((entry) =>
      entry.kind === "link" ? ["--symlink", entry.to, entry.target] : readOnly(entry.source, entry.target),
    ),
    ...["--proc", "/proc"],
    ...["--dev", "/dev"],
    ...memory(temporary, "1777", "/dev/shm"),
    ...["--remount-ro", "/dev"],
    ...memory(temporary, "1777", "/tmp"),
    ...memory(SMALL_BYTES, "0755", "/run"),
    ...readOnly(supervisor, SUPERVISOR_IN_SANDBOX),
    ...["--remount-ro", "/run"],
    ...memory(spec.limits.diskMb * MEBIBYTE, workMode, "/work"),
    ...spec.mounts.flatMap(({ hostPath, path }) => readOnly(hostPath, path)),
    ...counters.flatMap(({ source, target }) => readOnly(source, target)),
    ...(spec.network ? ["--ro-bind-try", "/etc/resolv.conf", "/etc/resolv.conf"] : []),
    // The root itself is memory that bubblewrap made: writable until here.
    ...["--remount-ro", "/"],
    ...(userNamespace
      ? ["--unshare-all", "--unshare-user", "--uid", NOBODY, "--gid", NOBODY, "--disable-userns"]
      : ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts"]),
    ...(spec.network ? ["--share-net"] : []),
    ...["--cap-drop", "ALL"],
    ...(userNamespace ? [] : ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]),
    ...["--hostname", "sandbox"],
    "--die-with-parent",
    "--new-session",
    "--as-pid-1",
    "--clearenv",
    ...["--chdir", "/"],
  ];
}
