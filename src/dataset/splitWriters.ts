// The writers of one table over all splits: a folder `data/<table>/` with shards named after their split.
import type { PlainRow } from "./cells.ts";
import type { ManifestFile } from "./manifest.ts";
import type { Table } from "./schema.ts";
import { SPLITS, type Split } from "./splitOf.ts";
import type { TableHasher } from "./tableHash.ts";
import { openTableWriter, type TableLimits, type TableWriter } from "./writeTable.ts";

export interface SplitWriters {
  /** Contract: rows come in the order that the hasher was made for, and each call is awaited. */
  add(split: Split, row: PlainRow): Promise<void>;
  close(): Promise<{
    readonly files: readonly ManifestFile[];
    readonly rows: number;
    readonly tableHash: string;
  }>;
}

/** Opens a split's writer with its first row; without any row the table is one empty file of the split `train`. */
export function splitWriters(options: {
  readonly root: string;
  readonly table: Table;
  readonly schemaVersion: string;
  readonly hasher: TableHasher;
  readonly limits: TableLimits;
}): SplitWriters {
  const { root, table, hasher, limits } = options;
  const note = JSON.stringify({ schema: options.schemaVersion, table: table.name });
  const writers = new Map<Split, TableWriter>();
  let rows = 0;

  async function writerOf(split: Split): Promise<TableWriter> {
    const known = writers.get(split);
    if (known !== undefined) return known;
    const prefix = `data/${table.name}/${split}`;
    const opened = await openTableWriter({ root, prefix, table, note, limits });
    writers.set(split, opened);
    return opened;
  }

  return {
    add: async (split, row) => {
      hasher.add(row);
      rows++;
      await (await writerOf(split)).add(row);
    },
    close: async () => {
      if (writers.size === 0) await writerOf("train");
      const files: ManifestFile[] = [];
      for (const split of SPLITS) {
        for (const file of (await writers.get(split)?.close()) ?? []) {
          files.push({ ...file, table: table.name, split });
        }
      }
      return { files, rows, tableHash: hasher.digest() };
    },
  };
}

/** The split that a row's own column names. Throws a TypeError when it names none. */
export function splitNamed(name: string): Split {
  const split = SPLITS.find((known) => known === name);
  if (split === undefined) throw new TypeError(`${JSON.stringify(name)} is not a split`);
  return split;
}
