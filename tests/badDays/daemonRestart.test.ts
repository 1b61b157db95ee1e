// A Docker daemon that is restarted: with live-restore a sandbox lives on, its running action ends, and another process attaches to it; without,
// it is gone, and says so at once. On a daemon of the test's own. What a whole run makes of it is scripts/daemonRestart.ts.
import { mkdtempSync, rmSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { startOwnDaemon } from "../../scripts/dev/ownDaemon.ts";
import { BoundaryError, errorText } from "../../src/core/errors.ts";
import { dockerBackend } from "../../src/sandbox/docker/docker.ts";
import { clock, memoryBlobs, never, PATIENT, silentLog, spec } from "../sandbox/ground.ts";
import { DOCKER_IMAGE, dockerObstacle } from "./places.ts";

const obstacle =
  (process.getuid?.() === 0 ? null : "starting dockerd needs root") ?? (await dockerObstacle());
const socketRoot = mkdtempSync("/tmp/nsd");
afterAll(() => rmSync(socketRoot, { recursive: true, force: true }));
if (obstacle !== null) console.warn(`SKIPPED: a daemon that is restarted: ${obstacle}`);

describe.skipIf(obstacle !== null)("a daemon that is restarted", { timeout: 180_000 }, () => {
  it.each([true, false])("with live-restore %s", async (liveRestore) => {
    await using daemon = await startOwnDaemon(liveRestore);
    daemon.load(DOCKER_IMAGE);
    const shared = { name: "own", clock, log: silentLog(), blobs: memoryBlobs(), socketRoot };
    const connection = { socketPath: daemon.socket };
    const backend = dockerBackend({ ...shared, connection });
    await using sandbox = await backend.create(spec({ runId: "restart" }), never);
    await sandbox.shell("before", "X=kept; echo before > file", PATIENT);
    // A daemon without live-restore waits a while for its containers to end: longer than that.
    const command = `sleep ${liveRestore ? 4 : 50}; cat file; echo $X`;
    const action = sandbox.shell("long", command, PATIENT).then(
      ({ output }) => output,
      (error: unknown) => error,
    );
    await daemon.restart("SIGTERM");
    const came = await action;

    // As another process would: it knows the handle, and that the action was under way.
    const attached = await dockerBackend({ ...shared, connection }).attach(sandbox.handle);
    if (liveRestore) {
      expect(came, errorText(came)).toBe("before\nkept\n");
      if (attached === null) throw new Error("the sandbox was not found again");
      const again = await attached.shell("long", command, PATIENT);
      expect(again.output).toBe("before\nkept\n");
      expect((await attached.shell("after", "echo $X", PATIENT)).output).toBe("kept\n");
    } else {
      expect(came).toBeInstanceOf(BoundaryError);
      expect(attached).toBeNull();
      expect(await sandbox.probe()).toBe(false);
      await using another = await backend.create(spec({ runId: "restart" }), never);
      expect((await another.shell("new", "ls", PATIENT)).exitCode).toBe(0);
    }
    await backend.sweep({ runId: "restart" });
    expect(daemon.docker("ps", "-aq")).toBe("");
  });
});
