// Sandboxes as containers of a Docker or Podman daemon. The supervisor is process 1 of each, reached over a socket in a
// bind-mounted folder: no `docker exec` per action, and sandboxes outlive the orchestrator.
import { createHash } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import Docker from "dockerode";
import { z } from "zod";
import { BoundaryError, errorText, isAbort, UserError } from "../../core/errors.ts";
import { gate } from "../../core/gate.ts";
import type { Clock, Log } from "../../core/runtime.ts";
import type { BlobStore, Capabilities, Sandbox, SandboxBackend, SandboxSpec } from "../../core/sandbox.ts";
import { connectedSandbox, greet, writeFile as layFile } from "../client.ts";
import { Connection } from "../connection.ts";
import { checkMounts } from "../mounts.ts";
import { ownerLabel } from "../owner.ts";
import { SUPERVISOR_PATH } from "../python.ts";
import { containerName, createOptions, type Entry, SOCKET_FOLDER } from "./createOptions.ts";
import { bounded, type Engine, type EngineName, statusOf } from "./engine.ts";
import { imageChecker } from "./image.ts";
import { throughOutages } from "./outage.ts";
import { packedSupervisor } from "./packedSupervisor.ts";
import { openRelay } from "./relay.ts";
import {
  checkSocketRoot,
  closeFolder,
  connectSocket,
  newSandboxId,
  openFolder,
  SOCKET_NAME,
} from "./socketFolder.ts";
import { sweepContainers } from "./sweep.ts";
import { probeTransport, type Transport } from "./transport.ts";

/** The supervisor's socket as the container sees it. */
const SOCKET_PATH = `${SOCKET_FOLDER}/${SOCKET_NAME}`;

/** More starts at once only make each slower: a daemon on two cores does about 20 a second either way. */
const CREATING_MAX = 8;
/** A start's own patience, apart from any action's: daemons are slow under load. */
const CREATE_DEADLINE_MS = 180_000;
const CALL_DEADLINE_MS = 60_000;
const CONNECT_PAUSE_MS = 20;
/** The locator of a sandbox that is reached through a relay; any other is the folder of a socket. */
const RELAYED = "relay";
/** How often a start that takes long asks whether its container still runs. */
const LIVENESS_PAUSES = 50;

export interface DockerBackendOptions {
  /** The host's configured name; daemons' own ids are not unique. */
  readonly name: string;
  /** Whose daemon it is; also the backend's name. Default: docker. */
  readonly engine?: EngineName;
  readonly connection: { readonly socketPath: string } | { readonly host: string; readonly port: number };
  readonly blobs: BlobStore;
  readonly clock: Clock;
  readonly log: Log;
  /** Folder for the sandboxes' sockets, on a file system that the daemon shares; a short path. */
  readonly socketRoot: string;
  /** Image tag of a task's image name. Default: `nightshift/NAME:latest`, of Podman `localhost/nightshift/NAME:latest`. */
  readonly imageTag?: (image: string) => string;
}

