// Looks at a dataset folder with readers that share no line with its writer: DuckDB counts and hashes what our reader and
// the manifest say is there, and parquetjs-lite is tried both ways. One line a check; exit code 1 on any difference.
// Usage: node scripts/verifyDataset.ts <dataset folder>
import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import parquetjs from "parquetjs-lite";
import { errorText } from "../src/core/errors.ts";
import { sha256 } from "../src/core/hash.ts";
import { checkDataset } from "../src/dataset/checkDataset.ts";
import { type Manifest, readManifest } from "../src/dataset/manifest.ts";
import { readRows, readTable, rowCount } from "../src/dataset/readTable.ts";
import {
  stepsTable,
  TABLE_NAMES,
  TABLES,
  type Table,
  type TableName,
  trajectoriesTable,
} from "../src/dataset/schema.ts";
import { footerVersion, writeCompatibleCopy } from "./compatibleCopy.ts";

type Query = (sql: string) => Promise<Record<string, unknown>[]>;

/** What a reader finds: rows, and a hash over ids and texts in key order. */
interface Found {
  readonly rows: number;
  readonly hash: string;
}

/** What is hashed of each table beside the key, in DuckDB's words: what a reader would most likely get wrong. */
const HASHED = {
  tasks: { key: ["task_id"], text: "coalesce(description, '')" },
  trajectories: {
    key: ["trajectory_id"],
    text: "array_to_string(list_transform(messages, m -> m.role || ' ' || m.content), chr(10))",
  },
  steps: {
    key: ["trajectory_id", "step_index"],
    text: "array_to_string(list_transform(actions, a -> a.tool || ' ' || a.text), chr(10))",
  },
} as const;

let failures = 0;

async function check(what: string, look: () => Promise<string | null>): Promise<void> {
  const problem = await look().catch(errorText);
  failures += problem === null ? 0 : 1;
  process.stdout.write(problem === null ? `ok    ${what}\n` : `WRONG ${what}: ${problem}\n`);
}

