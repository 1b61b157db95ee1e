// The fault harness: processes killed and power cut at moments drawn from a seed. What was acknowledged is there
// afterwards, in order; what was not may be missing; nothing is torn; the books close.
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { assertBooksClose, keepBooks } from "../../src/core/books.ts";
import { type Prng, prng } from "../../src/core/prng.ts";
import { fold } from "../../src/core/runState.ts";
import { openCommitFile } from "../../src/store/groupCommit.ts";
import { openLedger, readLedger } from "../../src/store/ledger.ts";
import { encodeLine, scanLines } from "../../src/store/lines.ts";
import { readRun } from "../../src/store/readRun.ts";
import { createRun, openRun } from "../../src/store/runDirectory.ts";
import { startChild } from "./child.ts";
import { diskError, faultyDisk } from "./faultyDisk.ts";
import { randomLedger, rolloutKeyOf, trajectory } from "./samples.ts";
import { temporaryFolder } from "./temporary.ts";

const SEEDS = Array.from({ length: 40 }, (_, index) => index + 1);

/** A disk whose power fails before one operation: that one, every later one, and every unsynced byte are lost. */
function failingPower(random: Prng) {
  const last = random.below(30);
  return faultyDisk({
    writeBytesMax: random.chance(0.5) ? 50 : 100_000,
    tornShare: random.next(),
    before: (_, count) => {
      if (count >= last) throw diskError("EIO");
    },
  });
}

