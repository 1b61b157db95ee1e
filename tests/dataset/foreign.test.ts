// parquetjs-lite, the foreign peer: we read what it writes (legacy lists), and it reads a compatible copy of ours.
import { join } from "node:path";
import parquetjs from "parquetjs-lite";
import { afterAll, expect, it } from "vitest";
import { footerVersion, writeCompatibleCopy } from "../../scripts/compatibleCopy.ts";
import { workerPool } from "../../src/compute/workerPool.ts";
import { readFooter, readRows, readTable } from "../../src/dataset/readTable.ts";
import { trajectoriesTable } from "../../src/dataset/schema.ts";
import { writeDataset } from "../../src/dataset/writeDataset.ts";
import { withDuck } from "./duck.ts";
import { FIXTURE_RUN, fixtureFunnel, fixtureRecords, fixtureTask, streamed } from "./fixtures.ts";
import { temporaryFolder } from "./temporary.ts";

const at = temporaryFolder();
const pool = workerPool({ workersMax: 1, waitingMax: 1 });
afterAll(() => pool[Symbol.asyncDispose]());

it("reads a parquetjs-lite file with repeated groups, gzip and all kinds of columns", async () => {
  const path = at("legacy.parquet");
  const schema = new parquetjs.ParquetSchema({
    id: { type: "UTF8", compression: "GZIP" },
    count: { type: "INT64" },
    score: { type: "DOUBLE", optional: true },
    when: { type: "TIMESTAMP_MILLIS" },
    resolved: { type: "BOOLEAN" },
    info: { type: "JSON" },
    tags: { type: "UTF8", repeated: true },
    messages: {
      repeated: true,
      fields: {
        role: { type: "UTF8", compression: "SNAPPY" },
        content: { type: "UTF8", optional: true },
        ids: { type: "INT32", repeated: true },
        note: { optional: true, fields: { words: { type: "UTF8", repeated: true } } },
      },
    },
  });
  const writer = await parquetjs.ParquetWriter.openFile(schema, path);
  writer.setRowGroupSize(2);
  const rows = Array.from({ length: 6 }, (_, i) => ({
    id: `row-${i}`,
    count: i * 1000,
    ...(i === 1 ? {} : { score: i / 4 }),
    when: new Date(1_790_000_000_000 + i),
    resolved: i % 2 === 0,
    info: { i, nested: ["é"] },
    tags: Array.from({ length: i }, (_unused, t) => `tag-${t}`),
    messages: Array.from({ length: i % 3 }, (_unused, m) => ({
      role: m === 0 ? "user" : "assistant",
      content: `text ${m}`,
      ids: Array.from({ length: m * 2 }, (_none, n) => n),
      ...(m === 0 ? {} : { note: { words: i === 5 ? ["w"] : [] } }),
    })),
  }));
  for (const row of rows) await writer.appendRow(row);
  await writer.close();

  const read: unknown[] = [];
  for await (const row of readRows(path)) read.push(row);
  expect(read).toEqual(
    rows.map((row) => ({
      ...row,
      score: row.score ?? null,
      when: row.when.getTime(),
      messages: row.messages.map((message) => ({ ...message, note: message.note ?? null })),
    })),
  );
  expect((await readFooter(path)).metadata.row_groups).toHaveLength(3);
});

it("parquetjs-lite reads a compatible copy, and not our own form", async () => {
  const dir = at("dataset");
  await writeDataset({
    outDir: dir,
    tasks: [fixtureTask()],
    rows: streamed(fixtureRecords(5)),
    runInfo: FIXTURE_RUN,
    funnel: fixtureFunnel(5),
    allow: [],
    offThread: pool.runInWorker,
    signal: new AbortController().signal,
  });
  const source = join(dir, "data/trajectories/train-00000-of-00001.parquet");
  expect(await footerVersion(source)).toBe(2);
  await expect(parquetjs.ParquetReader.openFile(source)).rejects.toThrow();

  const copy = at("copy.parquet");
  expect(await writeCompatibleCopy(trajectoriesTable, source, copy)).toBe(5);
  expect(await footerVersion(copy)).toBe(1);
  const ours: { id: string; steps: number; contents: string[] }[] = [];
  for await (const row of readTable(source, trajectoriesTable)) {
    const contents = row.messages.map((message) => message.content);
    ours.push({ id: row.trajectory_id, steps: row.num_steps, contents });
  }
  const reader = await parquetjs.ParquetReader.openFile(copy);
  const cursor = reader.getCursor();
  const theirs: unknown[] = [];
  for (let row = await cursor.next(); row !== null; row = await cursor.next()) {
    expect(row["reward"]).toBe(0.6);
    theirs.push({ id: row["trajectory_id"], steps: row["num_steps"], contents: contentsOf(row["messages"]) });
  }
  await reader.close();
  expect(theirs).toEqual(ours);
  await withDuck(async (query) => {
    const columns = "* EXCLUDE (started_at, ended_at)";
    const difference = `SELECT ${columns} FROM '${source}' EXCEPT SELECT ${columns} FROM '${copy}'`;
    expect(await query(`SELECT count(*)::INT AS n FROM (${difference})`)).toEqual([{ n: 0 }]);
  });
});

/** parquetjs-lite shows a list as what its schema says: `{ list: [{ element }] }`. */
function contentsOf(messages: unknown): unknown {
  const text = JSON.stringify(messages, (_key, value: unknown) =>
    typeof value === "bigint" ? Number(value) : value,
  );
  return [...text.matchAll(/"content":("(?:[^"\\]|\\.)*")/g)].map((match) => JSON.parse(match[1] ?? ""));
}
