// MLGym's published tables of scores, and the same numbers out of an imported dataset.
import { readFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import type { Query } from "../dataset/duck.ts";

/** MLGym's name of a task in its tables → its id. */
const TASK_IDS: Readonly<Record<string, string>> = {
  "House Price": "regressionKaggleHousePrice",
  "3-SAT": "3SATTime",
  "CIFAR-10": "imageClassificationCifar10",
  "Fashion MNIST": "imageClassificationFMnist",
  "MS-COCO": "imageCaptioningCOCO",
  "Language Modeling": "languageModelingFineWeb",
  MNLI: "naturalLanguageInferenceMNLI",
  "Battle of Sexes": "battleOfSexes",
  "Prisoners Dilemma": "prisonersDilemma",
  Blotto: "blotto",
  Breakout: "rlBreakoutMinAtar",
  "Meta Maze": "rlMetaMazeMisc",
  "Mountain Car Continuous": "rlMountainCarContinuous",
};

export type Attempt = "best" | "last";

/** `task model` → score, null where MLGym has none. Its baseline's column is left out. */
export async function publishedTable(
  checkout: string,
  which: Attempt,
): Promise<ReadonlyMap<string, number | null>> {
  const file = path.join(checkout, "results/tables", `${which}_scores_aggregate_results.csv`);
  const [head = [], ...lines] = (await readFile(file, "utf8"))
    .trim()
    .split(/\r?\n/)
    .map((line) => line.split(","));
  const cells = lines.flatMap(([task = "", ...scores]) =>
    scores.map((score, index): [string, number | null] => [
      `${TASK_IDS[task]} ${head[index + 1]}`,
      score === "" ? null : Number(score),
    ]),
  );
  return new Map(cells.filter(([name]) => !name.endsWith(" baseline")));
}

const rowsSchema = z.array(
  z.object({ task_id: z.string(), model: z.string(), up: z.boolean(), evaluations: z.string() }),
);
const evaluationsSchema = z.array(z.object({ score: z.number().nullable() }));

/** The same of a dataset: over a model's runs of a task the best of each run's best, or last, score. */
export async function importedTable(
  query: Query,
  dir: string,
  which: Attempt,
): Promise<ReadonlyMap<string, number>> {
  const rows = rowsSchema.parse(
    await query(`
      SELECT task_id, model, score_higher_is_better AS up, CAST(evaluations AS VARCHAR) AS evaluations
      FROM '${dir}/data/trajectories/*.parquet'`),
  );
  const table = new Map<string, number>();
  for (const { task_id, model, up, evaluations } of rows) {
    const scores = evaluationsSchema.parse(JSON.parse(evaluations)).flatMap(({ score }) => score ?? []);
    const better = (a: number, b: number) => (up ? Math.max(a, b) : Math.min(a, b));
    const own = which === "last" ? scores.at(-1) : scores.length === 0 ? undefined : scores.reduce(better);
    if (own === undefined) continue;
    const name = `${task_id.replace("mlgym:", "")} ${model}`;
    const other = table.get(name);
    table.set(name, other === undefined ? own : better(own, other));
  }
  return table;
}