/** Sandboxes in containers: no network, no rights, a read-only root, hard limits. */
export function dockerBackend(options: DockerBackendOptions): SandboxBackend {
  const { connection, engine: name = "docker" } = options;
  const prefix = name === "podman" ? "localhost/" : "";
  const docker = new Docker("socketPath" in connection ? connection : { ...connection, protocol: "http" });
  const address =
    "socketPath" in connection ? connection.socketPath : `${connection.host}:${connection.port}`;
  const engine: Engine = {
    name,
    docker,
    host: options.name,
    address,
    imageTag: options.imageTag ?? ((image) => `${prefix}nightshift/${image}:latest`),
    deadline: (signal) => {
      const own = AbortSignal.timeout(CALL_DEADLINE_MS);
      return signal ? AbortSignal.any([signal, own]) : own;
    },
  };
  const creating = gate(CREATING_MAX);
  const checkImage = imageChecker(engine, options.clock);
  let capabilities: Promise<Probed> | null = null;
  let supervisor: Promise<string> | null = null;
  let packed: Promise<readonly string[]> | null = null;
  let transport: Promise<Transport> | null = null;

  function probed(): Promise<Probed> {
    checkSocketRoot(options.socketRoot);
    capabilities ??= probeEngine(engine).catch((error: unknown) => {
      capabilities = null;
      throw error;
    });
    return capabilities;
  }

  function supervisorCopy(): Promise<string> {
    supervisor ??= copySupervisor(options.socketRoot).catch((error: unknown) => {
      supervisor = null;
      throw error;
    });
    return supervisor;
  }

  /** Asked with the first sandbox: it takes an image, and holds for every later one. */
  function transportFor(image: string): Promise<Transport> {
    transport ??= probeTransport(engine, options.clock, options.socketRoot, image).catch((error: unknown) => {
      transport = null;
      throw error;
    });
    return transport;
  }

  /** How a new sandbox is entered: its folder, where it has one, is made here. */
  async function entryFor(image: string, id: string): Promise<Entry> {
    if ((await transportFor(image)) === "relay") {
      packed ??= packedSupervisor();
      return { via: "relay", supervisorWords: await packed };
    }
    const supervisorPath = await supervisorCopy();
    return { via: "socket", supervisorPath, folder: await openFolder(options.socketRoot, id) };
  }

  return {
    name,
    probe: async () => (await probed()).capabilities,
    checkImage,

    async create(spec, signal) {
      const found = await probed();
      await checkMounts(spec, false);
      const create = () => createContainer(options, engine, { spec, ...found, entryFor }, signal);
      return creating.run(() => throughOutages(engine, options, create, signal), signal);
    },

    async attach(handle) {
      if (handle.backend !== name || handle.host !== options.name) return null;
      const relayed = handle.locator === RELAYED;
      const stream = relayed
        ? await relayInto(engine, handle.id, engine.deadline())
        : await connectSocket(handle.locator).catch(() => null);
      if (!stream) return null;
      const link = new Connection(stream, options.clock);
      try {
        const { limits } = await greet(link, CALL_DEADLINE_MS);
        if (!limits)
          throw new BoundaryError("sandbox", `${handle.locator} belongs to another kind of sandbox`);
        return connectedSandbox({
          connection: link,
          capabilities: (await probed()).capabilities,
          handle,
          limits,
          blobs: options.blobs,
          remove: () => removeContainer(options, engine, handle.id, relayed ? null : handle.locator),
        });
      } catch (error) {
        link.die("the sandbox could not be attached");
        if (error instanceof BoundaryError) return null;
        throw error;
      }
    },

    sweep: (sweep) =>
      sweepContainers(engine, {
        ...sweep,
        nowMs: options.clock.now(),
        socketRoot: options.socketRoot,
      }),

    async close() {},
  };
}

/** What a kernel may lack; Podman leaves some of it out, and then has it. */
const infoSchema = z.looseObject({
  CpuCfsQuota: z.boolean().optional(),
  MemoryLimit: z.boolean().optional(),
  PidsLimit: z.boolean().optional(),
  LiveRestoreEnabled: z.boolean().optional(),
});

/** What was found out about an engine. */
interface Probed {
  readonly capabilities: Capabilities;
  readonly liveRestore: boolean;
}

async function probeEngine(engine: Engine): Promise<Probed> {
  let info: z.infer<typeof infoSchema>;
  try {
    info = infoSchema.parse(await bounded(engine.docker.info(), engine.deadline()));
  } catch (error) {
    throw new UserError(
      engine.name === "podman"
        ? `no Podman service answers at ${engine.address} (${errorText(error)}); start one ` +
            "(`podman system service --time=0` or `npm run podman`), or use another backend"
        : `no Docker daemon answers at ${engine.address} (${errorText(error)}); ` +
            "start one (`npm run dockerd`), or use another backend",
    );
  }
  const enforced = (value: boolean | undefined): "enforced" | "none" =>
    value === false ? "none" : "enforced";
  const capabilities: Capabilities = {
    backend: engine.name,
    isolation: "container",
    cpu: enforced(info.CpuCfsQuota),
    memory: enforced(info.MemoryLimit),
    pids: enforced(info.PidsLimit),
    disk: "enforced",
    network: "enforced",
    hostFiles: "enforced",
    survivesOrchestrator: true,
  };
  return { capabilities, liveRestore: info.LiveRestoreEnabled ?? false };
}

/** Lays the supervisor where the daemon can mount it: containers outlive an update or removal of this package. */
async function copySupervisor(root: string): Promise<string> {
  const source = await readFile(SUPERVISOR_PATH);
  const digest = createHash("sha256").update(source).digest("hex").slice(0, 16);
  const path = join(root, `supervisor-${digest}.py`);
  const unfinished = `${path}.${newSandboxId()}`;
  await mkdir(root, { recursive: true, mode: 0o700 });
  await writeFile(unfinished, source, { mode: 0o644 });
  await rename(unfinished, path);
  return path;
}

interface Creation extends Probed {
  readonly spec: SandboxSpec;
  readonly entryFor: (image: string, id: string) => Promise<Entry>;
}

