import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { StoreError, UserError } from "../../src/core/errors.ts";
import { readRun } from "../../src/store/readRun.ts";
import { createRun, openRun } from "../../src/store/runDirectory.ts";
import { admitted, ended, replyReceived, rolloutKeyOf, started, trajectory } from "./samples.ts";
import { temporaryFolder } from "./temporary.ts";

const DESCRIPTION = {
  runId: "quickstart-1",
  createdAt: "2026-11-24T06:00:00.000Z",
  codeVersion: "0.1.0",
  pipelineText: "name: quickstart\n",
  resolved: { name: "quickstart", budget: null, list: [1, 2] },
};
const A = rolloutKeyOf("a");
const B = rolloutKeyOf("b");

async function newRun() {
  const directory = join(await temporaryFolder(), "runs", "first");
  await createRun(directory, DESCRIPTION);
  return directory;
}

describe("creating a run", () => {
  test("lays out its parts and writes what it is", async () => {
    const directory = await newRun();
    const parts = ["archive", "blobs", "dataset", "exports", "run.json", "steps"];
    expect((await readdir(directory)).toSorted()).toEqual(parts);
    const written: unknown = JSON.parse(await readFile(join(directory, "run.json"), "utf8"));
    expect(written).toEqual({ version: 1, ...DESCRIPTION });
  });

  test("where one exists already is refused, also before it was ever opened and after", async () => {
    const directory = await newRun();
    await expect(createRun(directory, DESCRIPTION)).rejects.toThrow(/already holds a run/);
    await (await openRun(directory)).close();
    await expect(createRun(directory, DESCRIPTION)).rejects.toThrow(UserError);
  });

  test("at the same time in one place, one wins", async () => {
    const directory = join(await temporaryFolder(), "run");
    const tries = await Promise.allSettled([1, 2, 3].map(() => createRun(directory, DESCRIPTION)));
    expect(tries.filter((one) => one.status === "fulfilled").length).toBe(1);
    for (const one of tries) if (one.status === "rejected") expect(one.reason).toBeInstanceOf(UserError);
  });

  test("in a directory of something else is refused, and nothing is written", async () => {
    const directory = await temporaryFolder();
    await writeFile(join(directory, "thesis.tex"), "");
    await expect(createRun(directory, DESCRIPTION)).rejects.toThrow(/not empty \(it holds thesis.tex\)/);
    expect(await readdir(directory)).toEqual(["thesis.tex"]);
  });

  test("finishes what a killed process had begun", async () => {
    const directory = await temporaryFolder();
    await mkdir(join(directory, "steps"));
    await writeFile(join(directory, "run.json.123.draft"), "{");
    await createRun(directory, DESCRIPTION);
    await (await openRun(directory)).close();
  });
});

describe("opening a run", () => {
  test("refuses a directory without one, a newer one, and a foreign one, and writes nothing there", async () => {
    const directory = await temporaryFolder();
    await expect(openRun(directory)).rejects.toThrow(/holds no run/);
    await expect(openRun(join(directory, "missing"))).rejects.toThrow(UserError);
    await writeFile(join(directory, "run.json"), JSON.stringify({ version: 2, somethingNew: true }));
    await expect(openRun(directory)).rejects.toThrow(/newer nightshift \(format 2; this one knows 1\)/);
    for (const foreign of ["{}", "not json", '{"version":1,"name":"mine"}', '["version"]']) {
      await writeFile(join(directory, "run.json"), foreign);
      await expect(openRun(directory)).rejects.toThrow(/is not nightshift's, or damaged/);
      await expect(readRun(directory)).rejects.toThrow(UserError);
    }
    expect(await readdir(directory)).toEqual(["run.json"]);
  });

  test("gives back what the session before recorded", async () => {
    const directory = await newRun();
    const first = await openRun(directory);
    expect([first.runJson, first.events]).toEqual([{ version: 1, ...DESCRIPTION }, []]);
    for (const event of [admitted(A), started(A), admitted(B), started(B)]) await first.ledger.append(event);
    for (const key of [A, B]) await first.stepsLog.append(replyReceived(key, 0));
    const archive = await first.archive.append(trajectory(A));
    const end = ended(A, { kind: "submitted" }, { archive });
    await first.ledger.append(end);
    const blob = await first.blobs.put(Buffer.from("submission"));
    await first.close();
    await first.close();

    await using second = await openRun(directory);
    expect(second.events).toEqual([admitted(A), started(A), admitted(B), started(B), end]);
    expect(second.tornBytes).toEqual({ ledger: 0, steps: 0, archive: 0 });
    const tries = [A, B].map((key) => ({ key, retry: 0 }));
    expect(await second.openSteps(tries)).toEqual(new Map([[`${B}/0`, [replyReceived(B, 0)]]]));
    expect(await second.archive.read(archive)).toEqual(trajectory(A));
    expect((await second.blobs.get(blob)).toString()).toBe("submission");
  });

  test("is for one process at a time; a reader needs no leave", async () => {
    const directory = await newRun();
    const run = await openRun(directory);
    await run.ledger.append(admitted(A));
    await run.ledger.append(started(A));
    await run.stepsLog.append(replyReceived(A, 0));
    await expect(openRun(directory)).rejects.toThrow(`in use by process ${process.pid}`);
    const reader = await readRun(directory);
    expect(reader.owner?.pid).toBe(process.pid);
    expect(reader.state.rollouts.get(A)?.status).toBe("started");
    expect(await (await reader.openSteps()).records(A, 0)).toEqual([replyReceived(A, 0)]);
    await run.close();
    expect((await readRun(directory)).owner).toBeNull();
  });

  test("an ended rollout lets its steps go", async () => {
    const directory = await newRun();
    const run = await openRun(directory, { segmentBytesMax: 1 });
    for (const event of [admitted(A), started(A), admitted(B), started(B)]) await run.ledger.append(event);
    for (const key of [A, B]) await run.stepsLog.append(replyReceived(key, 0));
    await run.ledger.append(ended(A, undefined, { archive: await run.archive.append(trajectory(A)) }));
    await expect.poll(() => readdir(run.paths.steps)).toEqual(["000001.jsonl"]);
    await run.close();
  });

  test("that fails half-way leaves no lock behind", async () => {
    const directory = await newRun();
    const run = await openRun(directory);
    for (const event of [admitted(A), started(A)]) await run.ledger.append(event);
    await run.close();
    const path = join(directory, "ledger.jsonl");
    const data = await readFile(path);
    const spoiled = Buffer.from(data);
    spoiled[10] = (spoiled[10] ?? 0) ^ 1;
    await writeFile(path, spoiled);
    await expect(openRun(directory)).rejects.toThrow(StoreError);
    await expect(openRun(directory)).rejects.toThrow(/line 1 \(byte 0\) is damaged/);
    await writeFile(path, data);
    await (await openRun(directory)).close();
  });

  test("a larger plan is written over the old one whole", async () => {
    const directory = await newRun();
    const run = await openRun(directory);
    const change = { codeVersion: "0.2.0", pipelineText: "name: more\n", resolved: { name: "more" } };
    await run.amend(change);
    await run.close();
    const { runJson } = await readRun(directory);
    expect(runJson).toEqual({ version: 1, ...DESCRIPTION, ...change });
    expect((await readdir(directory)).filter((name) => name.endsWith(".draft"))).toEqual([]);
    expect((await stat(join(directory, "run.json"))).isFile()).toBe(true);
  });
});
