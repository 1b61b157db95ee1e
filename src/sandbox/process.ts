// Sandboxes as plain processes of this machine, for scripted and replayed policies: files and limits, no walls. What is
// not enforced is said in the capabilities.
import { type ChildProcess, spawn } from "node:child_process";
import { chmod, chown, mkdir, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { Duplex } from "node:stream";
import { BoundaryError, errorText, UserError } from "../core/errors.ts";
import type { Clock, Log } from "../core/runtime.ts";
import type { BlobStore, Capabilities, Sandbox, SandboxBackend, SandboxSpec } from "../core/sandbox.ts";
import { connectedSandbox, greet, writeFile } from "./client.ts";
import { Connection } from "./connection.ts";
import { childEnvironment } from "./environment.ts";
import { gate } from "./gate.ts";
import { type Python, preparePython } from "./python.ts";
import { claimFolder, sweepFolders } from "./scratch.ts";
import { firstSpareUid, type Slot, type Slots, slots } from "./slots.ts";

const BACKEND = "process";
/** Starts at once: more would only make each slower. */
const CREATING_MAX = 8;
const CREATE_DEADLINE_MS = 60_000;
const EXIT_PATIENCE_MS = 10_000;
const STDERR_BYTES_MAX = 4096;
const FILES_OPEN_MAX = 1024;
const MEBIBYTE = 1 << 20;

export interface ProcessBackendOptions {
  /** Folder for workspaces; a short path on a local disk. */
  readonly root: string;
  /** Python 3.8 or newer, as a path or a name on PATH. */
  readonly python: string;
  readonly blobs: BlobStore;
  readonly clock: Clock;
  readonly log: Log;
}

interface Ground {
  readonly folder: string;
  readonly python: Python;
  readonly slots: Slots;
  readonly capabilities: Capabilities;
}

/**
 * Sandboxes that are process trees of this host, each under a spare user where this process is root. The network and the
 * host's readable files are open to them, memory and disk are not bounded: fit for policies that are known.
 */
export function processBackend(options: ProcessBackendOptions): SandboxBackend {
  const creating = gate(CREATING_MAX);
  let ground: Promise<Ground> | null = null;

  function prepared(): Promise<Ground> {
    ground ??= prepareGround(options).catch((error: unknown) => {
      ground = null;
      throw error;
    });
    return ground;
  }

  return {
    name: BACKEND,

    async probe() {
      return (await prepared()).capabilities;
    },

    async checkImage() {
      return { digest: `host python ${(await prepared()).python.version}` };
    },

    async create(spec, signal) {
      const ready = await prepared();
      return creating.run(() => createSandbox(options, ready, spec, signal), signal);
    },

    async attach() {
      // Process sandboxes end with their orchestrator.
      return null;
    },

    async sweep() {
      return sweepFolders(options.root);
    },
  };
}

async function prepareGround(options: ProcessBackendOptions): Promise<Ground> {
  if (process.platform !== "linux") {
    throw new UserError(`process sandboxes need Linux, not ${process.platform}; use the docker backend`);
  }
  const folder = await claimFolder(options.root);
  const python = await preparePython(options.python, folder);
  const uid = firstSpareUid();
  if (uid === null) {
    options.log.warn("sandbox-unprotected", {
      backend: BACKEND,
      reason: "not root: sandboxes run as this user and could end their own supervisor",
    });
  }
  const capabilities: Capabilities = {
    backend: BACKEND,
    isolation: "none",
    cpu: "none",
    memory: "none",
    pids: uid === null ? "none" : "enforced",
    disk: "partial",
    network: "none",
    hostFiles: uid === null ? "none" : "partial",
    survivesOrchestrator: false,
  };
  return { folder, python, slots: slots(uid), capabilities };
}

async function createSandbox(
  options: ProcessBackendOptions,
  ground: Ground,
  spec: SandboxSpec,
  signal: AbortSignal,
): Promise<Sandbox> {
  const slot = ground.slots.take();
  const home = join(ground.folder, String(slot.index).padStart(4, "0"));
  let child: ChildProcess | null = null;
  const remove = async (): Promise<void> => {
    try {
      if (child) await ended(child, options.clock);
      await rm(home, { recursive: true, force: true, maxRetries: 3 });
      ground.slots.free(slot);
    } catch (error) {
      // The slot stays taken: its user may still own processes or files.
      options.log.warn("sandbox-not-removed", { backend: BACKEND, home, error: errorText(error) });
    }
  };
  try {
    const maps = await layFolders(home, slot, spec);
    const started = startSupervisor(ground, slot, home, maps, spec);
    child = started.child;
    const connection = new Connection(started.stream, options.clock);
    const abort = (): void => {
      connection.die("the creation was aborted");
    };
    signal.addEventListener("abort", abort, { once: true });
    try {
      const hello = await greet(connection, CREATE_DEADLINE_MS);
      await Promise.all(
        spec.files.map((file) => writeFile(connection, file.path, file.data, file.executable)),
      );
      return connectedSandbox({
        connection,
        capabilities: ground.capabilities,
        handle: { backend: BACKEND, host: "local", id: String(slot.index), locator: String(hello.pid) },
        limits: spec.limits,
        blobs: options.blobs,
        remove,
      });
    } catch (error) {
      connection.die("the sandbox could not be created");
      throw started.explain(error);
    } finally {
      signal.removeEventListener("abort", abort);
    }
  } catch (error) {
    await remove();
    signal.throwIfAborted();
    if (error instanceof BoundaryError) throw error;
    throw new BoundaryError("sandbox", `cannot create a process sandbox: ${errorText(error)}`, {
      cause: error,
      transient: true,
    });
  }
}

/** Lays the workspace, temporary folder and mounts; returns the names under which the sandbox shows them. */
async function layFolders(
  home: string,
  slot: Slot,
  spec: SandboxSpec,
): Promise<readonly (readonly [string, string])[]> {
  const work = join(home, "work");
  const temporary = join(home, "temp");
  await mkdir(home, { mode: 0o755 });
  for (const folder of [work, temporary]) {
    await mkdir(folder, { mode: 0o700 });
    if (slot.uid !== null) await chown(folder, slot.uid, slot.uid);
  }
  const maps: (readonly [string, string])[] = [["/tmp", temporary]];
  for (const [index, mount] of spec.mounts.entries()) {
    const link = join(home, `mount${index}`);
    await symlink(mount.hostPath, link);
    maps.push([mount.path, link]);
  }
  await chmod(home, 0o755);
  return [...maps, ["/work", work]];
}

function startSupervisor(
  ground: Ground,
  slot: Slot,
  home: string,
  maps: readonly (readonly [string, string])[],
  spec: SandboxSpec,
): { readonly child: ChildProcess; readonly stream: Duplex; explain(error: unknown): unknown } {
  const settings = {
    fd: 3,
    work: join(home, "work"),
    maps,
    uid: slot.uid,
    pidsLimit: slot.uid === null ? null : spec.limits.pids,
    pidsMax: spec.limits.pids,
    fileBytesMax: spec.limits.diskMb * MEBIBYTE,
    files: FILES_OPEN_MAX,
    lifetimeMs: spec.limits.lifetimeMs,
    orphanTtlMs: spec.orphanTtlMs,
    env: childEnvironment(spec.env, ground.python.executable),
  };
  const child = spawn(
    ground.python.executable,
    ["-I", "-S", ground.python.supervisor, JSON.stringify(settings)],
    // A session of its own: Ctrl-C at the terminal is for the orchestrator, which drains.
    { cwd: "/", env: {}, detached: true, stdio: ["ignore", "ignore", "pipe", "pipe"] },
  );
  let complaint = "";
  child.stderr?.setEncoding("utf8");
  child.stderr?.on("data", (text: string) => {
    complaint = (complaint + text).slice(-STDERR_BYTES_MAX);
  });
  let failure: Error | null = null;
  child.on("error", (error) => {
    failure = error;
  });
  const stream = child.stdio[3];
  if (!(stream instanceof Duplex)) throw new Error("the supervisor's stream is missing");
  return {
    child,
    stream,
    explain: (error) => {
      const said = failure ? errorText(failure) : complaint.trim();
      return said === "" ? error : new BoundaryError("sandbox", `the supervisor did not start: ${said}`);
    },
  };
}

/** Waits for the supervisor, which ends everything on the end of its stream; kills it where it does not. */
async function ended(child: ChildProcess, clock: Clock): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const patience = new AbortController();
  const exit = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
  });
  const late = clock.sleep(EXIT_PATIENCE_MS, patience.signal).then(
    () => {
      child.kill("SIGKILL");
    },
    () => {},
  );
  await exit;
  patience.abort();
  await late;
}
