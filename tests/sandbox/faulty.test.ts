// The faulty backend: without faults it keeps the common contract; with one, that one befalls and no other, and its rows would say so.
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { BoundaryError } from "../../src/core/errors.ts";
import { type SandboxFaults, sandboxFaultsSchema } from "../../src/core/faults.ts";
import { prng } from "../../src/core/prng.ts";
import { faultyBackend } from "../../src/sandbox/faulty.ts";
import { processBackend } from "../../src/sandbox/process.ts";
import { sandboxContract } from "../contracts/sandbox.ts";
import { KeptBlobs } from "../simulation/keptBlobs.ts";
import { MemoryHost } from "../simulation/memoryHost.ts";
import { clockOf, Timeline } from "../simulation/timeline.ts";
import { clock, never, PATIENT, silentLog, spec } from "./ground.ts";

const root = mkdtempSync(join(tmpdir(), "s"));
chmodSync(root, 0o711);
afterAll(() => rmSync(root, { recursive: true, force: true }));

sandboxContract("faulty/process, without faults", async (blobs) =>
  faultyBackend(processBackend({ root, python: "/usr/bin/python3", clock, log: silentLog(), blobs }), {
    faults: sandboxFaultsSchema.parse({}),
    seed: 1,
    clock,
    log: silentLog(),
  }),
);

/** Sandboxes in memory, in simulated time, that all have one fault. */
function befallen(faults: Partial<SandboxFaults>, host = new MemoryHost()) {
  const life = { dead: false };
  const time = clockOf(new Timeline(), life);
  const draw = prng(7);
  const blobs = new KeptBlobs().openedBy({ clock: time, life, draw });
  const kinds: unknown[] = [];
  const backend = faultyBackend(host.backend({ clock: time, life, draw, blobs }), {
    faults: sandboxFaultsSchema.parse(faults),
    seed: 3,
    clock: time,
    log: { info: (_event, fields) => void kinds.push(fields?.["kind"]), warn: () => {} },
  });
  return { host, backend, kinds, time };
}

test("a sandbox is refused, and none is left behind", async () => {
  const { backend, host, kinds } = befallen({ createRefused: 1 });
  await expect(backend.create(spec(), never)).rejects.toMatchObject({ boundary: "sandbox", transient: true });
  expect(host.living).toEqual([]);
  expect(kinds).toEqual(["sandbox:createRefused"]);
  // A judge's room is made.
  await backend.create(spec({ purpose: "judge" }), never);
  expect(host.living).toHaveLength(1);
});

test("a sandbox that dies in the middle of an action is gone", async () => {
  const { backend, host } = befallen({ died: 1 });
  const sandbox = await backend.create(spec(), never);
  await expect(sandbox.shell("one", "write x", PATIENT)).rejects.toBeInstanceOf(BoundaryError);
  expect(await sandbox.probe()).toBe(false);
  expect(host.living).toEqual([]);
});

test.each(["tornOutput", "replyLost"] as const)(
  "%s: the action is carried out, and answered when it is asked for again",
  async (kind) => {
    const { backend, host } = befallen({ [kind]: 1 });
    const sandbox = await backend.create(spec(), never);
    await expect(sandbox.shell("one", "add x", PATIENT)).rejects.toBeInstanceOf(BoundaryError);
    const same = await befallen({}, host).backend.attach(sandbox.handle);
    expect((await same?.shell("one", "add x", PATIENT))?.exitCode).toBe(0);
    expect(Buffer.from((await same?.read("solution.txt", 100)) ?? "").toString()).toBe("x\n");
  },
);

test("a slow action begins late and is whole", async () => {
  const { backend, time } = befallen({ slow: 1, slowSeconds: 100 });
  const sandbox = await backend.create(spec(), never);
  const before = time.monotonic();
  expect((await sandbox.shell("one", "bump", PATIENT)).output).toBe("count 1");
  expect(time.monotonic() - before).toBeGreaterThanOrEqual(100_000);
});

test("a snapshot is lost, and the work goes on", async () => {
  const { backend } = befallen({ snapshotLost: 1 });
  const sandbox = await backend.create(spec(), never);
  await expect(sandbox.snapshot()).rejects.toBeInstanceOf(BoundaryError);
  await expect(sandbox.restore("any")).rejects.toBeInstanceOf(BoundaryError);
  expect((await sandbox.shell("one", "bump", PATIENT)).output).toBe("count 1");
});

test("says on what it made that it is faulty, also where nothing befalls", async () => {
  const { backend } = befallen({});
  expect((await backend.probe()).backend).toBe("faulty/memory");
  expect((await backend.create(spec(), never)).capabilities.backend).toBe("faulty/memory");
});
