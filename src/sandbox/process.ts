// Sandboxes as processes of this machine: in Linux namespaces where the kernel allows them, else as plain processes with
// limits and no walls. What is not enforced is said in the capabilities.
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { BoundaryError, errorText, UserError } from "../core/errors.ts";
import type { Clock, Log } from "../core/runtime.ts";
import type { BlobStore, Capabilities, Sandbox, SandboxBackend, SandboxSpec } from "../core/sandbox.ts";
import { connectedSandbox, greet, writeFile } from "./client.ts";
import { Connection } from "./connection.ts";
import { gate } from "./gate.ts";
import { checkMounts } from "./mounts.ts";
import { openSettings, walledSettings } from "./processSettings.ts";
import { type Python, preparePython } from "./python.ts";
import { claimFolder, sweepFolders } from "./scratch.ts";
import { firstSpareUid, type Slots, slots } from "./slots.ts";
import { type StartedSupervisor, startSupervisor } from "./startSupervisor.ts";

const BACKEND = "process";
/** Starts at once: more would only make each slower. */
const CREATING_MAX = 8;
const CREATE_DEADLINE_MS = 60_000;

export interface ProcessBackendOptions {
  /** Folder for scratch files; without namespaces also for workspaces: a short path that other users may enter. */
  readonly root: string;
  /** Python 3.8 or newer, as a path or a name on PATH. */
  readonly python: string;
  readonly blobs: BlobStore;
  readonly clock: Clock;
  readonly log: Log;
  /** Default true. False: plain processes even where namespaces work, with fewer walls and paths rewritten. */
  readonly namespaces?: boolean;
}

interface Ground {
  readonly folder: string;
  readonly python: Python;
  readonly slots: Slots;
  readonly walled: boolean;
  readonly capabilities: Capabilities;
}

/**
 * Sandboxes that are process trees of this host. Memory and CPU are not bounded, and the host's programs can be read:
 * fit for policies that are known. They end with the orchestrator.
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
      await checkMounts(spec, process.getuid?.() !== 0);
      return creating.run(() => createSandbox(options, ready, spec, signal), signal);
    },

    async attach() {
      return null;
    },

    async sweep() {
      return sweepFolders(options.root);
    },
  };
}

/** Prepares the folder and finds out by trying whether namespaces work here. */
async function prepareGround(options: ProcessBackendOptions): Promise<Ground> {
  if (process.platform !== "linux") {
    throw new UserError(`process sandboxes need Linux, not ${process.platform}; use the docker backend`);
  }
  await sweepFolders(options.root);
  const folder = await claimFolder(options.root);
  const python = await preparePython(options.python, folder);
  const uid = firstSpareUid();
  const shared = { folder, python, slots: slots(uid) };
  const walled = { ...shared, walled: true, capabilities: capabilitiesOf(true, uid) };
  const open = { ...shared, walled: false, capabilities: capabilitiesOf(false, uid) };
  const why = options.namespaces === false ? "not wanted" : await failure(options, walled);
  if (why === null) return walled;
  options.log.warn("sandbox-without-walls", { backend: BACKEND, reason: why, ownUser: uid !== null });
  const whyNot = await failure(options, open);
  if (whyNot === null) return open;
  throw new UserError(
    `process sandboxes do not work here: ${whyNot}; other users must be able to enter ${folder} and to run ` +
      `${python.executable} (try /usr/bin/python3 and a folder below /tmp), or use the docker backend`,
  );
}

/** Tries a sandbox; null when it works, else why not. */
async function failure(options: ProcessBackendOptions, ground: Ground): Promise<string | null> {
  const limits = { cpus: 1, memoryMb: 64, pids: 32, diskMb: 1, lifetimeMs: CREATE_DEADLINE_MS };
  const spec: SandboxSpec = {
    runId: "trial",
    owner: "trial",
    purpose: "rollout",
    image: "",
    files: [],
    mounts: [],
    limits,
    env: {},
    network: false,
    orphanTtlMs: CREATE_DEADLINE_MS,
  };
  try {
    await using sandbox = await createSandbox(options, ground, spec, new AbortController().signal);
    const command = `"${ground.python.executable}" -I -c "import json"`;
    const result = await sandbox.shell("trial", command, {
      timeoutMs: CREATE_DEADLINE_MS,
      outputBytesMax: 1000,
    });
    return result.exitCode === 0 ? null : result.output.trim();
  } catch (error) {
    return errorText(error);
  }
}

function capabilitiesOf(walled: boolean, uid: number | null): Capabilities {
  return {
    backend: BACKEND,
    isolation: walled ? "namespace" : "none",
    cpu: "none",
    memory: "none",
    pids: walled || uid !== null ? "enforced" : "none",
    disk: walled ? "enforced" : "partial",
    network: walled ? "enforced" : "none",
    // Behind walls the host's programs and their settings can be read, without them whatever anyone may read.
    hostFiles: walled || uid !== null ? "partial" : "none",
    survivesOrchestrator: false,
  };
}

async function createSandbox(
  options: ProcessBackendOptions,
  ground: Ground,
  spec: SandboxSpec,
  signal: AbortSignal,
): Promise<Sandbox> {
  const { clock, blobs, log } = options;
  const slot = ground.slots.take();
  const home = join(ground.folder, String(slot.index).padStart(4, "0"));
  let supervisor: StartedSupervisor | null = null;
  const remove = async (): Promise<void> => {
    try {
      await supervisor?.ended(clock);
      if (!ground.walled) await rm(home, { recursive: true, force: true, maxRetries: 3 });
      ground.slots.free(slot);
    } catch (error) {
      // The slot stays taken: its user may still own processes or files.
      log.warn("sandbox-not-removed", { backend: BACKEND, home, error: errorText(error) });
    }
  };
  try {
    const settings = ground.walled
      ? walledSettings(spec, ground.python, slot, ground.folder)
      : await openSettings(spec, ground.python, slot, home);
    const started = startSupervisor(ground.python, settings);
    supervisor = started;
    const connection = new Connection(started.stream, clock);
    const abort = (): void => {
      connection.die("the creation was aborted");
    };
    signal.addEventListener("abort", abort, { once: true });
    try {
      await greet(connection, CREATE_DEADLINE_MS);
      await Promise.all(
        spec.files.map((file) => writeFile(connection, file.path, file.data, file.executable)),
      );
    } catch (error) {
      connection.die("the sandbox could not be created");
      await started.ended(clock);
      throw started.explain(error);
    } finally {
      signal.removeEventListener("abort", abort);
    }
    return connectedSandbox({
      connection,
      capabilities: ground.capabilities,
      handle: { backend: BACKEND, host: "local", id: String(slot.index), locator: String(started.pid) },
      limits: spec.limits,
      blobs,
      remove,
    });
  } catch (error) {
    await remove();
    signal.throwIfAborted();
    if (error instanceof BoundaryError) throw error;
    const reason = `cannot create a process sandbox: ${errorText(error)}`;
    throw new BoundaryError("sandbox", reason, { cause: error, transient: true });
  }
}
