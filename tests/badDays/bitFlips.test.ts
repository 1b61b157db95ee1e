// Bits that flip on the disk under a finished run: each is found by a checksum and named with file, byte and rollout; the rest can be used;
// what is lost stands in the books, and nothing is bought again that is whole anywhere.
import { cp, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Double, startDouble } from "../../scripts/bench/startDouble.ts";
import { mendRun } from "../../src/compose/mendRun.ts";
import { verifyRun } from "../../src/compose/verifyRun.ts";
import { createWorld } from "../../src/compose/world.ts";
import { readManifest } from "../../src/dataset/manifest.ts";
import { archiveReader } from "../../src/store/archive.ts";
import { readRun } from "../../src/store/readRun.ts";
import { dayFolder, dayPipeline, ledgerOf, startCommand, startRun, untilCalls } from "./machineDay.ts";

const world = await createWorld();
let folder: Awaited<ReturnType<typeof dayFolder>>;
let double: Double;
let finished = "";
beforeAll(async () => {
  folder = await dayFolder("flips");
  double = await startDouble({ "latency-ms": 5, sigma: 0.2, steps: 4 });
  const run = await startRun(folder.path, "finished", dayPipeline(double.baseUrl, { perCell: 3 }));
  const { exitCode, stderr } = await run.ended;
  expect(exitCode, stderr).toBe(0);
  finished = run.directory;
}, 120_000);
afterAll(async () => {
  await double[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

async function copyOf(name: string): Promise<string> {
  const copy = path.join(folder.path, name);
  await cp(finished, copy, { recursive: true, preserveTimestamps: true });
  return copy;
}

async function flip(file: string, offset: number, bit = 0): Promise<void> {
  const data = await readFile(file);
  data[offset] = (data[offset] ?? 0) ^ (1 << bit);
  await writeFile(file, data);
}

function command(args: readonly string[]) {
  return startCommand(args, { cwd: folder.path }).ended;
}

async function sold(): Promise<number> {
  const { replies = 0 } = await double.stats();
  return replies;
}

describe("a flipped bit in the archive", { timeout: 120_000 }, () => {
  test("is found wherever it lies in a record, and touches no other", async () => {
    const copy = await copyOf("anywhere");
    const reader = await readRun(copy);
    const refs = [...reader.state.rollouts.values()].map(({ archive }) => archive);
    const [first, second] = refs;
    if (!first || !second) throw new RangeError("the run has no sealed rollouts");
    const file = path.join(copy, "archive", "000000.seg");
    const whole = await readFile(file);
    for (let at = 0; at < second.length; at += 13) {
      const data = Buffer.from(whole);
      const offset = second.offset + at;
      data[offset] = (data[offset] ?? 0) ^ (1 << (at % 8));
      await writeFile(file, data);
      const archive = archiveReader(path.join(copy, "archive"));
      expect(await archive.damage(second), `bit ${at % 8} of byte ${offset}`).toContain(
        `${file}: the trajectory at byte ${second.offset} cannot be read: it is damaged`,
      );
      expect(await archive.damage(first)).toBeNull();
    }
  });

  test("costs one row, which the books count as lost; rerun plays it again, and nothing else", async () => {
    const copy = await copyOf("archive");
    const [victim] = [...(await readRun(copy)).state.rollouts.values()];
    if (!victim?.archive) throw new RangeError("the run has no sealed rollouts");
    const file = path.join(copy, "archive", "000000.seg");
    await flip(file, victim.archive.offset + 40);

    const found = await command(["verify", copy]);
    expect(found.exitCode).toBe(1);
    expect(found.stdout).toContain(
      `damaged: ${file}: the trajectory at byte ${victim.archive.offset} cannot be read`,
    );
    expect(found.stdout).toContain(
      `rollout ${victim.key.slice(0, 16)}: it had ended (submitted) after 4 steps for $0.`,
    );
    expect(found.stderr).toMatch(
      /^1 damaged; all else of \d+ ledger records, 3 rollouts, \d+ blobs is whole$/m,
    );

    const before = await sold();
    const more = await command(["resume", copy, "--set", "rollouts.perCell=4"]);
    expect(more.exitCode).toBe(1);
    expect(more.stderr).toMatch(
      /fell short: rollouts failed \(lost 1\); 1 of them because their record is damaged: .*verify .*rerun/,
    );
    const { funnel, tables } = await readManifest(path.join(copy, "dataset"));
    expect(funnel).toMatchObject({ admitted: 4, kept: 3, failed: { lost: 1 }, owed: 0 });
    expect(tables.trajectories.rows).toBe(3);
    expect(await sold()).toBe(before + 4);
    // Resuming does not play it again by itself: it was paid for.
    const again = await command(["resume", copy]);
    expect(again.exitCode).toBe(1);
    expect(await sold()).toBe(before + 4);

    const rerun = await command(["rerun", copy, "--where", "class=lost"]);
    expect(rerun.exitCode, rerun.stderr).toBe(0);
    // What that costs is said before it is spent, and counted.
    const price =
      /begins anew: 1 rollouts .* their 4 steps, \$(\d+\.\d+) and [\d,]+ tokens, are paid for twice/.exec(
        rerun.stdout,
      );
    expect(Number(price?.[1])).toBeCloseTo(victim.facts?.chargedUsd ?? -1, 4);
    const { stdout } = await command(["status", copy, "--json"]);
    expect(JSON.parse(stdout).begunAnew).toMatchObject({
      rollouts: 1,
      steps: 4,
      usd: victim.facts?.chargedUsd,
    });
    expect(await sold()).toBe(before + 8);
    const { of } = await ledgerOf(copy);
    expect(of("record-lost")).toMatchObject([{ key: victim.key, archive: victim.archive }]);
    expect(of("rollout-retried")).toMatchObject([
      { key: victim.key, stepCount: 4, spentUsd: victim.facts?.chargedUsd },
    ]);
    const whole = await readManifest(path.join(copy, "dataset"));
    expect(whole.funnel).toMatchObject({ admitted: 4, kept: 4, failed: {} });
    const { damages } = await verifyRun(world, copy);
    expect(damages).toEqual([]);
  });
});

test("a flipped bit in a blob or in the dataset is named, and the scores stand", {
  timeout: 120_000,
}, async () => {
  const copy = await copyOf("blobs");
  const [victim] = [...(await readRun(copy)).state.rollouts.values()];
  const id = victim?.facts?.finalSubmission ?? "";
  const blob = path.join(copy, "blobs", id.slice(0, 2), id);
  await flip(blob, 3);
  const table = (await readdir(path.join(copy, "dataset"), { recursive: true })).find((name) =>
    name.endsWith(".parquet"),
  );
  await flip(path.join(copy, "dataset", table ?? ""), 100, 5);
  const { damages, checked } = await verifyRun(world, copy);
  expect(damages).toEqual([
    {
      what: expect.stringContaining(`${blob} is damaged`),
      rolloutKey: expect.any(String),
      means: expect.stringContaining("stand"),
    },
    {
      what: expect.stringContaining(`${table} is damaged`),
      rolloutKey: null,
      means: expect.stringContaining("nightshift evaluate"),
    },
  ]);
  expect(checked.rollouts).toBe(3);
  const before = await sold();
  const mended = await command(["evaluate", copy]);
  expect(mended.exitCode, mended.stderr).toBe(0);
  expect((await verifyRun(world, copy)).damages).toHaveLength(1);
  expect(await sold()).toBe(before);
});

test("a flipped bit in a snapshot is named; its rollout is carried out again from its starter files", {
  timeout: 120_000,
}, async () => {
  await using slow = await startDouble({ "latency-ms": 80, sigma: 0.2, steps: 8 });
  const run = await startRun(folder.path, "drained", dayPipeline(slow.baseUrl, { perCell: 2 }));
  await untilCalls(run.directory, 6);
  run.child.kill("SIGTERM");
  expect((await run.ended).exitCode).toBe(130);
  const snapshots = path.join(run.directory, "snapshots");
  const names = (await readdir(snapshots, { recursive: true }))
    .filter((name) => /[0-9a-f]{64}$/.test(name))
    .sort();
  expect(names.length).toBeGreaterThan(0);
  for (const name of names) await flip(path.join(snapshots, name), 20);
  const { damages } = await verifyRun(world, run.directory);
  expect(damages.map(({ what }) => what).sort()).toEqual(
    names.map((name) => expect.stringContaining(`${path.join(snapshots, name)} is damaged`)),
  );
  const resumed = await command(["resume", run.directory]);
  expect(resumed.exitCode, resumed.stderr).toBe(0);
  expect(resumed.stderr).toContain('"event":"snapshot-not-read"');
  const { of } = await ledgerOf(run.directory);
  for (const { how, stepCount, replayedCount } of of("rollout-resumed")) {
    expect({ how, replayedCount }).toEqual({ how: "restored", replayedCount: stepCount });
  }
  const { replies } = await slow.stats();
  expect(of("rollout-ended").reduce((sum, { facts }) => sum + facts.stepCount, 0)).toBe(replies);
});

describe("a flipped bit in the ledger", { timeout: 120_000 }, () => {
  test.each([
    "run-opened",
    "rollout-admitted",
    "rollout-started",
    "call-started",
    "rollout-ended",
    "evaluation-ended",
    "dataset-written",
  ])("in a record of %s is mended from the records beside it and the archive", async (kind) => {
    const copy = await copyOf(`ledger-${kind}`);
    const file = path.join(copy, "ledger.jsonl");
    const text = await readFile(file, "latin1");
    const at = text.indexOf(`{"kind":"${kind}"`);
    await flip(file, at + 30, 2);
    const line = text.slice(0, at).split("\n").length;
    await expect(readRun(copy)).rejects.toThrow(`${file}: line ${line} (byte ${at}) is damaged`);
    const [damage] = (await verifyRun(world, copy)).damages;
    expect(damage).toMatchObject({ what: expect.stringContaining(`line ${line} (byte ${at}) is damaged`) });

    const mended = await mendRun(world, copy);
    expect(mended).toMatchObject({ damagedCount: 1, leftOutCount: 0, keptAt: `${file}.damaged` });
    expect(mended?.adoptedCount).toBe(kind === "rollout-ended" ? 1 : 0);
    expect(await mendRun(world, copy)).toBeNull();
    const before = (await readRun(finished)).state;
    const { state } = await readRun(copy);
    expect([...state.rollouts.keys()].sort()).toEqual([...before.rollouts.keys()].sort());
    for (const [key, rollout] of state.rollouts) {
      const { outcome, archive, facts, cell, seedIndex } = before.rollouts.get(key) ?? {};
      expect(rollout).toMatchObject({ outcome, archive, cell, seedIndex });
      expect(rollout.facts).toMatchObject({ stepCount: facts?.stepCount, chargedUsd: facts?.chargedUsd });
    }
  });

  test("stops a resume with one sentence; mended, the run is whole again without a reply bought", async () => {
    const copy = await copyOf("ledger");
    const file = path.join(copy, "ledger.jsonl");
    const text = await readFile(file, "latin1");
    await flip(file, text.indexOf('{"kind":"rollout-ended"') + 100);
    const refused = await command(["resume", copy]);
    expect(refused).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/ledger\.jsonl: line \d+ \(byte \d+\) is damaged\. .*verify --mend/),
    });
    const before = await sold();
    const mended = await command(["verify", copy, "--mend"]);
    expect(mended.exitCode, mended.stderr).toBe(0);
    expect(mended.stdout).toMatch(
      /^mended: 1 damaged records left out, .* 1 ended rollouts taken from the archive/m,
    );
    const resumed = await command(["resume", copy]);
    expect(resumed.exitCode, resumed.stderr).toBe(0);
    expect(await sold()).toBe(before);
    const tables = async (directory: string) => (await readManifest(path.join(directory, "dataset"))).tables;
    expect(await tables(copy)).toEqual(await tables(finished));
  });
});
