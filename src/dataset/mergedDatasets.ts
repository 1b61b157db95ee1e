// Several datasets read as one: in key order, each rollout once. Two datasets that say different
// things under one key are a conflict, which no order of reading could settle.
import { UserError } from "../core/errors.ts";
import { canonicalJson } from "../core/json.ts";
import { withoutVolatile } from "./cells.ts";
import type { Allowance } from "./manifest.ts";
import type { Dataset } from "./openDataset.ts";
import type { RolloutRows } from "./rows.ts";
import { stepsTable, type TaskRow, tasksTable, trajectoriesTable } from "./schema.ts";
import { SPLITS, type Split } from "./splitOf.ts";

export interface Source {
  readonly dataset: Dataset;
  /** What the user, or this dataset's own pipeline, lets out. */
  readonly allow: readonly Allowance[];
}

/** A rollout and the first dataset that has it. */
export interface Sourced {
  readonly rollout: RolloutRows;
  readonly source: Source;
  /** Datasets after the first that have it too. */
  readonly repeats: number;
}

/** The splits that any of them has, in the order of SPLITS. */
export function splitsOf(sources: readonly Source[]): readonly Split[] {
  return SPLITS.filter((split) => sources.some(({ dataset }) => dataset.splits.includes(split)));
}

/** Every rollout of a split once, in key order. Throws a UserError where two datasets contradict each other. */
export async function* mergedRollouts(sources: readonly Source[], split: Split): AsyncGenerator<Sourced> {
  const streams = sources.map((source) => ({ source, rows: source.dataset.rollouts(split) }));
  for await (const same of merged(streams, ({ trajectory }) => trajectory.trajectory_id)) {
    const [first, ...others] = same;
    if (first === undefined) continue;
    for (const other of others) refuseConflict(first, other);
    yield { rollout: first.row, source: first.source, repeats: others.length };
  }
}

/** Every rollout of every split once, in key order over all. Throws a UserError where two datasets contradict each other. */
export async function* allRollouts(sources: readonly Source[]): AsyncGenerator<Sourced> {
  const streams = sources.flatMap((source) =>
    source.dataset.splits.map((split) => ({ source, rows: source.dataset.rollouts(split) })),
  );
  for await (const same of merged(streams, ({ trajectory }) => trajectory.trajectory_id)) {
    const [first, ...others] = same;
    if (first === undefined) continue;
    for (const other of others) refuseConflict(first, other);
    yield { rollout: first.row, source: first.source, repeats: others.length };
  }
}

/**
 * Tasks by id. A task that stands in two splits is refused whatever is exported: its rows would be trained on and tested with.
 * `exact`: so is one whose rows differ, for recipes that hold tasks.
 */
export async function mergedTasks(
  sources: readonly Source[],
  exact: boolean,
): Promise<ReadonlyMap<string, TaskRow>> {
  const tasks = new Map<string, { readonly row: TaskRow; readonly source: Source }>();
  const splitOfFamily = new Map<string, { readonly split: string; readonly source: Source }>();
  for (const source of sources) {
    for await (const row of source.dataset.tasks()) {
      const family = `${row.use} family ${row.family}`;
      const before = splitOfFamily.get(family);
      if (before !== undefined && before.split !== row.split) {
        throw new UserError(
          `${source.dataset.dir}: the ${family} stands in the split ${row.split} here and in ${before.split} in ` +
            `${before.source.dataset.dir}; together they would leak from one into the other: export them apart`,
        );
      }
      splitOfFamily.set(family, { split: row.split, source });
      const known = tasks.get(row.task_id);
      if (known === undefined) tasks.set(row.task_id, { row, source });
      else if (known.row.split !== row.split) {
        throw new UserError(
          `the task ${row.task_id} stands in the split ${known.row.split} in ${known.source.dataset.dir} and in ${row.split} in ` +
            `${source.dataset.dir}; together they would leak from one into the other: export them apart`,
        );
      } else if (exact) {
        const column = firstDifference(tasksTable, known.row, row);
        if (column !== null) {
          throw new UserError(
            `the task ${row.task_id} differs between ${known.source.dataset.dir} and ${source.dataset.dir} ` +
              `(column ${column}), and this recipe holds tasks; export them apart`,
          );
        }
      }
    }
  }
  return new Map([...tasks].sort(([a], [b]) => (a < b ? -1 : 1)).map(([id, { row }]) => [id, row]));
}

interface Head<Row> {
  readonly source: Source;
  readonly row: Row;
}

/** Rows that share a key come together, in the order of the sources; every stream is in key order. */
export async function* merged<Row>(
  streams: readonly { readonly source: Source; readonly rows: AsyncIterable<Row> }[],
  keyOf: (row: Row) => string,
): AsyncGenerator<readonly Head<Row>[]> {
  const open = streams.map(({ source, rows }) => ({ source, rows: rows[Symbol.asyncIterator]() }));
  try {
    const heads = await Promise.all(open.map(({ rows }) => rows.next()));
    while (true) {
      const key = heads.reduce<string | null>((least, head) => {
        if (head.done === true) return least;
        const own = keyOf(head.value);
        return least === null || own < least ? own : least;
      }, null);
      if (key === null) return;
      const same: Head<Row>[] = [];
      for (const [index, { source, rows }] of open.entries()) {
        const head = heads[index];
        if (head === undefined || head.done === true || keyOf(head.value) !== key) continue;
        same.push({ source, row: head.value });
        heads[index] = await rows.next();
      }
      yield same;
    }
  } finally {
    for (const { rows } of open) await rows.return?.();
  }
}

function refuseConflict(first: Head<RolloutRows>, other: Head<RolloutRows>): void {
  const { trajectory, steps } = first.row;
  const column =
    firstDifference(trajectoriesTable, trajectory, other.row.trajectory) ??
    (steps.length === other.row.steps.length ? null : "num_steps") ??
    steps.reduce<string | null>((found, step, index) => {
      const theirs = other.row.steps[index];
      if (found !== null || theirs === undefined) return found;
      const differs = firstDifference(stepsTable, step, theirs);
      return differs === null ? null : `${differs} of step ${index}`;
    }, null);
  if (column === null) return;
  throw new UserError(
    `rollout ${trajectory.trajectory_id} differs between ${first.source.dataset.dir} and ${other.source.dataset.dir} ` +
      `(column ${column}); score both runs alike (\`nightshift evaluate\`), or export one of them only`,
  );
}

type Table = typeof trajectoriesTable | typeof stepsTable | typeof tasksTable;

/** The first stable column in which two rows differ; null: they are the same. */
function firstDifference(
  table: Table,
  a: { readonly [column: string]: unknown },
  b: { readonly [column: string]: unknown },
): string | null {
  const [one, other] = [withoutVolatile(table.schema, a), withoutVolatile(table.schema, b)];
  if (canonicalJson(one) === canonicalJson(other)) return null;
  const columns = new Set([...Object.keys(one), ...Object.keys(other)]);
  return (
    [...columns].find(
      (column) => canonicalJson(one[column] ?? null) !== canonicalJson(other[column] ?? null),
    ) ?? null
  );
}
