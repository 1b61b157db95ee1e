// What "the same dataset" means: one hash over a table's rows in key order, volatile columns left out. It does not depend
// on the writer, on shards or on row groups.
import { createHash } from "node:crypto";
import { sha256 } from "../core/hash.ts";
import { canonicalJson } from "../core/json.ts";
import { type PlainRow, withoutVolatile } from "./cells.ts";
import type { Table } from "./schema.ts";

/** The two ways to take the hash. */
export interface TableHasher {
  /** Contract: keys strictly rise where the hasher was made for key order; else it throws a RangeError. */
  add(row: PlainRow): void;
  /** 64 hex digits; called once, after the last row. */
  digest(): string;
}

/** Rows come in key order: constant memory. */
export function orderedTableHasher(table: Table): TableHasher {
  const hash = createHash("sha256").update(preamble(table));
  let before: string | null = null;
  return {
    add: (row) => {
      const key = rowKey(table, row);
      if (before !== null && key <= before) {
        throw new RangeError(`${table.name}: the row ${printable(key)} comes after ${printable(before)}`);
      }
      before = key;
      hash.update(entry(key, rowSha256(table, row)));
    },
    digest: () => hash.digest("hex"),
  };
}

/** Rows come in any order: keeps a key and a hash of each, some 250 bytes a row. Throws on digest when a key comes twice. */
export function sortingTableHasher(table: Table): TableHasher {
  const entries: { readonly key: string; readonly sha256: string }[] = [];
  return {
    add: (row) => {
      entries.push({ key: rowKey(table, row), sha256: rowSha256(table, row) });
    },
    digest: () => {
      entries.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
      const hash = createHash("sha256").update(preamble(table));
      let before: string | null = null;
      for (const { key, sha256: row } of entries) {
        if (key === before)
          throw new RangeError(`${table.name}: the row ${printable(key)} stands in it twice`);
        before = key;
        hash.update(entry(key, row));
      }
      return hash.digest("hex");
    },
  };
}

/** The row's key as text whose order is the order of rows: numbers are padded, columns parted by a line feed. */
export function rowKey(table: Table, row: PlainRow): string {
  return table.key
    .map((column) => {
      const value = row[column];
      if (typeof value === "string") return value;
      if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) {
        return String(value).padStart(NUMBER_DIGITS, "0");
      }
      throw new TypeError(`${table.name}: the key column ${column} holds ${JSON.stringify(value)}`);
    })
    .join("\n");
}

/** The hash of one row's canonical JSON without volatile columns. */
export function rowSha256(table: Table, row: PlainRow): string {
  return sha256(canonicalJson(withoutVolatile(table.schema, row)));
}

const NUMBER_DIGITS = 16;

function preamble(table: Table): string {
  return `nightshift/table/${table.name}\n`;
}

function entry(key: string, row: string): string {
  return `${JSON.stringify(key)} ${row}\n`;
}

function printable(key: string): string {
  return JSON.stringify(key.replaceAll("\n", "/"));
}
