// A Docker daemon that shares no files with this machine, on TCP: the common contract through the relay, and attaching.
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { errorText } from "../../src/core/errors.ts";
import type { SandboxBackend } from "../../src/core/sandbox.ts";
import { dockerBackend } from "../../src/sandbox/docker/docker.ts";
import { sandboxContract } from "../contracts/sandbox.ts";
import { clock, memoryBlobs, never, PATIENT, silentLog, spec, text } from "./ground.ts";
import { killHard, startOrchestrator, until } from "./killable.ts";
import { type SecondDocker, startSecondDocker } from "./secondDocker.ts";

const socketRoot = mkdtempSync("/tmp/nsr");
const started: SecondDocker | string = await startSecondDocker(socketRoot, "nightshift/python:latest").catch(
  (error: unknown) => errorText(error),
);

afterAll(async () => {
  if (typeof started !== "string") await started.stop();
  rmSync(socketRoot, { recursive: true, force: true });
});

if (typeof started === "string") {
  console.warn(`SKIPPED: all tests of the relay to a remote Docker daemon: ${started}`);
  describe.skip("relay", () => {
    it("needs root, dockerd and the image", () => {});
  });
} else {
  const { host, port, docker } = started;
  const make = (blobs = memoryBlobs()): SandboxBackend =>
    dockerBackend({
      name: "second",
      connection: { host, port },
      blobs,
      clock,
      log: silentLog(),
      socketRoot,
    });

  sandboxContract("docker through a relay", async (blobs) => make(blobs));

  describe("relay", () => {
    const backend = make();

    it("is found by trying, and leaves nothing on this machine", async () => {
      await using sandbox = await backend.create(spec(), never);
      expect(sandbox.handle).toMatchObject({ host: "second", locator: "relay" });
      const look = await sandbox.shell("look", "ls -ld /run/nightshift; ls -A /run", PATIENT);
      expect(look.output).toMatch(/^drwxr-xr-x \d root root .*\/run\/nightshift\n/);
      // Nothing inside can fill the socket's folder, remove the socket, or speak through it.
      const attack =
        'rm -f /run/nightshift/s; echo x > /run/nightshift/x; python3 -c "import socket; s = ' +
        "socket.socket(socket.AF_UNIX); s.connect('/run/nightshift/s'); s.sendall(b'x' * 8); print(s.recv(9))\"";
      const { output } = await sandbox.shell("attack", attack, PATIENT);
      expect(output).toMatch(/Permission denied/);
      expect(output).toMatch(/b''|reset|Broken pipe/);
      expect(await sandbox.probe()).toBe(true);
      expect(readdirSync(socketRoot).filter((name) => /^[0-9a-f]{12}$/.test(name))).toEqual([]);
    });

    it("an action outlives a killed orchestrator and answers another process with its first result", async () => {
      const argv = ["sh", "-c", "echo begun >> log; sleep 2; echo survived"];
      const { child, handle } = await startOrchestrator({
        backend: "docker",
        root: socketRoot,
        runId: "outlives",
        argv,
        connection: { host, port },
      });
      await killHard(child);
      const other = dockerBackend({
        name: "local",
        connection: { host, port },
        blobs: memoryBlobs(),
        clock,
        log: silentLog(),
        socketRoot,
      });
      const sandbox = await other.attach(handle);
      if (!sandbox) throw new Error("not found again");
      await using attached = sandbox;
      const result = await attached.exec("long", ["echo", "done again"], PATIENT);
      expect(result).toMatchObject({ exitCode: 0, output: "survived\n" });
      expect(text(await attached.read("log", 100))).toBe("begun\n");
      await attached[Symbol.asyncDispose]();
      expect(await other.attach(handle)).toBe(null);
    });

    it("is dead once its container is, and leaves no container behind", async () => {
      const sandbox = await backend.create(spec({ runId: "gone" }), never);
      const running = sandbox.exec("run", ["sleep", "600"], PATIENT).catch((error: unknown) => error);
      await docker.getContainer(sandbox.handle.id).remove({ force: true });
      expect(await running).toMatchObject({ boundary: "sandbox" });
      await sandbox[Symbol.asyncDispose]();
      await until(async () => (await docker.listContainers({ all: true })).length === 0);
    });
  });
}
