// What every export recipe must do: one suite, run for each.
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { WorkerRun } from "../../src/compute/computeWorker.ts";
import { type WorkerPool, workerPool } from "../../src/compute/workerPool.ts";
import { sha256 } from "../../src/core/hash.ts";
import type { Task } from "../../src/core/task.ts";
import { huggingFaceFeatures } from "../../src/dataset/huggingFaceFeatures.ts";
import { ALLOWANCES, type Allowance } from "../../src/dataset/manifest.ts";
import type { OffThread } from "../../src/dataset/offThread.ts";
import { readFooter, readTable } from "../../src/dataset/readTable.ts";
import type { DatasetRecord, RunInfo } from "../../src/dataset/records.ts";
import { rowKey, sortingTableHasher } from "../../src/dataset/tableHash.ts";
import { writeDataset } from "../../src/dataset/writeDataset.ts";
import { type ExportOptions, exportDataset } from "../../src/export/exportDataset.ts";
import {
  type ExportNews,
  type ExportReport,
  exportReportSchema,
  REPORT_NAME,
} from "../../src/export/exportReport.ts";
import type { Recipe } from "../../src/export/recipe.ts";
import { withDuck } from "../dataset/duck.ts";
import {
  FIXTURE_RUN,
  fixtureFunnel,
  fixtureRecord,
  fixtureRecords,
  fixtureTask,
  inKeyOrder,
  streamed,
} from "../dataset/fixtures.ts";
import { temporaryFolder } from "../dataset/temporary.ts";

const BENCHMARK = fixtureTask("three-sat", { use: "benchmark", family: "sat" });
const TOOLS = [{ name: "shell", description: "Runs it.", parameters: { type: "object" } }];

/** Rollouts of every kind that a recipe meets: ids and none, text and native tools, good and bad, dropped, rewritten, empty. */
function contractRecords(): DatasetRecord[] {
  const steps = Array.from({ length: 5 }, (_, i) => ({ text: `\`\`\`\n${i}\n\`\`\``, observation: `o${i}` }));
  const dropped = { kind: "dropped", stage: "filter", reason: "belowScore", detail: "" } as const;
  const rewarded = (record: DatasetRecord, value: number): DatasetRecord => ({
    ...record,
    rewards: { ...record.rewards, value },
  });
  const native = (text: string) => ({
    text: "",
    toolCall: { name: "shell", arguments: text },
    observation: "out",
  });
  return inKeyOrder([
    ...fixtureRecords(5),
    fixtureRecord({ seedIndex: 10, rewritten: true, steps }),
    fixtureRecord({ seedIndex: 11, verdict: dropped }),
    fixtureRecord({
      seedIndex: 12,
      steps: [{ text: "no block", formatError: true, observation: "Use one." }],
    }),
    fixtureRecord({ seedIndex: 13, steps: [], outcome: { kind: "forfeit" } }),
    fixtureRecord({ seedIndex: 14, provider: "scripted" }),
    rewarded(fixtureRecord({ seedIndex: 16, tokens: true, steps }), 0.9),
    rewarded(fixtureRecord({ seedIndex: 17, tokens: true }), 0.1),
    rewarded(fixtureRecord({ seedIndex: 18, tokens: true, rewritten: true, steps }), 0.4),
    fixtureRecord({ seedIndex: 20, tools: TOOLS, steps: [native('{"command":"ls"}'), native('{"n":1}')] }),
    fixtureRecord({ seedIndex: 21, tools: TOOLS, steps: [native("{bad")] }),
    fixtureRecord({ task: BENCHMARK }),
  ]);
}

/** Rollouts of the contract's dataset. */
export const CONTRACT_ROLLOUTS = 16;

export interface ExporterContract {
  /** A model's folder, for recipes that tokenise; null where the packages for it are not installed. */
  readonly tokenizerDir?: (() => Promise<string>) | null;
}

/** The suite for each of these recipes, over one dataset. */
export function exporterContracts(recipes: readonly Recipe[], { tokenizerDir }: ExporterContract = {}): void {
  const skip = tokenizerDir === null ? " (skipped: the tokenizer packages are not installed)" : "";
  describe.skipIf(tokenizerDir === null)(`export recipes${skip}`, () => {
    const at = temporaryFolder();
    const pool = workerPool({ workersMax: 1, waitingMax: 4 });
    const signal = new AbortController().signal;
    const world: ContractWorld = { at, pool, signal, tokenizerDir: null };
    afterAll(() => pool[Symbol.asyncDispose]());

    const write = (
      name: string,
      records: readonly DatasetRecord[],
      tasks: readonly Task[],
      runInfo: RunInfo = FIXTURE_RUN,
    ) =>
      writeDataset({
        outDir: at(name),
        tasks,
        rows: streamed(records),
        runInfo,
        funnel: fixtureFunnel(records.length),
        allow: [],
        offThread: pool.runInWorker,
        signal,
      });

    beforeAll(async () => {
      const old = fixtureTask("old", { notTrainable: "its image has an API of 2022" });
      await write("dataset", contractRecords(), [fixtureTask(), BENCHMARK]);
      await write("old", [fixtureRecord({ task: old, tokens: true })], [old]);
      const outputTerms = { "gpt-fixture": "forbidden" as const };
      await write("forbidden", [fixtureRecord({ tokens: true })], [fixtureTask()], {
        ...FIXTURE_RUN,
        outputTerms,
      });
      world.tokenizerDir = (await tokenizerDir?.()) ?? null;
    });

    for (const recipe of recipes) exporterContract(recipe, world);
  });
}

