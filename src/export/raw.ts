// raw: the canonical tables themselves, several runs as one, dropped rollouts with their verdict among them: what was played, for
// whoever wants another recipe than ours.
import { stepsTable, tasksTable, trajectoriesTable, type trajectoryRowSchema } from "../dataset/schema.ts";
import type { Recipe } from "./recipe.ts";

export const raw: Recipe<typeof trajectoryRowSchema> = {
  name: "raw",
  schemaVersion: "nightshift.raw/1",
  doc:
    "The canonical tables of all datasets as one: `trajectories` (one row a rollout, with the pool of its messages and its verdict), `steps` (one row a " +
    "model call, referring to the pool by index) and `tasks`. Dropped rollouts are there too, but for those that may hold a secret; train on `filter_decision: keep`.",
  readers: "`datasets`, pyarrow, DuckDB, pandas",
  form: "parquet",
  takes: "all",
  reasons: [],
  table: trajectoriesTable,
  moreTables: [stepsTable, tasksTable],
  open: ({ tasks }) => ({
    convert: ({ trajectory, steps }) => ({
      rows: [trajectory],
      leftOut: [],
      turnsCut: 0,
      more: steps.map((row) => ({ table: stepsTable.name, row })),
    }),
    ahead: () => [...tasks.values()].map((row) => ({ table: tasksTable.name, row })),
  }),
};
