// DuckDB, the reader that shares no line with our writer.
import { DuckDBInstance } from "@duckdb/node-api";

export type Query = (sql: string) => Promise<Record<string, unknown>[]>;

/** Runs queries on a database in memory and closes it. */
export async function withDuck<T>(work: (query: Query) => Promise<T>): Promise<T> {
  const instance = await DuckDBInstance.create(":memory:", { threads: "1" });
  const connection = await instance.connect();
  try {
    return await work(async (sql) => (await connection.runAndReadAll(sql)).getRowObjectsJson());
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