async function verify(dir: string): Promise<void> {
  const manifest = await readManifest(dir);
  for (const { what, problem } of await checkDataset(dir)) await check(what, async () => problem);
  const instance = await DuckDBInstance.create(":memory:", { threads: "1" });
  const connection = await instance.connect();
  const query: Query = async (sql) => (await connection.runAndReadAll(sql)).getRowObjectsJson();
  try {
    for (const name of TABLE_NAMES) await verifyTable(dir, manifest, name, query);
    await check("DuckDB: every column is OPTIONAL", async () => {
      const found = await query(
        `SELECT DISTINCT name FROM parquet_schema('${dir}/data/*/*.parquet') WHERE repetition_type = 'REQUIRED' AND name <> 'schema'`,
      );
      return found.length === 0 ? null : found.map((row) => row["name"]).join(", ");
    });
    await check("DuckDB: every step has a trajectory, every trajectory a task", async () => {
      const orphans = await query(`
        SELECT count(*)::INT AS n FROM '${dir}/data/steps/*.parquet' ANTI JOIN '${dir}/data/trajectories/*.parquet' USING (trajectory_id)
        UNION ALL
        SELECT count(*)::INT AS n FROM '${dir}/data/trajectories/*.parquet' ANTI JOIN '${dir}/data/tasks/*.parquet' USING (task_id)`);
      return orphans.every((row) => row["n"] === 0) ? null : JSON.stringify(orphans);
    });
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
  await verifyPeer(dir, manifest);
}

async function verifyTable(dir: string, manifest: Manifest, name: TableName, query: Query): Promise<void> {
  const { key, text } = HASHED[name];
  const ours = await foundByUs(dir, manifest, name);
  await check(`our reader: ${name}, ${ours.rows} rows`, async () =>
    same("rows", manifest.tables[name].rows, ours.rows),
  );
  await check(`DuckDB: ${name}, ${ours.rows} rows, hash over keys and texts`, async () => {
    const rows = await query(
      `SELECT ${key.join(", ")}, sha256(${text}) AS text FROM '${dir}/data/${name}/*.parquet' ORDER BY ${key.join(", ")}`,
    );
    const theirs = foundIn(rows, name);
    return same("rows", ours.rows, theirs.rows) ?? same("hash", ours.hash, theirs.hash);
  });
}

async function foundByUs(dir: string, manifest: Manifest, name: TableName): Promise<Found> {
  const rows: Record<string, unknown>[] = [];
  const table: Table = TABLES[name];
  const { key } = HASHED[name];
  for (const file of manifest.files.filter((entry) => entry.table === name)) {
    for await (const row of readTable(join(dir, file.path), table)) {
      const cells: Record<string, unknown> = row;
      const keys = key.map((column) => [column, cells[column]]);
      rows.push({ ...Object.fromEntries(keys), text: sha256(textOf(name, cells)) });
    }
  }
  rows.sort((a, b) =>
    compare(
      key.map((column) => a[column]),
      key.map((column) => b[column]),
    ),
  );
  return foundIn(rows, name);
}

/** The same text as HASHED names, from our reader's row. */
function textOf(name: TableName, row: Record<string, unknown>): string {
  switch (name) {
    case "tasks":
      return String(row["description"] ?? "");
    case "trajectories":
      return trajectoriesTable.row.shape.messages
        .parse(row["messages"])
        .map((message) => `${message.role} ${message.content}`)
        .join("\n");
    case "steps":
      return stepsTable.row.shape.actions
        .parse(row["actions"])
        .map((action) => `${action.tool} ${action.text}`)
        .join("\n");
    default:
      return name satisfies never;
  }
}

function foundIn(rows: readonly Record<string, unknown>[], name: TableName): Found {
  const { key } = HASHED[name];
  const hash = createHash("sha256");
  for (const row of rows)
    hash.update(`${JSON.stringify([...key, "text"].map((column) => row[column] ?? null))}\n`);
  return { rows: rows.length, hash: hash.digest("hex") };
}

/** parquetjs-lite both ways: it reads a compatible copy of ours, and we read a file that it wrote from our rows. */
async function verifyPeer(dir: string, manifest: Manifest): Promise<void> {
  const file = manifest.files.find(({ table }) => table === "trajectories");
  if (file === undefined) return check("parquetjs-lite", async () => "the manifest names no trajectories");
  const source = join(dir, file.path);
  const folder = await mkdtemp(join(tmpdir(), "nightshift-verify-"));
  const ids: string[] = [];
  for await (const row of readTable(source, trajectoriesTable)) ids.push(row.trajectory_id);
  try {
    await check(`parquetjs-lite reads a compatible copy of ${file.path}`, async () => {
      const copy = join(folder, "copy.parquet");
      await writeCompatibleCopy(trajectoriesTable, source, copy);
      const reader = await parquetjs.ParquetReader.openFile(copy);
      const cursor = reader.getCursor();
      const theirs: unknown[] = [];
      for (let row = await cursor.next(); row !== null; row = await cursor.next())
        theirs.push(row["trajectory_id"]);
      await reader.close();
      const version = same("footer version", 1, await footerVersion(copy));
      return version ?? same("ids", ids.join(), theirs.join());
    });
    await check("our reader reads a file that parquetjs-lite wrote of its rows (legacy lists)", async () => {
      const path = join(folder, "theirs.parquet");
      const expected = await writeLegacy(source, path);
      const found: unknown[] = [];
      for await (const row of readRows(path)) found.push(row);
      const rows = same("rows", await rowCount(source), found.length);
      return rows ?? same("values", JSON.stringify(expected), JSON.stringify(found));
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function writeLegacy(source: string, path: string): Promise<unknown[]> {
  const schema = new parquetjs.ParquetSchema({
    id: { type: "UTF8", compression: "GZIP" },
    steps: { type: "INT64" },
    reward: { type: "DOUBLE", optional: true },
    main_path: { type: "INT32", repeated: true },
    messages: {
      repeated: true,
      fields: { role: { type: "UTF8" }, content: { type: "UTF8", compression: "SNAPPY" } },
    },
  });
  const writer = await parquetjs.ParquetWriter.openFile(schema, path);
  const expected: unknown[] = [];
  for await (const row of readTable(source, trajectoriesTable)) {
    const messages = row.messages.map(({ role, content }) => ({ role, content }));
    const flat = { id: row.trajectory_id, steps: row.num_steps, main_path: row.main_path, messages };
    await writer.appendRow(row.reward === null ? flat : { ...flat, reward: row.reward });
    expected.push({
      id: flat.id,
      steps: flat.steps,
      reward: row.reward,
      main_path: flat.main_path,
      messages,
    });
  }
  await writer.close();
  return expected;
}

function same(what: string, told: unknown, found: unknown): string | null {
  return told === found ? null : `${what} differ: ${short(told)} and ${short(found)}`;
}

function short(value: unknown): string {
  const text = String(value);
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}

function compare(a: readonly unknown[], b: readonly unknown[]): number {
  for (const [index, left] of a.entries()) {
    const right = b[index];
    if (typeof left === "number" && typeof right === "number" && left !== right) return left - right;
    if (typeof left === "string" && typeof right === "string" && left !== right) return left < right ? -1 : 1;
  }
  return 0;
}

const folder = process.argv[2];
if (folder === undefined) {
  process.stderr.write("usage: node scripts/verifyDataset.ts <dataset folder>\n");
  process.exitCode = 2;
} else {
  await verify(resolve(folder));
  process.stdout.write(
    failures === 0 ? "the dataset is what its manifest says\n" : `${failures} checks failed\n`,
  );
  process.exitCode = failures === 0 ? 0 : 1;
}
