// export_report.json: what an export holds, what it left out and why, and what it was made from. Written last.
import { z } from "zod";
import type { Json } from "../core/json.ts";
import { ALLOWANCES } from "../dataset/manifest.ts";
import { SPLITS } from "../dataset/splitOf.ts";
import { isLeftOutReason, type LeftOutReason } from "./recipe.ts";

export const REPORT_NAME = "export_report.json";
export const REPORT_FORMAT = "nightshift.export/2";

const countsSchema = z.partialRecord(
  z.custom<LeftOutReason>((name) => typeof name === "string" && isLeftOutReason(name)),
  z.int().positive(),
);
export type LeftOutCounts = z.infer<typeof countsSchema>;

export const exportReportSchema = z.strictObject({
  format: z.literal(REPORT_FORMAT),
  recipe: z.string(),
  schemaVersion: z.string(),
  /** The datasets that it was made from, in the order that they were named. */
  sources: z
    .array(z.strictObject({ runId: z.string(), codeVersion: z.string(), trajectoriesTableHash: z.string() }))
    .min(1),
  /** The condition that rollouts had to meet; null: none. */
  where: z.string().nullable(),
  allow: z.array(z.enum(ALLOWANCES)),
  rows: z.int().nonnegative(),
  tableHash: z.string(),
  rowsBySplit: z.record(z.string(), z.int().nonnegative()),
  /** Rows of the recipe's other tables, by table. */
  moreRows: z.record(z.string(), z.strictObject({ rows: z.int().nonnegative(), tableHash: z.string() })),
  /** Every rollout of the datasets: read = exported + repeated + leftOut (by reason). */
  rollouts: z.strictObject({
    read: z.int().nonnegative(),
    exported: z.int().nonnegative(),
    /** The same rollout in a second dataset. */
    repeated: z.int().nonnegative(),
    leftOut: countsSchema,
  }),
  /** Branches, steps or pairs of rollouts that gave no row, besides those that are counted as rollouts. */
  partsLeftOut: countsSchema,
  /** Trained turns cut from rows, where the format has no masks. */
  turnsCut: z.int().nonnegative(),
  trainedTurns: z.int().nonnegative(),
  scriptedRows: z.int().nonnegative(),
  replayedRows: z.int().nonnegative(),
  benchmarkRows: z.int().nonnegative(),
  /** What whoever trains on it should know. */
  notes: z.array(z.string()),
  /** Measures by name: lengths, drift of tokens, shared prompts. */
  figures: z.record(
    z.string(),
    z.custom<Json>((value) => value !== undefined),
  ),
  files: z.array(
    z.strictObject({
      path: z.string(),
      table: z.string().nullable(),
      split: z.enum(SPLITS).nullable(),
      rows: z.int().nonnegative().nullable(),
      bytes: z.int().nonnegative(),
      sha256: z.string(),
    }),
  ),
});
export type ExportReport = z.infer<typeof exportReportSchema>;

/** How far an export has got. */
export const exportNewsSchema = z.strictObject({
  /** Rollouts surveyed (where the recipe compares them), then converted. */
  phase: z.enum(["checking", "surveying", "converting", "closing"]),
  done: z.int().nonnegative(),
  total: z.int().nonnegative(),
  rows: z.int().nonnegative(),
});
export type ExportNews = z.infer<typeof exportNewsSchema>;
