// The file tools at their edges, in plain processes and in bubblewrap where it works.
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, it } from "vitest";
import { errorText } from "../../src/core/errors.ts";
import { bubblewrapBackend } from "../../src/sandbox/bubblewrap.ts";
import { processBackend } from "../../src/sandbox/process.ts";
import { toolsContract } from "../contracts/tools.ts";
import { clock, memoryBlobs, silentLog } from "../sandbox/ground.ts";

const root = mkdtempSync(join(tmpdir(), "t"));
// Sandboxes run under users of their own, who must be able to pass through.
chmodSync(root, 0o711);
afterAll(() => rmSync(root, { recursive: true, force: true }));

const shared = { root, python: "/usr/bin/python3", clock, log: silentLog() };
const trees = join(root, "none");
const obstacle = await bubblewrapBackend({ ...shared, trees, blobs: memoryBlobs() })
  .probe()
  .then(
    () => null,
    (error: unknown) => errorText(error),
  );

toolsContract("process", async (blobs) => processBackend({ ...shared, blobs }));
if (obstacle === null)
  toolsContract("bubblewrap", async (blobs) => bubblewrapBackend({ ...shared, trees, blobs }));
else describe.skip(`tools contract: bubblewrap (${obstacle})`, () => it("is skipped", () => {}));
