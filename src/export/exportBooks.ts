// The books of an export: what became of every rollout that was read, and of its parts.
import { REPLAY_PROVIDER, type RolloutRows, SCRIPTED_PROVIDER } from "../dataset/rows.ts";
import type { ExportReport, LeftOutCounts } from "./exportReport.ts";
import type { Exported, Fate, LeftOutReason } from "./recipe.ts";

export interface ExportBooks {
  /** A rollout that was not converted. */
  passOver(reason: LeftOutReason, repeats: number): void;
  /** A rollout that was. `later`: its fate is told by the recipe's closing. */
  enter(
    split: string,
    rollout: RolloutRows,
    exported: Exported<PlainCells>,
    repeats: number,
    fate: "now" | "later",
  ): void;
  settle(fates: Iterable<Fate>): void;
  readonly rows: () => number;
  entries(): BookEntries;
}

type BookEntries = Pick<
  ExportReport,
  | "rowsBySplit"
  | "rollouts"
  | "partsLeftOut"
  | "turnsCut"
  | "trainedTurns"
  | "scriptedRows"
  | "replayedRows"
  | "benchmarkRows"
>;
type PlainCells = { readonly [column: string]: unknown };

export function exportBooks(): ExportBooks {
  let read = 0;
  let repeated = 0;
  let exported = 0;
  let turnsCut = 0;
  let trainedTurns = 0;
  let rowCount = 0;
  const rowsBySplit = new Map<string, number>();
  const leftOut: LeftOutCounts = {};
  const partsLeftOut: LeftOutCounts = {};
  const rowsOf = { scripted: 0, replayed: 0, benchmark: 0 };

  const settleOne = (fate: Fate) => {
    if (fate === "exported") exported++;
    else count(leftOut, fate);
  };
  return {
    passOver: (reason, repeats) => {
      read += 1 + repeats;
      repeated += repeats;
      count(leftOut, reason);
    },
    enter: (split, { trajectory }, { rows, leftOut: parts, turnsCut: cut }, repeats, fate) => {
      read += 1 + repeats;
      repeated += repeats;
      const [first] = parts;
      if (fate === "now") settleOne(rows.length > 0 ? "exported" : (first ?? "noSteps"));
      // What is counted as a rollout is not counted again as its part.
      const isWhole = fate === "now" && rows.length === 0;
      for (const reason of isWhole ? parts.slice(1) : parts) count(partsLeftOut, reason);
      turnsCut += cut;
      rowCount += rows.length;
      rowsBySplit.set(split, (rowsBySplit.get(split) ?? 0) + rows.length);
      for (const row of rows) trainedTurns += trainedTurnsOf(row);
      if (trajectory.provider === SCRIPTED_PROVIDER) rowsOf.scripted += rows.length;
      if (trajectory.provider === REPLAY_PROVIDER) rowsOf.replayed += rows.length;
      if (trajectory.task_use === "benchmark") rowsOf.benchmark += rows.length;
    },
    settle: (fates) => {
      for (const fate of fates) settleOne(fate);
    },
    rows: () => rowCount,
    entries: () => {
      const total = Object.values(leftOut).reduce((sum, n) => sum + n, 0);
      if (read !== exported + repeated + total) {
        throw new RangeError(
          `the export's books do not close: ${read} rollouts read, ${exported} exported, ${repeated} repeated, ${total} left out`,
        );
      }
      return {
        rowsBySplit: Object.fromEntries(rowsBySplit),
        rollouts: { read, exported, repeated, leftOut },
        partsLeftOut,
        turnsCut,
        trainedTurns,
        scriptedRows: rowsOf.scripted,
        replayedRows: rowsOf.replayed,
        benchmarkRows: rowsOf.benchmark,
      };
    },
  };
}

function count(counts: LeftOutCounts, reason: LeftOutReason): void {
  counts[reason] = (counts[reason] ?? 0) + 1;
}

function trainedTurnsOf(row: PlainCells): number {
  return typeof row["trained_turns"] === "number" ? row["trained_turns"] : 0;
}
