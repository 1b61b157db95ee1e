// export_report.json: what an export holds, what it left out and why, and what it was made from. Written last.
import { z } from "zod";
import { ALLOWANCES } from "../dataset/manifest.ts";
import { SPLITS } from "../dataset/splitOf.ts";
import { LEFT_OUT_REASONS } from "./recipe.ts";

export const REPORT_NAME = "export_report.json";
export const REPORT_FORMAT = "nightshift.export/1";

const countsSchema = z.partialRecord(z.enum(LEFT_OUT_REASONS), z.int().positive());
export type LeftOutCounts = z.infer<typeof countsSchema>;

export const exportReportSchema = z.strictObject({
  format: z.literal(REPORT_FORMAT),
  recipe: z.string(),
  schemaVersion: z.string(),
  /** The dataset that it was made from. */
  source: z.strictObject({ runId: z.string(), codeVersion: z.string(), trajectoriesTableHash: z.string() }),
  allow: z.array(z.enum(ALLOWANCES)),
  rows: z.int().nonnegative(),
  tableHash: z.string(),
  rowsBySplit: z.record(z.string(), z.int().nonnegative()),
  /** Every rollout of the dataset: read = exported + leftOut (by reason). */
  rollouts: z.strictObject({
    read: z.int().nonnegative(),
    exported: z.int().nonnegative(),
    leftOut: countsSchema,
  }),
  /** Branches of kept rollouts that gave no row. */
  branchesLeftOut: countsSchema,
  /** Trained turns cut from rows, where the format has no masks. */
  turnsCut: z.int().nonnegative(),
  trainedTurns: z.int().nonnegative(),
  scriptedRows: z.int().nonnegative(),
  /** Absent in reports of before there were replays. */
  replayedRows: z.int().nonnegative().default(0),
  benchmarkRows: z.int().nonnegative(),
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
