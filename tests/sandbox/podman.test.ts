// The docker backend over Podman's socket: the common contract, and what is different there. Skipped aloud where no Podman
// answers or the image is not there.
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import Docker from "dockerode";
import { afterAll, describe, expect, it } from "vitest";
import { UserError } from "../../src/core/errors.ts";
import type { SandboxBackend } from "../../src/core/sandbox.ts";
import { dockerBackend } from "../../src/sandbox/docker/docker.ts";
import { sandboxContract } from "../contracts/sandbox.ts";
import { engineObstacle } from "./engineObstacle.ts";
import { clock, memoryBlobs, never, PATIENT, silentLog, spec } from "./ground.ts";
import { until } from "./killable.ts";

const socketPath = process.env["NIGHTSHIFT_PODMAN_SOCKET"] ?? "/run/podman/podman.sock";
const socketRoot = mkdtempSync("/tmp/nsp");

function make(blobs = memoryBlobs(), path = socketPath): SandboxBackend {
  const shared = { blobs, clock, log: silentLog(), socketRoot };
  return dockerBackend({ ...shared, engine: "podman", name: "local", connection: { socketPath: path } });
}

const obstacle = await engineObstacle(socketPath, "localhost/nightshift/python:latest");

afterAll(() => rmSync(socketRoot, { recursive: true, force: true }));

if (obstacle !== null) {
  console.warn(`SKIPPED: all podman sandbox tests: ${obstacle}`);
  describe.skip(`podman (${obstacle})`, () => {
    it("needs a Podman service and the image", () => {});
  });
} else {
  sandboxContract("podman", async (blobs) => make(blobs));

  describe("podman", () => {
    const podman = new Docker({ socketPath });
    const backend = make();

    async function containersOf(runId: string): Promise<number> {
      const label = [`nightshift.run=${runId}`];
      return (await podman.listContainers({ all: true, filters: { label } })).length;
    }

    it("goes by its own name in what it makes", async () => {
      await using sandbox = await backend.create(spec(), never);
      expect(sandbox.handle).toMatchObject({ backend: "podman", host: "local" });
      expect(sandbox.capabilities).toMatchObject({ backend: "podman", isolation: "container" });
      const attached = await make().attach(sandbox.handle);
      const result = await attached?.exec("look", ["id", "-u"], PATIENT);
      expect(result?.output).toBe("65534\n");
    });

    it("names a missing image by Podman's name for it, and how to build it", async () => {
      await expect(backend.checkImage("never-built")).rejects.toBeInstanceOf(UserError);
      await expect(backend.checkImage("never-built")).rejects.toThrow(
        /localhost\/nightshift\/never-built:latest.*`nightshift images build never-built --engine podman`/,
      );
    });

    it("names a service that does not answer", async () => {
      await expect(make(memoryBlobs(), `${socketRoot}/none.sock`).probe()).rejects.toThrow(
        /no Podman service answers at .*none\.sock.*podman system service/,
      );
    });

    it("sweeps one run's containers but not what a living process made, where that is wanted", async () => {
      await backend.create(spec({ runId: "podman-swept" }), never);
      expect(await backend.sweep({ runId: "podman-swept", spareOwned: true })).toBe(0);
      expect(await backend.sweep({ runId: "podman-swept", dryRun: true })).toBe(1);
      expect(await containersOf("podman-swept")).toBe(1);
      expect(await backend.sweep({ runId: "podman-swept" })).toBe(1);
      await until(async () => (await containersOf("podman-swept")) === 0);
    });

    it("leaves no socket folder behind", async () => {
      const folders = () => readdirSync(socketRoot).filter((name) => /^[0-9a-f]{12}$/.test(name)).length;
      const before = folders();
      const sandbox = await backend.create(spec(), never);
      expect(folders()).toBe(before + 1);
      await sandbox[Symbol.asyncDispose]();
      expect(folders()).toBe(before);
    });
  });
}