async function createContainer(
  options: DockerBackendOptions,
  engine: Engine,
  { spec, capabilities, liveRestore, entryFor }: Creation,
  outer: AbortSignal,
): Promise<Sandbox> {
  const signal = AbortSignal.any([outer, AbortSignal.timeout(CREATE_DEADLINE_MS)]);
  const id = newSandboxId();
  let folder: string | null = null;
  const remove = (): Promise<void> => removeContainer(options, engine, containerName(id), folder);
  let link: Connection | null = null;
  try {
    signal.throwIfAborted();
    const entry = await entryFor(spec.image, id);
    folder = entry.via === "socket" ? entry.folder : null;
    const placement = {
      id,
      engine: engine.name,
      imageTag: engine.imageTag(spec.image),
      owner: await ownerLabel(),
      nowMs: options.clock.now(),
      entry,
      liveRestore,
    };
    const container = await engine.docker.createContainer({
      ...createOptions(spec, placement),
      abortSignal: signal,
    });
    await container.start({ abortSignal: signal });
    const connection =
      folder === null
        ? new Connection(await openRelay(container, SOCKET_PATH, signal), options.clock)
        : await connectWhenReady(options.clock, container, folder, signal);
    link = connection;
    const abort = (): void => {
      connection.die("the creation was aborted");
    };
    signal.addEventListener("abort", abort, { once: true });
    try {
      await greet(connection, CREATE_DEADLINE_MS);
      if (folder !== null) await closeFolder(folder);
      await Promise.all(spec.files.map((file) => layFile(connection, file.path, file.data, file.executable)));
    } finally {
      signal.removeEventListener("abort", abort);
    }
    return connectedSandbox({
      connection,
      capabilities,
      handle: {
        backend: engine.name,
        host: options.name,
        id: container.id,
        locator: folder ?? RELAYED,
      },
      limits: spec.limits,
      blobs: options.blobs,
      remove,
    });
  } catch (error) {
    link?.die("the sandbox could not be created");
    await remove();
    outer.throwIfAborted();
    if (error instanceof BoundaryError) throw error;
    throw creationError(engine, spec, error);
  }
}

function creationError(engine: Engine, spec: SandboxSpec, error: unknown): Error {
  const what = `cannot create a container of ${engine.imageTag(spec.image)} on ${engine.host}`;
  if (isAbort(error)) {
    return new BoundaryError("sandbox", `${what} within ${CREATE_DEADLINE_MS} ms`, {
      cause: error,
      transient: true,
    });
  }
  // 4xx: the request itself cannot succeed (a missing image, a bad mount); trying again would not help.
  const status = statusOf(error);
  const transient = status === null || status >= 500;
  return new BoundaryError("sandbox", `${what}: ${errorText(error)}`, { cause: error, transient });
}

/** Tries the socket until the supervisor listens, and looks after the container while it does not. */
async function connectWhenReady(
  clock: Clock,
  container: Docker.Container,
  folder: string,
  signal: AbortSignal,
): Promise<Connection> {
  for (let attempt = 1; ; attempt += 1) {
    signal.throwIfAborted();
    const socket = await connectSocket(folder).catch(() => null);
    if (socket) return new Connection(socket, clock);
    if (attempt % LIVENESS_PAUSES === 0) {
      const running = await container.inspect({ abortSignal: signal }).then(
        ({ State }) => State.Running,
        () => false,
      );
      if (!running) {
        throw new BoundaryError(
          "sandbox",
          "the supervisor ended at once: does the image have python3 >= 3.8?",
        );
      }
    }
    await clock.sleep(CONNECT_PAUSE_MS, signal);
  }
}

/** A relay into a container of an earlier process; null where it is gone. */
async function relayInto(engine: Engine, id: string, signal: AbortSignal): Promise<Duplex | null> {
  return openRelay(engine.docker.getContainer(id), SOCKET_PATH, signal).catch((error: unknown) => {
    const status = statusOf(error);
    if (status === 404 || status === 409) return null;
    throw new BoundaryError("sandbox", `cannot reach the container ${id}: ${errorText(error)}`, {
      cause: error,
      transient: true,
    });
  });
}

async function removeContainer(
  options: DockerBackendOptions,
  engine: Engine,
  nameOrId: string,
  folder: string | null,
): Promise<void> {
  try {
    const removal = engine.docker.getContainer(nameOrId).remove({ force: true, v: true });
    await bounded(removal, engine.deadline()).catch((error: unknown) => {
      // Gone already, or going: containers remove themselves when their supervisor ends.
      const status = statusOf(error);
      if (status !== 404 && status !== 409) throw error;
    });
    if (folder !== null) await rm(folder, { recursive: true, force: true });
  } catch (error) {
    // It ends by itself without a client, and the next start sweeps what is left.
    options.log.warn("sandbox-not-removed", {
      backend: engine.name,
      container: nameOrId,
      error: errorText(error),
    });
  }
}
