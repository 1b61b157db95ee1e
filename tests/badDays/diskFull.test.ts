// The disk of a run fills up while it plays: it pauses with one clear sentence before a journal tears, and goes on once there is room.
import { spawnSync } from "node:child_process";
import { open, readdir, rm, stat, statfs } from "node:fs/promises";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { startDouble } from "../../scripts/bench/startDouble.ts";
import { scanLines } from "../../src/store/lines.ts";
import { PAUSE_FREE_BYTES_MIN, watchRoom } from "../../src/store/room.ts";
import {
  dayFolder,
  dayPipeline,
  expectNothingBoughtTwice,
  ledgerOf,
  startCommand,
  startRun,
  untilCalls,
} from "./machineDay.ts";

const MEBIBYTE = 1_048_576;
const SUBMITTED = Array.from({ length: 4 }, () => "submitted");

/** A file system of its own; null where mounting is not allowed. */
async function smallDisk(
  parent: string,
  megabytes: number,
): Promise<({ readonly path: string } & AsyncDisposable) | null> {
  const folder = path.join(parent, "disk");
  spawnSync("mkdir", ["-p", folder]);
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", folder]);
  if (mounted.status !== 0) {
    console.warn(`SKIPPED: no file system can be mounted here (${String(mounted.stderr).trim()})`);
    return null;
  }
  return {
    path: folder,
    async [Symbol.asyncDispose]() {
      spawnSync("umount", ["-l", folder]);
    },
  };
}

/** Takes room until so much is left. */
async function fill(disk: string, leaveBytes: number): Promise<string> {
  const file = path.join(disk, "filler");
  if (leaveBytes === 0) {
    // To the end of the disk, while the run writes into it as well.
    spawnSync("dd", ["if=/dev/zero", `of=${file}`, "bs=64k"]);
    return file;
  }
  const { bavail, bsize } = await statfs(disk);
  const filled = spawnSync("fallocate", ["-l", String(bavail * bsize - leaveBytes), file]);
  expect(filled.status, String(filled.stderr)).toBe(0);
  return file;
}

async function expectWholeJournals(directory: string): Promise<void> {
  expect((await scanLines(path.join(directory, "ledger.jsonl"), () => undefined)).tornBytes).toBe(0);
  for (const name of await readdir(path.join(directory, "steps"))) {
    expect((await scanLines(path.join(directory, "steps", name), () => undefined)).tornBytes).toBe(0);
  }
  for (const folder of ["blobs", "snapshots"]) {
    expect(await readdir(path.join(directory, folder, "drafts")).catch(() => [])).toEqual([]);
  }
}

describe("a disk that fills up", { timeout: 200_000 }, () => {
  test.each([
    // Room for what is under way to be recorded: it is kept at its next step, and no call is lost.
    {
      what: "slowly",
      leaveBytes: PAUSE_FREE_BYTES_MIN - 8 * MEBIBYTE,
      says: /^paused: the file system of .* has \d+ MiB free, and a run pauses below \d+ MiB; free some; when/m,
    },
    // At one blow: the journal meets the end of the disk itself.
    {
      what: "to the last byte",
      leaveBytes: 0,
      says: /^paused: (the file system of .* has \d+ MiB free|no room is left on a disk; free some: ).*; when it is mended/m,
    },
  ])("$what pauses the run, which goes on when there is room", async ({ leaveBytes, says }) => {
    await using folder = await dayFolder("disk-full");
    await using disk = await smallDisk(folder.path, 288);
    if (disk === null) return;
    await using double = await startDouble({ "latency-ms": 120, sigma: 0.2, steps: 8 });
    const run = await startRun(disk.path, "run", dayPipeline(double.baseUrl));
    await untilCalls(run.directory, 10);
    const filler = await fill(disk.path, leaveBytes);
    const paused = await run.ended;
    expect(paused.stderr).toMatch(says);
    expect(paused.exitCode).toBe(1);
    await expectWholeJournals(run.directory);
    const before = await ledgerOf(run.directory);
    expect(before.of("rollout-retried")).toEqual([]);
    if (leaveBytes > 0) {
      expect(before.of("run-paused")).toMatchObject([{ cause: "machine" }]);
      expect(before.state.status).toBe("paused");
    }

    const tooEarly = await startCommand(["resume", "run"], { cwd: disk.path }).ended;
    expect(tooEarly).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/has \d+ MiB free, and a run needs \d+ MiB to start/),
    });
    await rm(filler);
    const resumed = await startCommand(["resume", "run"], { cwd: disk.path }).ended;
    expect(resumed.exitCode, resumed.stderr).toBe(0);
    const { replies: sold = 0 } = await double.stats();
    await expectNothingBoughtTwice(run.directory, sold, SUBMITTED);
    expect((await ledgerOf(run.directory)).of("rollout-resumed").length).toBeGreaterThan(0);
  });

  test("by a limit on the size of a file pauses the run in the same way, without any mount", async () => {
    await using folder = await dayFolder("file-limit");
    await using double = await startDouble({ "latency-ms": 60, sigma: 0.2, steps: 8 });
    const run = await startRun(folder.path, "run", dayPipeline(double.baseUrl));
    await untilCalls(run.directory, 10);
    const { size } = await stat(path.join(run.directory, "ledger.jsonl"));
    const limited = spawnSync("prlimit", ["--pid", String(run.child.pid), `--fsize=${size + 64}`]);
    expect(limited.status, String(limited.stderr)).toBe(0);
    const paused = await run.ended;
    expect(paused.stderr).toMatch(
      /^paused: a file has reached the size that this process may write \(ulimit -f\); raise it: /m,
    );
    expect(paused.exitCode).toBe(1);
    await expectWholeJournals(run.directory);
    const resumed = await startCommand(["resume", "run"], { cwd: folder.path }).ended;
    expect(resumed.exitCode, resumed.stderr).toBe(0);
    const { replies: sold = 0 } = await double.stats();
    await expectNothingBoughtTwice(run.directory, sold, SUBMITTED);
  });
});

test("room is asked for a few times a second at most, and inodes count as room", async () => {
  await using folder = await dayFolder("room");
  let nowMs = 0;
  const scarce = watchRoom(folder.path, () => nowMs, { freeBytesMin: Number.MAX_SAFE_INTEGER });
  const answer = scarce.lack();
  expect(await answer).toMatch(/has \d+ MiB free, and a run pauses below/);
  expect(scarce.lack()).toBe(answer);
  nowMs = 1_000;
  expect(scarce.lack()).not.toBe(answer);
  const full = watchRoom(folder.path, () => nowMs, { freeInodesMin: Number.MAX_SAFE_INTEGER });
  const { files } = await statfs(folder.path);
  if (files > 0) expect(await full.lack()).toMatch(/has room for \d+ more files, and a run pauses below/);
  expect(await watchRoom(path.join(folder.path, "gone"), () => nowMs).lack()).toBeNull();
  await using file = await open(path.join(folder.path, "file"), "w");
  expect(await watchRoom(folder.path, () => nowMs, { freeBytesMin: 0, freeInodesMin: 0 }).lack()).toBeNull();
  expect((await file.stat()).size).toBe(0);
});
