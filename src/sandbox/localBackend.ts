// What the backends without a container engine share: sandboxes that are children of this process, each in a slot of its
// own, tried once before the first is asked for, and gone with the orchestrator.
import { BoundaryError, errorText } from "../core/errors.ts";
import { gate } from "../core/gate.ts";
import type { Clock, Log } from "../core/runtime.ts";
import type {
  BlobStore,
  Capabilities,
  CheckedImage,
  Sandbox,
  SandboxBackend,
  SandboxSpec,
} from "../core/sandbox.ts";
import { connectedSandbox, greet, writeFile } from "./client.ts";
import { Connection } from "./connection.ts";
import { checkMounts } from "./mounts.ts";
import { sweepFolders } from "./scratch.ts";
import type { Slot, Slots } from "./slots.ts";
import type { StartedSupervisor } from "./startSupervisor.ts";

/** Starts at once: more would only make each slower. */
const CREATING_MAX = 8;
const CREATE_DEADLINE_MS = 60_000;

export interface LocalOptions {
  /** Folder for scratch files: a short path that other users may enter. */
  readonly root: string;
  readonly blobs: BlobStore;
  readonly clock: Clock;
  readonly log: Log;
}

/** A backend that is ready to make sandboxes. */
export interface LocalGround {
  readonly capabilities: Capabilities;
  readonly slots: Slots;
  /** Starts the supervisor of a sandbox. */
  start(spec: SandboxSpec, slot: Slot): Promise<Launch>;
  /** Removes what a slot's sandbox has left, after its end or a failed start. */
  clean(slot: Slot): Promise<void>;
  checkImage(image: string): Promise<CheckedImage>;
  close(): Promise<void>;
}

/** As much of a ground as making a sandbox needs. */
export type TrialGround = Pick<LocalGround, "slots" | "start" | "clean">;

export interface Launch {
  readonly supervisor: StartedSupervisor;
  readonly capabilities: Capabilities;
}

/** The backend over a ground that is prepared at its first use. */
export function localBackend(
  name: string,
  options: LocalOptions,
  prepare: () => Promise<LocalGround>,
): SandboxBackend {
  const creating = gate(CREATING_MAX);
  let ground: Promise<LocalGround> | null = null;

  function prepared(): Promise<LocalGround> {
    ground ??= prepare().catch((error: unknown) => {
      ground = null;
      throw error;
    });
    return ground;
  }

  return {
    name,

    async probe() {
      return (await prepared()).capabilities;
    },

    async checkImage(image) {
      return (await prepared()).checkImage(image);
    },

    async create(spec, signal) {
      const ready = await prepared();
      if (spec.limits.gpus) {
        throw new BoundaryError("sandbox", noGpus(name, spec.limits.gpus));
      }
      await checkMounts(spec, process.getuid?.() !== 0);
      return creating.run(() => createLocal(name, options, ready, spec, signal), signal);
    },

    async attach() {
      return null;
    },

    async sweep(sweep) {
      return sweepFolders(options.root, sweep);
    },

    async close() {
      const held = await ground?.catch(() => null);
      ground = null;
      await held?.close();
    },
  };
}

/** Why a backend without a container engine refuses a GPU. */
export function noGpus(backend: string, gpus: number): string {
  return `${gpus} GPU${gpus === 1 ? "" : "s"} cannot be lent by ${backend} sandboxes; use the docker or podman backend`;
}

/** One sandbox: a slot, a supervisor in it, a greeting, the files. */
async function createLocal(
  name: string,
  options: LocalOptions,
  ground: TrialGround,
  spec: SandboxSpec,
  signal: AbortSignal,
): Promise<Sandbox> {
  const { clock, blobs, log } = options;
  const slot = ground.slots.take();
  let supervisor: StartedSupervisor | null = null;
  const remove = async (): Promise<void> => {
    try {
      await supervisor?.ended(clock);
      await ground.clean(slot);
      ground.slots.free(slot);
    } catch (error) {
      // The slot stays taken: its user may still own processes or files.
      log.warn("sandbox-not-removed", { backend: name, slot: slot.index, error: errorText(error) });
    }
  };
  try {
    const launch = await ground.start(spec, slot);
    const started = launch.supervisor;
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
      capabilities: launch.capabilities,
      handle: { backend: name, host: "local", id: String(slot.index), locator: String(started.pid) },
      limits: spec.limits,
      blobs,
      remove,
    });
  } catch (error) {
    await remove();
    signal.throwIfAborted();
    if (error instanceof BoundaryError) throw error;
    const reason = `cannot create a ${name} sandbox: ${errorText(error)}`;
    throw new BoundaryError("sandbox", reason, { cause: error, transient: true });
  }
}

/** Tries a sandbox on a ground that may not work; null when it does, else why not. `python` is what must run in it. */
export async function trialFailure(
  name: string,
  options: LocalOptions,
  ground: TrialGround,
  python: string,
): Promise<string | null> {
  const spec: SandboxSpec = {
    runId: "trial",
    owner: "trial",
    purpose: "rollout",
    image: "",
    files: [],
    mounts: [],
    limits: { cpus: 1, memoryMb: 64, pids: 32, diskMb: 1, lifetimeMs: CREATE_DEADLINE_MS },
    env: {},
    network: false,
    orphanTtlMs: CREATE_DEADLINE_MS,
  };
  try {
    await using sandbox = await createLocal(name, options, ground, spec, new AbortController().signal);
    const result = await sandbox.shell("trial", `"${python}" -I -c "import json"`, {
      timeoutMs: CREATE_DEADLINE_MS,
      outputBytesMax: 1000,
    });
    return result.exitCode === 0 ? null : result.output.trim();
  } catch (error) {
    return errorText(error);
  }
}
