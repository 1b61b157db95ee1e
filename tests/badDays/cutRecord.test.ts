// The ledger and the steps log of a killed run, cut at every byte of their last record, as a crash or a power cut may leave them: each opens,
// the torn tail is recognised, nothing before it is lost, writing goes on behind it, and a resume ends every rollout once.
import { cp, open, readdir, readFile, truncate } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Double, startDouble } from "../../scripts/bench/startDouble.ts";
import { assertBooksClose, keepBooks } from "../../src/core/books.ts";
import { pastOf } from "../../src/core/past.ts";
import { attemptId, fold } from "../../src/core/runState.ts";
import { openLedger, readLedger } from "../../src/store/ledger.ts";
import { openRun } from "../../src/store/runDirectory.ts";
import { openStepsLog } from "../../src/store/stepsLog.ts";
import { dayFolder, dayPipeline, ledgerOf, startCommand, startRun, until } from "./machineDay.ts";

let folder: Awaited<ReturnType<typeof dayFolder>>;
let double: Double;
/** A run that was killed when its first rollout had ended. */
let killed = "";
beforeAll(async () => {
  folder = await dayFolder("cut");
  double = await startDouble({ "latency-ms": 60, sigma: 0.3, steps: 6 });
  const run = await startRun(folder.path, "killed", dayPipeline(double.baseUrl));
  killed = run.directory;
  const ledger = path.join(killed, "ledger.jsonl");
  await until(
    async () => (await readFile(ledger, "utf8").catch(() => "")).includes('"kind":"rollout-ended"'),
    "the end of a rollout",
  );
  run.child.kill("SIGKILL");
  await run.ended;
}, 120_000);
afterAll(async () => {
  await double[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

/** Where the last record of a text of lines begins. */
function lastRecordAt(text: Buffer): number {
  return text.lastIndexOf("\n", text.length - 2) + 1;
}

/** Leaves a file as it was up to a byte. It is only ever made longer again by the same bytes. */
async function leave(file: string, whole: Buffer, bytes: number): Promise<void> {
  await using handle = await open(file, "r+");
  await handle.write(whole, 0, whole.length, 0);
  await handle.truncate(bytes);
}

async function copyOf(name: string): Promise<string> {
  const copy = path.join(folder.path, name);
  await cp(killed, copy, { recursive: true });
  return copy;
}

async function stepsFile(directory: string): Promise<string> {
  const names = await readdir(path.join(directory, "steps"));
  return path.join(directory, "steps", names.sort().at(-1) ?? "");
}

/** Ends the copy of a run by a resume: every rollout once, and no reply that is recorded was sold again. */
async function expectResumed(directory: string): Promise<void> {
  const { replies: soldBefore = 0 } = await double.stats();
  const state = fold((await readLedger(path.join(directory, "ledger.jsonl"))).events);
  let recordedBefore = 0;
  {
    await using run = await openRun(directory);
    for (const { key, retry } of state.underWay()) {
      recordedBefore += pastOf(await run.stepsLog.records(key, retry))?.steps.length ?? 0;
    }
  }
  const endedBefore = [...state.rollouts.values()].reduce(
    (sum, { facts }) => sum + (facts?.stepCount ?? 0),
    0,
  );
  const { exitCode, stderr } = await startCommand(["resume", directory], { cwd: folder.path }).ended;
  expect(exitCode, stderr).toBe(0);
  const { of } = await ledgerOf(directory);
  const ended = of("rollout-ended");
  expect(ended.map(({ outcome }) => outcome.kind)).toEqual(Array.from({ length: 4 }, () => "submitted"));
  const steps = ended.reduce((sum, { facts }) => sum + facts.stepCount, 0);
  const { replies: soldAfter = 0 } = await double.stats();
  expect(soldAfter - soldBefore, "replies bought by the resume").toBe(steps - endedBefore - recordedBefore);
}

describe("the last record of a ledger", { timeout: 120_000 }, () => {
  test("may be cut at every byte", async () => {
    const file = path.join(await copyOf("ledger-bytes"), "ledger.jsonl");
    const whole = await readFile(file);
    const { events } = await readLedger(file);
    const from = lastRecordAt(whole);
    expect(whole.length - from).toBeGreaterThan(50);
    for (let bytes = from; bytes < whole.length; bytes++) {
      await leave(file, whole, bytes);
      const opened = await openLedger(file);
      expect(opened.events.length, `cut to ${bytes} bytes`).toBe(events.length - 1);
      expect(opened.tornBytes).toBe(bytes - from);
      assertBooksClose(keepBooks(fold(opened.events), () => undefined));
      await opened.ledger.append({ kind: "run-ended", atMs: bytes, status: "interrupted" });
      await opened.close();
      const again = await readLedger(file);
      expect(again.tornBytes).toBe(0);
      expect(again.events.at(-1)).toMatchObject({ kind: "run-ended", atMs: bytes });
    }
    expect((await readLedger(file)).events.slice(0, -1)).toEqual(events.slice(0, -1));
  });

  test.each([0.5, 1])(
    "may be the end of a rollout, cut at %d of it: it is taken up from its steps and ends once",
    async (share) => {
      const directory = await copyOf(`ledger-${share}`);
      const file = path.join(directory, "ledger.jsonl");
      const whole = await readFile(file);
      const at = whole.lastIndexOf("\n", whole.indexOf('"kind":"rollout-ended"')) + 1;
      const end = whole.indexOf("\n", at);
      await truncate(file, at + Math.floor(share * (end - at)));
      const { tornBytes } = await readLedger(file);
      expect(tornBytes).toBe(Math.floor(share * (end - at)));
      await expectResumed(directory);
    },
  );
});

describe("the last record of a steps log", { timeout: 120_000 }, () => {
  test("may be cut at every byte", async () => {
    const directory = await copyOf("steps-bytes");
    const state = fold((await readLedger(path.join(directory, "ledger.jsonl"))).events);
    const isOpen = (key: string, retry: number) => state.isOpen(key, retry);
    const file = await stepsFile(directory);
    const whole = await readFile(file);
    const from = lastRecordAt(whole);
    expect(whole.length - from).toBeGreaterThan(100);
    const recordsIn = async () => {
      const log = await openStepsLog(path.dirname(file), isOpen);
      const found = new Map<string, number>();
      for (const { key, retry } of state.underWay()) {
        const records = await log.records(key, retry);
        // Folds, whatever is missing at its end.
        pastOf(records);
        found.set(attemptId(key, retry), records.length);
      }
      await log.close();
      return { tornBytes: log.tornBytes, found };
    };
    const before = await recordsIn();
    const all = [...before.found.values()].reduce((sum, count) => sum + count, 0);
    const [, lastKey = "", lastRetry = ""] =
      /^\{"kind":"[a-z-]+","key":"([^"]*)","retry":(\d+),/.exec(whole.toString("utf8", from)) ?? [];
    const isLastOpen = isOpen(lastKey, Number(lastRetry));
    for (let bytes = from; bytes < whole.length; bytes++) {
      await leave(file, whole, bytes);
      const { tornBytes, found } = await recordsIn();
      expect(tornBytes, `cut to ${bytes} bytes`).toBe(bytes - from);
      const count = [...found.values()].reduce((sum, one) => sum + one, 0);
      expect(count).toBe(isLastOpen ? all - 1 : all);
    }
  });

  test.each([0.5])("may be cut at %d of it: the rollout goes on from what is whole", async (share) => {
    const directory = await copyOf(`steps-${share}`);
    const file = await stepsFile(directory);
    const whole = await readFile(file);
    const from = lastRecordAt(whole);
    await truncate(file, from + Math.ceil(share * (whole.length - 1 - from)));
    await expectResumed(directory);
  });
});
