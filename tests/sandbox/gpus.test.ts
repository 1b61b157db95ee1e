// GPUs: asked of a container engine as it wants to be asked, and refused in one sentence where nobody can lend any.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { BlobStore, SandboxSpec } from "../../src/core/sandbox.ts";
import { createOptions } from "../../src/sandbox/docker/createOptions.ts";
import { processBackend } from "../../src/sandbox/process.ts";
import { clock, NEVER } from "../judge/world.ts";

const spec = (gpus: number | null): SandboxSpec => ({
  runId: "gpus",
  owner: "gpus",
  purpose: "submission",
  image: "python",
  files: [],
  mounts: [],
  limits: {
    ...{ cpus: 1, memoryMb: 64, pids: 32, diskMb: 1, lifetimeMs: 60_000 },
    ...(gpus === null ? {} : { gpus }),
  },
  env: {},
  network: false,
  orphanTtlMs: 60_000,
});
const none: BlobStore = {
  put: () => Promise.reject(new Error("no blobs")),
  get: () => Promise.reject(new Error("no blobs")),
  has: () => Promise.resolve(false),
};
let root = "";

beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), "nightshift-gpus-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

describe("GPUs", () => {
  it.each([
    [2, [{ Count: 2, Capabilities: [["gpu"]] }]],
    [0, undefined],
    [null, undefined],
  ])("%s of them are asked of the engine as device requests", (gpus, requests) => {
    const entry = { via: "socket", folder: "/f", supervisorPath: "/s" } as const;
    const placement = {
      id: "0",
      engine: "docker",
      imageTag: "t",
      owner: "o",
      nowMs: 0,
      liveRestore: false,
      entry,
    } as const;
    expect(createOptions(spec(gpus), placement).HostConfig?.DeviceRequests).toEqual(requests);
  });

  it("are refused by sandboxes without a container engine", async () => {
    const log = { info: () => undefined, warn: () => undefined };
    const backend = processBackend({ root, python: "python3", blobs: none, clock, log });
    await expect(backend.create(spec(1), NEVER)).rejects.toThrow(
      "1 GPU cannot be lent by process sandboxes; use the docker or podman backend",
    );
    await backend.close();
  });
});
