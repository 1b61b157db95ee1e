// A process that makes a sandbox, starts something in it, says so, and waits to be killed. Run by tests as a child.
//   node orchestrator.ts '{"backend": ..., "options": ..., "argv": [...]}'
import { bubblewrapBackend } from "../../src/sandbox/bubblewrap.ts";
import { dockerBackend } from "../../src/sandbox/docker/docker.ts";
import { processBackend } from "../../src/sandbox/process.ts";
import { clock, memoryBlobs, never, PATIENT, silentLog, spec } from "./ground.ts";

const { backend, root, argv, runId, orphanTtlMs = 60_000, connection } = JSON.parse(process.argv[2] ?? "{}");
const shared = { blobs: memoryBlobs(), clock, log: silentLog() };
const made =
  backend === "docker"
    ? dockerBackend({
        ...shared,
        name: "local",
        connection: connection ?? { socketPath: "/var/run/docker.sock" },
        socketRoot: root,
      })
    : backend === "bubblewrap"
      ? bubblewrapBackend({ ...shared, root, python: "/usr/bin/python3", trees: "/nonexistent" })
      : processBackend({ ...shared, root, python: "/usr/bin/python3", namespaces: backend === "process" });
const sandbox = await made.create(spec({ runId, orphanTtlMs }), never);
const action = sandbox.exec("long", argv, PATIENT);
await sandbox.exec("ready", ["true"], PATIENT);
console.log(JSON.stringify(sandbox.handle));
await action;
await clock.sleep(600_000);
