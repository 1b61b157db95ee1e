// What every export recipe must do: one suite, run for each.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { workerPool } from "../../src/compute/workerPool.ts";
import { canonicalJson } from "../../src/core/json.ts";
import { huggingFaceFeatures } from "../../src/dataset/huggingFaceFeatures.ts";
import type { Allowance } from "../../src/dataset/manifest.ts";
import { openDataset } from "../../src/dataset/openDataset.ts";
import { readFooter, readTable } from "../../src/dataset/readTable.ts";
import { rowKey, sortingTableHasher } from "../../src/dataset/tableHash.ts";
import { writeDataset } from "../../src/dataset/writeDataset.ts";
import { exportDataset } from "../../src/export/exportDataset.ts";
import { exportReportSchema, REPORT_NAME } from "../../src/export/exportReport.ts";
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

export function exporterContract(recipe: Recipe): void {
  describe(`the export recipe ${recipe.name}`, () => {
    const at = temporaryFolder();
    const pool = workerPool({ workersMax: 1, waitingMax: 4 });
    const signal = new AbortController().signal;
    const benchmark = fixtureTask("three-sat", { use: "benchmark", family: "sat" });
    afterAll(() => pool[Symbol.asyncDispose]());

    beforeAll(async () => {
      const steps = Array.from({ length: 5 }, (_, i) => ({
        text: `\`\`\`\n${i}\n\`\`\``,
        observation: `o${i}`,
      }));
      const dropped = { kind: "dropped", stage: "filter", reason: "belowScore", detail: "" } as const;
      await writeDataset({
        outDir: at("dataset"),
        tasks: [fixtureTask(), benchmark],
        rows: streamed(
          inKeyOrder([
            ...fixtureRecords(5),
            fixtureRecord({ seedIndex: 10, rewritten: true, steps }),
            fixtureRecord({ seedIndex: 11, verdict: dropped }),
            fixtureRecord({
              seedIndex: 12,
              steps: [{ text: "no block", formatError: true, observation: "Use one." }],
            }),
            fixtureRecord({ seedIndex: 13, steps: [], outcome: { kind: "forfeit" } }),
            fixtureRecord({ seedIndex: 14, provider: "scripted" }),
            fixtureRecord({ task: benchmark }),
          ]),
        ),
        runInfo: FIXTURE_RUN,
        funnel: fixtureFunnel(11),
        allow: [],
        offThread: pool.runInWorker,
        signal,
      });
    });

    const run = (outDir: string, allow: readonly Allowance[], dataset = "dataset") =>
      exportDataset({
        datasetDir: at(dataset),
        recipe: recipe.name,
        outDir,
        allow,
        offThread: pool.runInWorker,
        signal,
      });

    it("refuses scripted and benchmark rows that are not allowed, and leaves no folder", async () => {
      await expect(run(at("refused"), [])).rejects.toMatchObject({ name: "UserError" });
      await expect(run(at("refused"), ["benchmark"])).rejects.toThrow(/scripted policy.*--allow scripted/);
      await expect(run(at("refused"), ["scripted"])).rejects.toThrow(/benchmark task three-sat/);
      await expect(readFile(at("refused", REPORT_NAME))).rejects.toThrow();
    });

    it("refuses rows of a task that says notTrainable, unless they are allowed", async () => {
      const task = fixtureTask("old", { notTrainable: "its image has an API of 2022" });
      await writeDataset({
        outDir: at("old"),
        tasks: [task],
        rows: streamed([fixtureRecord({ task })]),
        runInfo: FIXTURE_RUN,
        funnel: fixtureFunnel(1),
        allow: [],
        offThread: pool.runInWorker,
        signal,
      });
      await expect(run(at("old-out"), ["scripted", "benchmark"], "old")).rejects.toThrow(
        /task old, whose task\.yaml says `notTrainable`.*--allow notTrainable/,
      );
      const report = await run(at("old-out"), ["notTrainable"], "old");
      expect(report.rollouts).toMatchObject({ read: 1, exported: 1 });
    });

    it("closes its books: read = exported + left out, and its report names every file", async () => {
      const report = await run(at("out"), ["scripted", "benchmark"]);
      expect(exportReportSchema.parse(JSON.parse(await readFile(at("out", REPORT_NAME), "utf8")))).toEqual(
        report,
      );
      const left = Object.values(report.rollouts.leftOut).reduce((sum, n) => sum + n, 0);
      expect(report.rollouts.read).toBe(11);
      expect(report.rollouts.exported + left).toBe(11);
      expect(report.rollouts.leftOut).toEqual({ notKept: 1, nothingToTrain: 1, noSteps: 1 });
      expect(report).toMatchObject({ scriptedRows: 1, benchmarkRows: 1 });
      const card = await readFile(at("out", "README.md"), "utf8");
      expect(card).toContain("`allow: [scripted, benchmark]`");
      expect(card).toContain("| rollouts: notKept | 1 |");
      expect(report.files.map((file) => file.path)).toEqual([
        `data/${recipe.name}/train-00000-of-00001.parquet`,
        `data/${recipe.name}/benchmark-00000-of-00001.parquet`,
        "README.md",
      ]);
    });

    it("is a pure function: the same bytes again", async () => {
      const first = await run(at("out"), ["scripted", "benchmark"]);
      const again = await run(at("again"), ["scripted", "benchmark"]);
      expect(again).toEqual(first);
      const dataset = await openDataset(at("dataset"));
      for await (const rollout of dataset.rollouts("train")) {
        expect(canonicalJson(recipe.convert(rollout))).toBe(canonicalJson(recipe.convert(rollout)));
      }
    });

    it("writes rows that both readers see alike, OPTIONAL, with features pinned", async () => {
      const report = await run(at("out"), ["scripted", "benchmark"]);
      const hasher = sortingTableHasher(recipe.table);
      const keys: string[] = [];
      for (const file of report.files) {
        if (file.table === null) continue;
        for await (const row of readTable(join(at("out"), file.path), recipe.table)) {
          hasher.add(row);
          keys.push(rowKey(recipe.table, row));
          expect(absences(row["messages"])).toEqual([]);
        }
        const { notes } = await readFooter(join(at("out"), file.path));
        expect(JSON.parse(notes.get("huggingface") ?? "")).toEqual({
          info: { features: huggingFaceFeatures(recipe.table.schema) },
        });
      }
      expect(hasher.digest()).toBe(report.tableHash);
      expect(new Set(keys).size).toBe(report.rows);
      await withDuck(async (query) => {
        const files = `'${at("out")}/data/${recipe.name}/*.parquet'`;
        expect(
          await query(`SELECT count(*)::INT AS n, sum(trained_turns)::INT AS turns FROM ${files}`),
        ).toEqual([{ n: report.rows, turns: report.trainedTurns }]);
        const required = `SELECT name FROM parquet_schema(${files}) WHERE repetition_type = 'REQUIRED' AND name <> 'schema'`;
        expect(await query(required)).toEqual([]);
      });
    });

    it("ends every row with an assistant turn", async () => {
      const dataset = await openDataset(at("dataset"));
      for (const split of dataset.splits) {
        for await (const rollout of dataset.rollouts(split)) {
          for (const row of recipe.convert(rollout).rows) {
            const messages = row["messages"];
            const last: unknown = Array.isArray(messages) ? messages.at(-1) : null;
            expect(last).toMatchObject({ role: "assistant" });
          }
        }
      }
    });
  });
}

/** Paths of null and absent members within the messages: a chat template would render them. */
function absences(value: unknown, path = "messages"): string[] {
  if (value === null || value === undefined) return [path];
  if (typeof value !== "object") return [];
  return Object.entries(value).flatMap(([key, member]) => absences(member, `${path}.${key}`));
}
