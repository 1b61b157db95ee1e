// Picks the sink of a recipe: Parquet shards, lines of JSON, or a file a rollout.
import type { Table } from "../dataset/schema.ts";
import { splitWriters } from "../dataset/splitWriters.ts";
import { sortingTableHasher } from "../dataset/tableHash.ts";
import { TABLE_LIMITS } from "../dataset/writeTable.ts";
import { documentSink } from "./documentSink.ts";
import { lineSink } from "./lineSink.ts";
import type { Recipe } from "./recipe.ts";
import type { Sink } from "./sink.ts";

/** The sink of a recipe's main rows. */
export function sinkOf(root: string, { form, table, schemaVersion, bytesPerGroup }: Recipe): Sink {
  switch (form) {
    case "parquet":
      return parquetSink(root, table, schemaVersion, bytesPerGroup);
    case "lines":
      return lineSink(root, table);
    case "documents":
      return documentSink(root, table);
    default:
      return form satisfies never;
  }
}

/** Rows of a recipe are conversations: groups as the canonical trajectories have them. */
export function parquetSink(
  root: string,
  table: Table,
  schemaVersion: string,
  bytesPerGroup = TABLE_LIMITS.bytesPerGroup,
): Sink {
  return splitWriters({
    root,
    table,
    schemaVersion,
    hasher: sortingTableHasher(table),
    limits: { ...TABLE_LIMITS, bytesPerGroup },
  });
}
