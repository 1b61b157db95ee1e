// Imports all trajectories that MLGym publishes, and its demonstration. They are read where a checkout lies and never copied:
// MLGYM_CHECKOUT names it.
import path from "node:path";
import { expect, it } from "vitest";
import { workerPool } from "../../src/compute/workerPool.ts";
import { openDataset } from "../../src/dataset/openDataset.ts";
import { importTraj } from "../../src/importers/traj/importTraj.ts";
import { nightshift } from "../cli/nightshift.ts";
import { withDuck } from "../dataset/duck.ts";
import { temporaryFolder } from "../dataset/temporary.ts";
import { importedTable, publishedTable } from "./publishedTables.ts";

const checkout = process.env["MLGYM_CHECKOUT"];
const at = temporaryFolder();
/** The tables have three decimal places; scores of some runs have thirteen digits before them. */
const rounding = (score: number) => Math.max(0.001, Math.abs(score) * 1e-5);
if (checkout === undefined) {
  process.stderr.write("SKIPPED: set MLGYM_CHECKOUT to a checkout of MLGym to import its trajectories\n");
}

it.skipIf(checkout === undefined)(
  "takes 671 files with 16,123 steps and refuses none",
  { timeout: 900_000 },
  async () => {
    const out = at("all");
    await using pool = workerPool({ workersMax: 1, waitingMax: 1 });
    const report = await importTraj({
      paths: [path.join(checkout ?? "", "trajectories")],
      outDir: out,
      codeVersion: "test",
      createdAtMs: 0,
      offThread: pool.runInWorker,
      signal: new AbortController().signal,
    });
    expect(report).toMatchObject({
      ...{ files: 671, refused: 0, repeated: 0 },
      manifest: { tables: { tasks: { rows: 13 }, trajectories: { rows: 671 }, steps: { rows: 16_123 } } },
    });
    await withDuck(async (query) => {
      const [counts] = await query(`
        SELECT count(*)::INT AS rows, count(DISTINCT model)::INT AS models, sum(num_steps)::INT AS steps,
          count(*) FILTER (trainable)::INT AS trainable, count(*) FILTER (license = 'CC-BY-NC-4.0')::INT AS licensed,
          count(*) FILTER (len(signals) > 0)::INT AS flagged, round(sum(cost_usd), 1) AS usd,
          count(*) FILTER (json_array_length(evaluations) > 0)::INT AS scored
        FROM '${out}/data/trajectories/*.parquet'`);
      expect(counts).toEqual({
        ...{ rows: 671, models: 13, steps: 16_123, trainable: 0, licensed: 671, flagged: 21, usd: 436.8 },
        scored: 485,
      });
      const outcomes = await query(`
        SELECT outcome, evaluation_status AS status, count(*)::INT AS n FROM '${out}/data/trajectories/*.parquet'
        GROUP BY ALL ORDER BY ALL`);
      expect(outcomes.map(({ outcome, status, n }) => `${outcome} ${status} ${n}`)).toEqual([
        "interrupted none 12",
        "limit:context invalid 37",
        "limit:context none 11",
        "limit:context scored 23",
        "limit:cost invalid 6",
        "limit:cost scored 8",
        "limit:format invalid 25",
        "limit:format none 30",
        "limit:format scored 27",
        "limit:steps invalid 40",
        "limit:steps none 9",
        "limit:steps scored 38",
        "submitted invalid 25",
        "submitted none 10",
        "submitted scored 370",
      ]);
      const [scores] = await query(`
        SELECT count(*)::INT AS n, count(*) FILTER (CAST(score->'step' AS VARCHAR) = 'null')::INT AS unlinked FROM (
          SELECT unnest(CAST(evaluations AS JSON[])) AS score FROM '${out}/data/trajectories/*.parquet')`);
      expect(scores).toEqual({ n: 2287, unlinked: 0 });
      for (const which of ["best", "last"] as const) {
        const published = await publishedTable(checkout ?? "", which);
        const found = await importedTable(query, out, which);
        expect(published.size).toBe(156);
        for (const [cell, score] of published) {
          const own = found.get(cell) ?? null;
          const far =
            score === null || own === null ? own !== score : Math.abs(own - score) > rounding(score);
          expect(far, `${which} ${cell}: published ${score}, imported ${own}`).toBe(false);
        }
      }
    });
  },
);

it.skipIf(checkout === undefined)("takes a demonstration, whose folder names no model", async () => {
  const out = at("demo");
  const { exitCode, stderr } = await nightshift(
    ["import", "traj", path.join(checkout ?? "", "demonstrations"), "--out", out],
    { cwd: at() },
  );
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  for await (const row of (await openDataset(out)).trajectories("benchmark")) {
    expect(row).toMatchObject({
      task_id: "mlgym:imageClassificationFMnist",
      model: null,
      provider: null,
      outcome: "submitted",
    });
  }
});
