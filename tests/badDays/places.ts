// The backends that bad days of sandboxes are made on, with what they stand on; a backend that does not work here is left out aloud.
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import path from "node:path";
import { errorText } from "../../src/core/errors.ts";
import type { SandboxBackend } from "../../src/core/sandbox.ts";
import { bubblewrapBackend } from "../../src/sandbox/bubblewrap.ts";
import { dockerBackend } from "../../src/sandbox/docker/docker.ts";
import { engineObstacle } from "../sandbox/engineObstacle.ts";
import { clock, memoryBlobs, silentLog } from "../sandbox/ground.ts";

export const DOCKER_SOCKET = "/var/run/docker.sock";
export const DOCKER_IMAGE = "nightshift/python:latest";

export interface Place extends AsyncDisposable {
  readonly name: string;
  readonly backend: SandboxBackend;
}

/** Why there is no Docker here; null where there is. */
export function dockerObstacle(): Promise<string | null> {
  return engineObstacle(DOCKER_SOCKET, DOCKER_IMAGE);
}

/** Those of docker and bubblewrap that are wanted, as far as they work here. */
export async function workingPlaces(
  wanted: readonly string[] = ["docker", "bubblewrap"],
): Promise<readonly Place[]> {
  const shared = { blobs: memoryBlobs(), clock, log: silentLog() };
  const docker = async (root: string) => {
    const obstacle = await dockerObstacle();
    if (obstacle !== null) throw new Error(obstacle);
    const connection = { socketPath: DOCKER_SOCKET };
    return dockerBackend({ ...shared, name: "local", connection, socketRoot: root });
  };
  const bubblewrap = async (root: string) => {
    const trees = path.join(root, "none");
    const backend = bubblewrapBackend({ ...shared, root, python: "/usr/bin/python3", trees });
    await backend.probe();
    return backend;
  };
  const places: Place[] = [];
  for (const [name, open] of Object.entries({ docker, bubblewrap })) {
    if (!wanted.includes(name)) continue;
    const root = mkdtempSync("/tmp/nsb");
    chmodSync(root, 0o711);
    const clear = () => rmSync(root, { recursive: true, force: true, maxRetries: 3 });
    try {
      const backend = await open(root);
      const dispose = async () => {
        await backend.close();
        clear();
      };
      places.push({ name, backend, [Symbol.asyncDispose]: dispose });
    } catch (error) {
      clear();
      console.warn(`SKIPPED: ${name}: ${errorText(error)}`);
    }
  }
  return places;
}