interface ContractWorld {
  readonly at: (...parts: string[]) => string;
  readonly pool: WorkerPool;
  readonly signal: AbortSignal;
  tokenizerDir: string | null;
}

function exporterContract(recipe: Recipe, world: ContractWorld): void {
  describe(recipe.name, () => {
    const at = (...parts: string[]) => world.at(`out-${recipe.name}`, ...parts);
    let report: ExportReport;
    const heard: ExportNews[] = [];

    const ALL: readonly Allowance[] = ["scripted", "benchmark"];
    const run = (
      outDir: string,
      allow: readonly Allowance[],
      more: Partial<Pick<ExportOptions, "where" | "hear" | "offThread">> & {
        datasets?: readonly string[];
      } = {},
    ) =>
      exportDataset({
        sources: (more.datasets ?? ["dataset"]).map((name) => ({ datasetDir: world.at(name), allow })),
        recipe: recipe.name,
        outDir,
        offThread: more.offThread ?? inThread,
        signal: world.signal,
        ...(more.where === undefined ? {} : { where: more.where }),
        ...(more.hear === undefined ? {} : { hear: more.hear }),
        ...(world.tokenizerDir === null ? {} : { tokenizerDir: world.tokenizerDir }),
      });

    beforeAll(async () => {
      report = await run(at("out"), ALL, {
        offThread: world.pool.runInWorker,
        hear: (news) => heard.push(news),
      });
    });

    it("refuses scripted and benchmark rows that are not allowed, and leaves no folder", async () => {
      await expect(run(at("refused"), [])).rejects.toMatchObject({ name: "UserError" });
      await expect(run(at("refused"), ["benchmark"])).rejects.toThrow(/scripted policy.*--allow scripted/);
      await expect(run(at("refused"), ["scripted"])).rejects.toThrow(/benchmark task three-sat/);
      await expect(readFile(at("refused", REPORT_NAME))).rejects.toThrow();
    });

    it("refuses rows of a task that says notTrainable, unless they are allowed", async () => {
      const old = { datasets: ["old"] };
      await expect(run(at("old-out"), ["scripted", "benchmark"], old)).rejects.toThrow(
        /task old, whose task\.yaml says `notTrainable`.*--allow notTrainable/,
      );
      expect((await run(at("old-out"), ["notTrainable"], old)).rollouts.read).toBe(1);
    });

    it("refuses rows of a model whose terms forbid it, whatever is allowed", async () => {
      const forbidden = { datasets: ["forbidden"] };
      await expect(run(at("forbidden"), ALLOWANCES, forbidden)).rejects.toThrow(
        /was played by gpt-fixture, whose terms forbid training.*--where 'not output_terms = forbidden'/,
      );
      const without = await run(at("without"), [], { ...forbidden, where: "not output_terms = forbidden" });
      expect(without).toMatchObject({ rows: 0, rollouts: { leftOut: { notSelected: 1 } } });
    });

    it("closes its books: read = exported + left out, and its report names every file", async () => {
      expect(exportReportSchema.parse(JSON.parse(await readFile(at("out", REPORT_NAME), "utf8")))).toEqual(
        report,
      );
      const { read, exported, repeated, leftOut } = report.rollouts;
      expect([read, repeated]).toEqual([CONTRACT_ROLLOUTS, 0]);
      expect(exported + sumOf(leftOut)).toBe(CONTRACT_ROLLOUTS);
      expect(report.rows).toBeGreaterThan(0);
      if (recipe.takes !== "all") expect(leftOut.notKept).toBe(1);
      const possible: readonly string[] = [...recipe.reasons, "notKept", "notSelected"];
      const given = [...Object.keys(leftOut), ...Object.keys(report.partsLeftOut)];
      expect(given.filter((reason) => !possible.includes(reason))).toEqual([]);
      expect(sumOf(report.rowsBySplit)).toBe(report.rows);
      expect(heard[0]?.phase).toBe("checking");
      expect(heard.at(-1)).toEqual({
        phase: "closing",
        done: CONTRACT_ROLLOUTS,
        total: CONTRACT_ROLLOUTS,
        rows: report.rows,
      });
    });

    it("says on its card what is in it, what is not, and what must not be trained on", async () => {
      const card = await readFile(at("out", "README.md"), "utf8");
      expect(card).toContain(recipe.doc);
      if (report.scriptedRows + report.benchmarkRows > 0)
        expect(card).toContain("`allow: [scripted, benchmark]`");
      for (const [reason, count] of Object.entries(report.rollouts.leftOut)) {
        expect(card).toContain(`| rollouts: ${reason} | ${count} |`);
      }
      for (const note of report.notes) expect(card).toContain(note);
    });

    it("writes the same bytes again", async () => {
      const again = await run(at("again"), ALL);
      expect(again).toEqual(report);
      for (const { path, sha256: hash, bytes } of again.files) {
        expect((await stat(at("again", path))).size).toBe(bytes);
        expect(sha256(await readFile(at("again", path)))).toBe(hash);
      }
    });

    it("takes a rollout that stands in two datasets once", async () => {
      const twice = await run(at("twice"), ALL, { datasets: ["dataset", "dataset"] });
      expect(twice.rollouts).toEqual({
        ...report.rollouts,
        read: 2 * CONTRACT_ROLLOUTS,
        repeated: CONTRACT_ROLLOUTS,
      });
      expect([twice.rows, twice.tableHash]).toEqual([report.rows, report.tableHash]);
    });

    it("takes what a condition selects, and counts the rest", async () => {
      const some = await run(at("some"), ["benchmark"], {
        where: 'provider != "scripted" and reward >= 0.4',
      });
      expect(some.rollouts.leftOut.notSelected).toBe(2);
      expect(some.scriptedRows).toBe(0);
      const none = await run(at("none"), [], { where: "reward > 1" });
      expect(none).toMatchObject({ rows: 0, rollouts: { exported: 0 } });
    });

    it("writes rows that a foreign reader sees alike", async () => {
      const main = report.files.filter((file) => file.table === recipe.table.name);
      expect(main.reduce((sum, { rows }) => sum + (rows ?? 0), 0)).toBe(report.rows);
      await withDuck(async (query) => {
        const from = `${at("out")}/data/${recipe.table.name}`;
        if (recipe.form === "documents") {
          const read = `read_json('${from}/*/*/*.json*', union_by_name=true, filename=true, maximum_object_size=9999999)`;
          expect(await query(`SELECT count(DISTINCT filename)::INT AS n FROM ${read}`)).toEqual([
            { n: report.rows },
          ]);
          return;
        }
        const files =
          recipe.form === "lines"
            ? `read_json('${from}/*.jsonl', format='newline_delimited')`
            : `'${from}/*.parquet'`;
        expect(await query(`SELECT count(*)::INT AS n FROM ${files}`)).toEqual([{ n: report.rows }]);
        if ("trained_turns" in recipe.table.row.shape) {
          expect(await query(`SELECT sum(trained_turns)::INT AS turns FROM ${files}`)).toEqual([
            { turns: report.trainedTurns },
          ]);
        }
        const key = recipe.table.key.join(", ");
        expect(await query(`SELECT count(*)::INT AS n FROM (SELECT DISTINCT ${key} FROM ${files})`)).toEqual([
          { n: report.rows },
        ]);
        if (recipe.form === "lines") return;
        const required = `SELECT name FROM parquet_schema(${files}) WHERE repetition_type = 'REQUIRED' AND name <> 'schema'`;
        expect(await query(required)).toEqual([]);
      });
    });

    it("writes no null into a message, a pinned feature for each column, and rows of its hash", async () => {
      const hasher = sortingTableHasher(recipe.table);
      const keys: string[] = [];
      for (const file of report.files) {
        if (file.table !== recipe.table.name || recipe.form === "documents") continue;
        for await (const row of rowsOf(join(at("out"), file.path), recipe)) {
          if (recipe.takes !== "all") expect(absences(row)).toEqual([]);
          if (recipe.form !== "parquet") continue;
          hasher.add(row);
          keys.push(rowKey(recipe.table, row));
        }
        if (recipe.form !== "parquet") continue;
        const { notes } = await readFooter(join(at("out"), file.path));
        expect(JSON.parse(notes.get("huggingface") ?? "")).toEqual({
          info: { features: huggingFaceFeatures(recipe.table.schema) },
        });
      }
      if (recipe.form !== "parquet") return;
      expect(hasher.digest()).toBe(report.tableHash);
      expect(new Set(keys).size).toBe(report.rows);
    });
  });
}

/** The job in this thread: a worker that has refused something is ended and made anew, which takes a second each time. */
const inThread: OffThread = async (moduleUrl, input, signal, feed, hear) => {
  signal.throwIfAborted();
  const { run }: { run: WorkerRun } = await import(moduleUrl);
  return run(input, feed ?? streamed([]), hear ?? (() => {}));
};

async function* rowsOf(path: string, { form, table }: Recipe): AsyncGenerator<{ [column: string]: unknown }> {
  if (form === "parquet") return yield* readTable(path, table);
  for (const line of (await readFile(path, "utf8")).split("\n")) if (line !== "") yield JSON.parse(line);
}

function sumOf(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, n) => sum + n, 0);
}

/** Paths of null and absent members below a row's own columns: a chat template would render them. */
function absences(row: { readonly [column: string]: unknown }): string[] {
  return Object.entries(row).flatMap(([column, cell]) => (cell === null ? [] : absencesIn(cell, column)));
}

function absencesIn(value: unknown, path: string): string[] {
  if (value === null || value === undefined) return [path];
  if (typeof value !== "object") return [];
  return Object.entries(value).flatMap(([key, member]) => absencesIn(member, `${path}.${key}`));
}
