// The scripted researcher in real sandboxes: its programs run, its searches find something, and a second play of the same
// seed reads and says the same to the byte.
import { existsSync } from "node:fs";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "../../src/compose/world.ts";
import type { SandboxBackend } from "../../src/core/sandbox.ts";
import { processBackend } from "../../src/sandbox/process.ts";
import { memoryBlobs } from "../tools/memorySandbox.ts";
import { playPretended, SHIPPED, shippedTask } from "./scriptedWorld.ts";

const SEED_INDEXES = [0, 1];
/** One that every user may run: the first on PATH may lie in a home folder that a sandbox's user cannot enter. */
const python = existsSync("/usr/bin/python3") ? "/usr/bin/python3" : "python3";
const isLinux = process.platform === "linux";
if (!isLinux) console.warn("skipped: process sandboxes need Linux");

describe.skipIf(!isLinux)("the scripted researcher in process sandboxes", () => {
  let root: string;
  let backend: SandboxBackend;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), "ns-scripted-"));
    await chmod(root, 0o755);
    backend = processBackend({
      root,
      python,
      blobs: memoryBlobs(),
      clock: systemClock,
      log: { info: () => {}, warn: () => {} },
    });
  });
  afterAll(() => rm(root, { recursive: true, force: true }));

  const play = async (taskId: string, seedIndex: number) => {
    const task = await shippedTask(taskId);
    const sandbox = await backend.create(
      {
        runId: "test",
        owner: `${taskId} ${seedIndex}`,
        purpose: "rollout",
        image: "none",
        files: task.workspace,
        mounts: [],
        limits: { ...task.definition.resources, lifetimeMs: 300_000 },
        env: {},
        network: false,
        orphanTtlMs: 60_000,
      },
      new AbortController().signal,
    );
    const { pool, steps, outcome } = await playPretended({ task, workFile: "", seedIndex, sandbox });
    expect(outcome.kind).not.toBe("failed");
    expect(steps.filter((step) => step.actions[0]?.result?.exitCode === 127)).toEqual([]);
    return pool.map(({ message }) => message.content);
  };

  it.each(SHIPPED)("plays %s, twice the same", async (taskId) => {
    const once = await Promise.all(SEED_INDEXES.map((index) => play(taskId, index)));
    const twice = await Promise.all(SEED_INDEXES.toReversed().map((index) => play(taskId, index)));
    expect(twice.toReversed()).toEqual(once);
    const measured = once.map(
      (texts) => texts.filter((text) => /^(?:games|formulas) \d+.*mean/m.test(text)).length,
    );
    expect(Math.min(...measured)).toBeGreaterThanOrEqual(1);
  });
});
