// The sandbox backends by name, with this machine's sockets, folders and programs; and which one `auto` is here.
import { existsSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import path from "node:path";
import { UserError } from "../core/errors.ts";
import { hashOf } from "../core/hash.ts";
import type { BlobStore, SandboxBackend } from "../core/sandbox.ts";
import type { Pipeline } from "../pipeline/pipelineFile.ts";
import { bubblewrapBackend } from "../sandbox/bubblewrap.ts";
import { type DockerBackendOptions, dockerBackend } from "../sandbox/docker/docker.ts";
import { processBackend } from "../sandbox/process.ts";
import type { World } from "./world.ts";

const SYSTEM_PYTHON = "/usr/bin/python3";
const DOCKER_SOCKET = "/var/run/docker.sock";
const SYSTEM_TREES = "/var/cache/nightshift/trees";

/** A backend that a run can have: `auto` is one of these once it is resolved. */
export type BackendName = Exclude<Pipeline["sandbox"]["backend"], "auto">;
export const BACKEND_NAMES: readonly BackendName[] = ["process", "bubblewrap", "docker", "podman"];

export const NO_BLOBS: BlobStore = {
  put: () => Promise.reject(new Error("no blob store is open")),
  get: () => Promise.reject(new Error("no blob store is open")),
  has: () => Promise.resolve(false),
};

/** The Python of sandboxes without an image: the system's own where there is one, since other users may run that. */
export function pythonOf(world: Pick<World, "env">): string {
  return world.env("NIGHTSHIFT_PYTHON") ?? (existsSync(SYSTEM_PYTHON) ? SYSTEM_PYTHON : "python3");
}

/** Where unpacked images are looked for. */
export function treesOf(world: World): string {
  const named = world.env("NIGHTSHIFT_IMAGE_TREES");
  if (named !== undefined) return named;
  if (process.getuid?.() === 0) return SYSTEM_TREES;
  const cache = world.env("XDG_CACHE_HOME") ?? path.join(homedir(), ".cache");
  const own = path.join(cache, "nightshift", "trees");
  return existsSync(own) ? own : SYSTEM_TREES;
}

/** How the Docker daemon is reached: as the pipeline says, else by the socket that the environment names, else the usual one. */
export function dockerConnection(world: World, docker: Pipeline["sandbox"]["docker"]) {
  if (docker !== null && "host" in docker) return { host: docker.host, port: docker.port };
  return { socketPath: docker?.socket ?? world.env("NIGHTSHIFT_DOCKER_SOCKET") ?? DOCKER_SOCKET };
}

/** Podman's socket: the one that the environment names, else the user's where it is there, else the system's. */
export function podmanSocket(world: World): string {
  const named = world.env("NIGHTSHIFT_PODMAN_SOCKET");
  if (named !== undefined) return named;
  const runtime = world.env("XDG_RUNTIME_DIR");
  const own = runtime === undefined ? null : path.join(runtime, "podman", "podman.sock");
  return own !== null && existsSync(own) ? own : "/run/podman/podman.sock";
}

/** A backend by its name. */
export function namedBackend(
  world: World,
  name: BackendName,
  docker: Pipeline["sandbox"]["docker"],
  blobs: BlobStore,
): SandboxBackend {
  const shared = { blobs, clock: world.clock, log: world.log };
  const local = { ...shared, root: tmpdir(), python: pythonOf(world) };
  switch (name) {
    case "process":
      return processBackend(local);
    case "bubblewrap":
      return bubblewrapBackend({
        ...local,
        trees: treesOf(world),
        program: world.env("NIGHTSHIFT_BWRAP") ?? "bwrap",
      });
    case "docker": {
      const connection = dockerConnection(world, docker);
      const host = "host" in connection ? `${connection.host}:${connection.port}` : "local";
      return containers({ ...shared, engine: "docker", name: host, connection });
    }
    case "podman": {
      const connection = { socketPath: podmanSocket(world) };
      return containers({ ...shared, engine: "podman", name: "local", connection });
    }
    default:
      return name satisfies never;
  }
}

/** Each daemon has a socket folder of its own: what one of them does not know is not a leftover of another. */
function containers(options: Omit<DockerBackendOptions, "socketRoot">): SandboxBackend {
  const { engine, connection } = options;
  const isUsual =
    engine === "docker" && "socketPath" in connection && connection.socketPath === DOCKER_SOCKET;
  const name = isUsual ? "" : `-${hashOf("sockets", { engine, ...connection }).slice(0, 8)}`;
  return dockerBackend({ ...options, socketRoot: path.join(tmpdir(), `nightshift${name}`) });
}

/** The backend that a pipeline's `sandbox` means on this machine. */
export interface Choice {
  readonly name: BackendName;
  /** Why `auto` is not bubblewrap; null where it is, or where the backend was named. */
  readonly insteadOf: string | null;
}

/** Resolves `auto` by trying: bubblewrap where it works, else processes. Containers are used only when they are named. */
export async function chooseBackend(world: World, sandbox: Pipeline["sandbox"]): Promise<Choice> {
  if (sandbox.backend !== "auto") return { name: sandbox.backend, insteadOf: null };
  const bubblewrap = namedBackend(world, "bubblewrap", null, NO_BLOBS);
  try {
    await bubblewrap.probe();
    return { name: "bubblewrap", insteadOf: null };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { name: "process", insteadOf: error.message };
  } finally {
    await bubblewrap.close();
  }
}
