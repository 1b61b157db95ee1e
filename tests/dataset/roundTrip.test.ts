// A dataset written, and read back by our reader and by DuckDB.
import { cp, readdir, readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { workerPool } from "../../src/compute/workerPool.ts";
import { checkDataset } from "../../src/dataset/checkDataset.ts";
import { huggingFaceFeatures } from "../../src/dataset/huggingFaceFeatures.ts";
import { openDataset } from "../../src/dataset/openDataset.ts";
import { readFooter } from "../../src/dataset/readTable.ts";
import { stepsTable, TABLES, trajectoriesTable } from "../../src/dataset/schema.ts";
import { sortingTableHasher } from "../../src/dataset/tableHash.ts";
import { type WriteDatasetOptions, writeDataset } from "../../src/dataset/writeDataset.ts";
import { withDuck } from "./duck.ts";
import {
  FIXTURE_RUN,
  fixtureFunnel,
  fixtureRecord,
  fixtureRecords,
  fixtureTask,
  inKeyOrder,
  streamed,
} from "./fixtures.ts";
import { temporaryFolder } from "./temporary.ts";

const at = temporaryFolder();
const pool = workerPool({ workersMax: 1, waitingMax: 4 });
afterAll(() => pool[Symbol.asyncDispose]());

const tool = { name: "shell", description: "Runs it.", parameters: { type: "object" } };
const benchmark = fixtureTask("three-sat", { use: "benchmark", family: "sat" });

function records() {
  return inKeyOrder([
    ...fixtureRecords(9, { tokens: true }),
    fixtureRecord({ seedIndex: 20, rewritten: true, steps: Array.from({ length: 6 }, (_, i) => step(i)) }),
    fixtureRecord({ seedIndex: 21, scores: [], verdict: dropped("notScored") }),
    fixtureRecord({
      seedIndex: 22,
      tools: [tool],
      steps: [{ text: "", toolCall: { name: "shell", arguments: '{"command":"ls"}' }, observation: "x" }],
    }),
    fixtureRecord({ task: benchmark, provider: "scripted", model: "policy" }),
  ]);
}

function step(index: number) {
  return { text: `\`\`\`\necho ${index}\n\`\`\``, observation: `line ${index}` };
}

function dropped(reason: "notScored" | "belowScore") {
  return { kind: "dropped", stage: "filter", reason, detail: "in words" } as const;
}

function options(outDir: string, over: Partial<WriteDatasetOptions> = {}): WriteDatasetOptions {
  return {
    outDir,
    tasks: [fixtureTask(), benchmark],
    rows: streamed(records()),
    runInfo: FIXTURE_RUN,
    funnel: fixtureFunnel(12),
    allow: ["scripted", "benchmark"],
    offThread: pool.runInWorker,
    signal: new AbortController().signal,
    ...over,
  };
}

describe("a written dataset", () => {
  it("reads back as it was written, and DuckDB counts and hashes the same", async () => {
    const dir = at("dataset");
    const { manifest } = await writeDataset(options(dir));
    expect(manifest.tables.trajectories.rows).toBe(13);
    expect(manifest.tables.steps.rows).toBe(9 * 3 + 6 + 3 + 1 + 3);
    expect(manifest.rowsBySplit).toEqual({ benchmark: 1, train: 12 });
    expect(manifest).toMatchObject({ keptRows: 12, scriptedRows: 1, benchmarkRows: 1 });
    expect((await checkDataset(dir)).filter((check) => check.problem !== null)).toEqual([]);

    const dataset = await openDataset(dir);
    const ours: unknown[] = [];
    const pools: number[] = [];
    for (const split of dataset.splits) {
      for await (const { trajectory, steps } of dataset.rollouts(split)) {
        ours.push([trajectory.trajectory_id, trajectory.reward, steps.length]);
        pools.push(trajectory.messages.length);
      }
    }
    await withDuck(async (query) => {
      const theirs = await query(`
        SELECT t.trajectory_id, t.reward, count(s.step_index)::INT AS n, any_value(len(t.messages))::INT AS pool
        FROM '${dir}/data/trajectories/*.parquet' t JOIN '${dir}/data/steps/*.parquet' s USING (trajectory_id)
        GROUP BY ALL ORDER BY any_value(t.split) DESC, trajectory_id`);
      expect(theirs.map((row) => [row["trajectory_id"], row["reward"], row["n"]])).toEqual(ours);
      expect(theirs.map((row) => row["pool"])).toEqual(pools);
      const hashes = await query(`SELECT DISTINCT s.prompt_sha256 FROM '${dir}/data/steps/*.parquet' s`);
      expect(hashes).toHaveLength(new Set(await promptHashes(dir)).size);
      const content = await query(`
        SELECT m.sha256, sha256('x' || m.content) AS hash FROM (SELECT unnest(messages) AS m
        FROM '${dir}/data/trajectories/*.parquet') WHERE m.kind = 'observation' ORDER BY ALL`);
      expect(content.length).toBeGreaterThan(20);
    });
  });

  it("is OPTIONAL everywhere and pins JSON types and the Hugging Face features", async () => {
    const dir = at("dataset");
    await withDuck(async (query) => {
      const elements = await query(
        `SELECT name, repetition_type AS r, converted_type AS c, logical_type AS l FROM parquet_schema('${dir}/data/trajectories/train-*.parquet')`,
      );
      const named = (r: string) => elements.filter((element) => element["r"] === r).map((e) => e["name"]);
      expect(elements.length).toBeGreaterThan(100);
      expect(new Set(named("REPEATED"))).toEqual(new Set(["list"]));
      expect(elements.filter((e) => e["name"] !== "schema" && e["r"] === "REQUIRED")).toEqual([]);
      const json = elements.filter((element) => element["c"] === "JSON").map((element) => element["name"]);
      expect(json).toEqual([
        ...["tools", "sandbox_capabilities", "evaluations", "reward_components"],
        ...["advantages", "source"],
      ]);
      expect(elements.find((e) => e["name"] === "tools")?.["l"]).toContain("Json");
      const types = await query(
        `DESCRIBE SELECT tools, started_at, main_path FROM '${dir}/data/trajectories/*.parquet'`,
      );
      expect(types.map((row) => row["column_type"])).toEqual([
        "JSON",
        "TIMESTAMP WITH TIME ZONE",
        "INTEGER[]",
      ]);
      const value = await query(
        `SELECT tools->>'$[0].name' AS name FROM '${dir}/data/trajectories/*.parquet' WHERE tools IS NOT NULL`,
      );
      expect(value).toEqual([{ name: "shell" }]);
    });
    const { notes } = await readFooter(join(dir, "data/steps/train-00000-of-00001.parquet"));
    expect(JSON.parse(notes.get("nightshift") ?? "")).toEqual({
      schema: "nightshift.traj/2",
      table: "steps",
    });
    const pinned = z.object({ info: z.object({ features: z.record(z.string(), z.unknown()) }) });
    const { features } = pinned.parse(JSON.parse(notes.get("huggingface") ?? "")).info;
    expect(features).toEqual(huggingFaceFeatures(stepsTable.schema));
    expect(features["validations"]).toBeUndefined();
    expect(features["logprobs"]).toEqual({ feature: { dtype: "float32", _type: "Value" }, _type: "List" });
    expect(Object.keys(features)).toEqual(Object.keys(stepsTable.row.shape));
  });

  it("has the same table hashes whatever the shards, row groups, times and run", async () => {
    const first = await writeDataset(options(at("dataset")));
    const small = await writeDataset(
      options(at("small"), {
        rows: streamed(
          records().map((record) => ({
            ...record,
            trajectory: { ...record.trajectory, startedAtMs: 1, endedAtMs: 99, retry: 3, place: null },
          })),
        ),
        runInfo: { ...FIXTURE_RUN, runId: "run-2", createdAtMs: 1 },
        limits: { rowsPerGroup: 2, bytesPerGroup: 1_000_000, bytesPerShard: 8_000 },
      }),
    );
    const shards = small.manifest.files.filter((file) => file.table === "trajectories");
    expect(shards.length).toBeGreaterThan(3);
    expect(shards[1]?.path).toBe(`data/trajectories/train-00001-of-0000${shards.length - 1}.parquet`);
    expect(small.manifest.tables).toEqual(first.manifest.tables);
    expect((await checkDataset(at("small"))).filter((check) => check.problem !== null)).toEqual([]);

    const changed = await writeDataset(
      options(at("changed"), {
        rows: streamed(
          records().map((record, index) =>
            index === 0 ? { ...record, flags: ["reward_hack:late"] } : record,
          ),
        ),
      }),
    );
    expect(changed.manifest.tables.trajectories.tableHash).not.toBe(
      first.manifest.tables.trajectories.tableHash,
    );
    expect(changed.manifest.tables.steps.tableHash).toBe(first.manifest.tables.steps.tableHash);
  });

  it("gives DuckDB the rows that its table hash is over", async () => {
    const dir = at("dataset");
    const told = (await openDataset(dir)).manifest.tables.steps.tableHash;
    const hasher = sortingTableHasher(stepsTable);
    await withDuck(async (query) => {
      const rows = await query(
        `SELECT to_json(s)::VARCHAR AS row FROM '${dir}/data/steps/*.parquet' s ORDER BY hash(step_index), trajectory_id`,
      );
      for (const { row } of rows) {
        const cells = z.record(z.string(), z.unknown()).parse(JSON.parse(String(row)));
        hasher.add({ ...cells, started_at: 0 });
      }
    });
    expect(hasher.digest()).toBe(told);
  });

  it("writes tables without rows as files without rows", async () => {
    const dir = at("empty");
    const funnel = { admitted: 0, kept: 0, dropped: {}, failed: {}, owed: 0 };
    const { manifest } = await writeDataset(options(dir, { rows: streamed([]), funnel }));
    expect(manifest.tables.trajectories.rows).toBe(0);
    await withDuck(async (query) => {
      expect(await query(`SELECT count(*)::INT AS n FROM '${dir}/data/steps/*.parquet'`)).toEqual([{ n: 0 }]);
    });
    expect((await checkDataset(dir)).filter((check) => check.problem !== null)).toEqual([]);
  });

  it("indexes the pages of long columns, so that a viewer can read one row of many", async () => {
    const dir = at("long");
    const long = (seedIndex: number) =>
      fixtureRecord({ seedIndex, steps: [{ text: "ls", observation: `${seedIndex} `.repeat(400_000) }] });
    await writeDataset(options(dir, { rows: streamed(inKeyOrder([long(1), long(2), long(3)])) }));
    const { metadata } = await readFooter(join(dir, "data/trajectories/train-00000-of-00001.parquet"));
    const columns = metadata.row_groups[0]?.columns ?? [];
    const content = columns.find(
      (column) => column.meta_data?.path_in_schema.join(".") === "messages.list.element.content",
    );
    expect(content?.offset_index_offset).toBeGreaterThan(0n);
    expect(content?.meta_data?.codec).toBe("ZSTD");
  });

  it("keeps the old dataset where rows are refused, the feed fails, or the work is aborted", async () => {
    const dir = at("kept");
    const { manifestSha256 } = await writeDataset(options(dir));
    const twice = [...records(), ...records().slice(0, 1)];
    await expect(writeDataset(options(dir, { rows: streamed(twice) }))).rejects.toThrow(/keyOrder/);
    await expect(
      writeDataset(
        options(dir, {
          rows: (async function* () {
            yield* records().slice(0, 2);
            throw new Error("the archive is damaged");
          })(),
        }),
      ),
    ).rejects.toThrow("the archive is damaged");
    const abort = new AbortController();
    await expect(
      writeDataset(
        options(dir, {
          signal: abort.signal,
          rows: (async function* () {
            yield* records().slice(0, 2);
            abort.abort(new Error("stopped by hand"));
            await new Promise(() => {});
          })(),
        }),
      ),
    ).rejects.toThrow("stopped by hand");
    const books = { ...fixtureFunnel(12), owed: 1 };
    await expect(writeDataset(options(dir, { funnel: books }))).rejects.toThrow(/books do not close/);
    const again = await writeDataset(options(dir));
    expect(again.manifestSha256).toBe(manifestSha256);
    expect((await readdir(at())).filter((name) => name.startsWith(".kept"))).toEqual([]);
  });

  it("shows damage: a cut file, a changed number, a missing folder", async () => {
    const dir = at("damaged");
    await cp(at("dataset"), dir, { recursive: true });
    const file = join(dir, "data/steps/train-00000-of-00001.parquet");
    const whole = await readFile(file);
    await truncate(file, whole.length - 100);
    const cut = (await checkDataset(dir))
      .filter((check) => check.problem !== null)
      .map((check) => check.what);
    expect(cut).toEqual([
      "file data/steps/train-00000-of-00001.parquet",
      "invariants of every row",
      "table trajectories",
      "table steps",
    ]);
    await writeFile(file, whole);
    const manifest = join(dir, "manifest.json");
    await writeFile(manifest, (await readFile(manifest, "utf8")).replace('"rows": 13', '"rows": 12'));
    expect((await checkDataset(dir)).filter((check) => check.problem !== null)).toEqual([
      { what: "table trajectories", problem: "rows: the manifest says 12, found 13" },
    ]);
    await expect(checkDataset(at("nowhere"))).rejects.toThrow(/not a finished dataset/);
  });
});

it("describes every column of every table in words", () => {
  for (const { schema } of Object.values(TABLES)) {
    for (const field of schema.fields)
      expect(field.metadata.get("nightshift.doc")).toMatch(/^[A-Za-z`].{4,}(\.|…)$/s);
  }
  expect(trajectoriesTable.schema.fields.length).toBeGreaterThan(60);
});

async function promptHashes(dir: string): Promise<string[]> {
  const dataset = await openDataset(dir);
  const hashes: string[] = [];
  for (const split of dataset.splits) {
    for await (const row of dataset.steps(split)) hashes.push(row.prompt_sha256 ?? "");
  }
  return hashes;
}