describe("a power cut", () => {
  test.each(SEEDS)("loses nothing that a file acknowledged (seed %i)", async (seed) => {
    const random = prng(seed);
    const path = join(await temporaryFolder(), "journal.jsonl");
    const disk = failingPower(random);
    const file = openCommitFile(path, { keepBytes: 0, disk });
    const acknowledged: string[] = [];
    const writers = Array.from({ length: 8 }, async (_, writer) => {
      for (let index = 0; index < 10; index++) {
        const record = { writer, index, text: "x".repeat(random.below(200)) };
        try {
          await file.append(() => encodeLine(record));
        } catch {
          return index;
        }
        acknowledged.push(`${writer}/${index}`);
      }
      return 10;
    });
    const counts = await Promise.all(writers);
    await file.close();
    await disk.cutPower(random);

    const found: number[][] = counts.map(() => []);
    const scan = await scanLines(path, (text) => {
      const [, writer, index] = /^\{"writer":(\d+),"index":(\d+),/.exec(text) ?? [];
      found[Number(writer)]?.push(Number(index));
    });
    for (const [writer, indices] of found.entries()) {
      expect(indices).toEqual(indices.map((_, index) => index));
      expect(indices.length).toBeGreaterThanOrEqual(counts[writer] ?? 0);
    }
    // And writing goes on where the whole records end.
    const again = openCommitFile(path, { keepBytes: scan.goodBytes });
    await again.append(() => encodeLine({ writer: 0, index: 99, text: "" }));
    await again.close();
    expect((await scanLines(path, () => undefined)).lineCount).toBe(scan.lineCount + 1);
  });

  test.each(SEEDS.slice(0, 20))(
    "leaves a ledger that is a prefix of what was appended (seed %i)",
    async (seed) => {
      const random = prng(seed);
      const path = join(await temporaryFolder(), "ledger.jsonl");
      const events = randomLedger(random, 120);
      const disk = failingPower(random);
      const { ledger, close } = await openLedger(path, { disk });
      const appended = await Promise.allSettled(
        events.map(async (event, index) => {
          for (let turn = 0; turn < index / 8; turn++) await new Promise((resolve) => setImmediate(resolve));
          await ledger.append(event);
        }),
      );
      await close();
      await disk.cutPower(random);
      const acknowledged = appended.filter((one) => one.status === "fulfilled").length;
      const { events: found } = await readLedger(path);
      expect(found).toEqual(events.slice(0, found.length));
      expect(found.length).toBeGreaterThanOrEqual(acknowledged);
      assertBooksClose(keepBooks(fold(found), () => undefined));
    },
  );
});

describe("a full disk", () => {
  test("stops a run without spoiling it; it resumes once there is room", async () => {
    const directory = join(await temporaryFolder(), "run");
    await createRun(directory, { ...RUN, runId: "full" });
    let full = false;
    const disk = faultyDisk({
      tornShare: 0.7,
      before: (operation) => {
        if (full && operation === "write") throw diskError("ENOSPC");
      },
    });
    const run = await openRun(directory, { disk, segmentBytesMax: 1 });
    const kept = await run.archive.append(trajectory("kept"));
    full = true;
    await expect(run.archive.append(trajectory("lost"))).rejects.toThrow(/ENOSPC/);
    full = false;
    // Room again, but this session has lost a record: it must not go on as if it had not.
    await expect(run.archive.append(trajectory("late"))).rejects.toThrow(/ENOSPC/);
    await run.close();
    await using again = await openRun(directory);
    await again.archive.append(trajectory("next"));
    expect(await again.archive.read(kept)).toEqual(trajectory("kept"));
  });
});

const RUN = { createdAt: "2026-11-24T06:00:00.000Z", codeVersion: "test", pipelineText: "", resolved: {} };

describe("kill -9", () => {
  test("of a busy run, again and again, loses nothing that was acknowledged", async () => {
    const directory = join(await temporaryFolder(), "run");
    await createRun(directory, { ...RUN, runId: "killed" });
    const random = prng(20_261_124);
    const endedAt = new Map<string, { segment: number; offset: number; length: number }>();
    const admittedKeys = new Set<string>();
    for (let session = 0; session < 6; session++) {
      const child = startChild("writer.ts", directory, String(session));
      await child.firstLine();
      const lineCount = 30 + random.below(600);
      await expect
        .poll(() => child.lines.length, { timeout: 30_000, interval: 2 })
        .toBeGreaterThan(lineCount);
      await child.kill();

      const run = await readRun(directory);
      expect(run.owner).toBeNull();
      const steps = await run.openSteps();
      const acknowledgedSteps = new Map<string, number>();
      for (const line of child.lines) {
        const [what, key = "", ...rest] = line.split(" ");
        if (what === "admitted") admittedKeys.add(key);
        else if (what === "step") acknowledgedSteps.set(`${key} ${rest[0]}`, Number(rest[1]));
        else if (what === "blob") expect(await run.blobs.has(key)).toBe(true);
        else if (what === "ended") {
          const [segment, offset, length] = rest.map(Number);
          endedAt.set(key, { segment: segment ?? -1, offset: offset ?? -1, length: length ?? -1 });
          const submission = await run.blobs.get(rest[3] ?? "");
          expect(Buffer.from(submission).toString()).toBe(`submission of ${key}`);
        }
      }
      for (const key of admittedKeys) expect(run.state.rollouts.has(key)).toBe(true);
      for (const [key, archive] of endedAt) expect(run.state.rollouts.get(key)).toMatchObject({ archive });
      for (const rollout of run.state.rollouts.values()) {
        if (rollout.archive !== null) expect((await run.archive.read(rollout.archive)).key).toBe(rollout.key);
      }
      for (const [attempt, last] of acknowledgedSteps) {
        const [key = "", retry] = attempt.split(" ");
        if (!run.state.isOpen(key, Number(retry))) continue;
        const records = await steps.records(key, Number(retry));
        expect(records.length).toBeGreaterThan(last);
        const indices = records.map((record) => (record.kind === "reply-received" ? record.step.index : -1));
        expect(indices).toEqual(indices.map((_, index) => index));
      }
      const books = keepBooks(run.state, () => ({ kind: "kept" }));
      assertBooksClose(books);
      expect(books.kept).toBeGreaterThanOrEqual(endedAt.size);
    }
    expect(endedAt.size).toBeGreaterThan(50);
    expect(admittedKeys.has(rolloutKeyOf(0))).toBe(true);

    // What is left of the steps belongs to rollouts that are open: the rest was compacted on the way.
    await using run = await openRun(directory);
    const state = fold(run.events);
    const open = [...state.rollouts.values()].filter((rollout) => state.isOpen(rollout.key, rollout.retry));
    expect((await readdir(run.paths.steps)).length).toBeLessThanOrEqual(open.length + 1);
  });
});
