// The docker backend: the common contract, and what only containers do. Skipped aloud where no daemon or image is.
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import Docker from "dockerode";
import { afterAll, describe, expect, it } from "vitest";
import { BoundaryError, UserError } from "../../src/core/errors.ts";
import type { SandboxBackend } from "../../src/core/sandbox.ts";
import { dockerBackend } from "../../src/sandbox/docker/docker.ts";
import { processBackend } from "../../src/sandbox/process.ts";
import { sandboxContract } from "../contracts/sandbox.ts";
import { engineObstacle } from "./engineObstacle.ts";
import { clock, memoryBlobs, never, PATIENT, silentLog, spec, text } from "./ground.ts";
import { killHard, startOrchestrator, until } from "./killable.ts";

const SOCKET = "/var/run/docker.sock";
const socketRoot = mkdtempSync("/tmp/nsd");

function make(blobs = memoryBlobs()): SandboxBackend {
  return dockerBackend({
    name: "local",
    connection: { socketPath: SOCKET },
    blobs,
    clock,
    log: silentLog(),
    socketRoot,
  });
}

const obstacle = await engineObstacle(SOCKET, "nightshift/python:latest");

afterAll(() => rmSync(socketRoot, { recursive: true, force: true }));

if (obstacle !== null) {
  console.warn(`SKIPPED: all docker sandbox tests: ${obstacle}`);
  describe.skip(`docker (${obstacle})`, () => {
    it("needs a daemon and the image", () => {});
  });
} else {
  sandboxContract("docker", async (blobs) => make(blobs));

  describe("docker", () => {
    const docker = new Docker({ socketPath: SOCKET });
    const backend = make();

    async function containersOf(runId: string): Promise<number> {
      const label = [`nightshift.run=${runId}`];
      // What has ended stands on a daemon with live-restore until a sweep.
      return (await docker.listContainers({ filters: { label } })).length;
    }

    it("an action outlives a killed orchestrator and answers another process with its first result", async () => {
      const argv = ["sh", "-c", "echo begun >> log; sleep 2; echo survived"];
      const options = { backend: "docker" as const, root: socketRoot, runId: "outlives", argv };
      const { child, handle } = await startOrchestrator(options);
      await killHard(child);
      const sandbox = await backend.attach(handle);
      if (!sandbox) throw new Error("not found again");
      await using attached = sandbox;
      const result = await attached.exec("long", ["echo", "done again"], PATIENT);
      expect(result).toMatchObject({ exitCode: 0, output: "survived\n" });
      expect(await attached.exec("long", argv, PATIENT)).toEqual(result);
      expect(text(await attached.read("log", 100))).toBe("begun\n");
      expect(attached.handle).toEqual(handle);
    });

    it("sweeps one run's containers and leaves none, and spares the others", async () => {
      const other = await backend.create(spec({ runId: "spared" }), never);
      const left = await Promise.all(
        Array.from({ length: 3 }, () => backend.create(spec({ runId: "swept" }), never)),
      );
      expect(await containersOf("swept")).toBe(3);
      expect(await backend.sweep({})).toBe(0);
      expect(await backend.sweep({ runId: "swept" })).toBe(3);
      await until(async () => (await containersOf("swept")) === 0);
      expect(await containersOf("spared")).toBe(1);
      for (const sandbox of left) {
        await until(async () => !(await sandbox.probe()));
        await expect(sandbox.shell("x", "true", PATIENT)).rejects.toBeInstanceOf(BoundaryError);
        await sandbox[Symbol.asyncDispose]();
      }
      await other[Symbol.asyncDispose]();
      expect(await containersOf("spared")).toBe(0);
    });

    it("ends by itself without a client", async () => {
      const options = {
        backend: "docker" as const,
        root: socketRoot,
        runId: "orphan",
        argv: ["sleep", "600"],
      };
      const { child, handle } = await startOrchestrator({ ...options, orphanTtlMs: 1500 });
      await killHard(child);
      await until(async () => (await containersOf("orphan")) === 0);
      expect(await backend.attach(handle)).toBe(null);
    });

    it("has no rights, a read-only root, and a supervisor that nothing inside can reach", async () => {
      await using sandbox = await backend.create(spec(), never);
      const status = await sandbox.exec(
        "status",
        ["grep", "-E", "CapEff|CapBnd|NoNewPrivs|Seccomp:", "/proc/self/status"],
        PATIENT,
      );
      expect(status.output.replaceAll(/\s+/g, " ")).toBe(
        "CapEff: 0000000000000000 CapBnd: 0000000000000000 NoNewPrivs: 1 Seccomp: 2 ",
      );
      const attacks = [
        "for s in KILL STOP TERM INT HUP QUIT; do kill -$s 1; done",
        "touch /x /etc/x",
        "rm -f /run/nightshift/s; head -c 1000 /dev/zero > /run/nightshift/fill",
        "cat /proc/1/mem /proc/1/environ",
        "mount -t tmpfs none /mnt",
        "ls /sys/class/net",
        "kill -9 -1",
      ];
      await sandbox.exec("attack", ["bash", "-c", attacks.join("\n")], PATIENT);
      const after = await sandbox.shell("after", "ls /x /etc/x /run/nightshift; ls /sys/class/net", PATIENT);
      expect(after.output).toMatch(/No such file.*\/x[\s\S]*\ns\nlo\n$|\/run\/nightshift:\ns\nlo\n$/);
      const talk =
        "import socket\ns = socket.socket(socket.AF_UNIX)\ns.connect('/run/nightshift/s')\ns.sendall(b'x' * 8)\nprint(s.recv(9))";
      expect((await sandbox.exec("talk", ["python3", "-c", talk], PATIENT)).output).toMatch(
        /b''|reset|Broken pipe/,
      );
      expect(await sandbox.probe()).toBe(true);
    });

    it("is dead once its container was removed by somebody else", async () => {
      await using sandbox = await backend.create(spec(), never);
      const running = sandbox.exec("run", ["sleep", "600"], PATIENT).catch((error: unknown) => error);
      await docker.getContainer(sandbox.handle.id).remove({ force: true });
      expect(await running).toBeInstanceOf(BoundaryError);
      expect(await sandbox.probe()).toBe(false);
      expect(await backend.attach(sandbox.handle)).toBe(null);
    });

    it("names a missing image and how to build it", async () => {
      await expect(backend.checkImage("never-built")).rejects.toBeInstanceOf(UserError);
      await expect(backend.checkImage("never-built")).rejects.toThrow(
        /nightshift\/never-built:latest.*`nightshift images build never-built`/,
      );
      await expect(
        backend.create(spec({ image: "never-built", runId: "missing" }), never),
      ).rejects.toMatchObject({
        boundary: "sandbox",
        transient: false,
      });
      expect(await containersOf("missing")).toBe(0);
    });

    it("names a daemon that does not answer", async () => {
      const absent = dockerBackend({
        name: "absent",
        connection: { socketPath: join(socketRoot, "none.sock") },
        blobs: memoryBlobs(),
        clock,
        log: silentLog(),
        socketRoot,
      });
      await expect(absent.probe()).rejects.toThrow(/no Docker daemon answers at .*none\.sock/);
    });

    it("makes the same snapshot of the same state as the process backend", async () => {
      const hashes: string[] = [];
      const blobs = memoryBlobs();
      const open = processBackend({
        root: "/tmp",
        python: "/usr/bin/python3",
        blobs,
        clock,
        log: silentLog(),
      });
      for (const each of [make(blobs), open]) {
        await using sandbox = await each.create(spec(), never);
        await sandbox.shell("lay", "mkdir -p a/b && cd a && echo x > b/c && export WHERE=/work/a", PATIENT);
        hashes.push(await sandbox.snapshot());
      }
      expect(hashes[0]).toBe(hashes[1]);
    });

    it("leaves no socket folder behind", async () => {
      const before = readdirSync(socketRoot).length;
      const sandbox = await backend.create(spec(), never);
      expect(readdirSync(socketRoot).length).toBe(before + 1);
      await sandbox[Symbol.asyncDispose]();
      expect(readdirSync(socketRoot).length).toBe(before);
    });
  });
}
