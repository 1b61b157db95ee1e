// manifest.json: written last, so that where it stands everything it names stands too. It says what the dataset is, by hash.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { errorText, StoreError } from "../core/errors.ts";
import type { TABLE_NAMES } from "./schema.ts";
import { SPLITS } from "./splitOf.ts";

/** What to do about a dataset that is not whole. */
export const WRITE_AGAIN = "`nightshift evaluate` on its run writes it again";
export const MANIFEST_NAME = "manifest.json";
export const DATASET_FORMAT = "nightshift.dataset/1";

/** Rows that leave the house only where somebody says so. */
export const ALLOWANCES = ["scripted", "replay", "benchmark", "notTrainable"] as const;
export type Allowance = (typeof ALLOWANCES)[number];

/** The books of the run: what became of every admitted rollout. */
export const funnelSchema = z
  .strictObject({
    admitted: z.int().nonnegative(),
    kept: z.int().nonnegative(),
    /** By reason. */
    dropped: z.record(z.string(), z.int().nonnegative()),
    /** Infrastructure, by class; cancelled and interrupted among them. */
    failed: z.record(z.string(), z.int().nonnegative()),
    owed: z.int().nonnegative(),
  })
  .refine(
    ({ admitted, kept, dropped, failed, owed }) => admitted === kept + total(dropped) + total(failed) + owed,
    "the books do not close: admitted must be kept + dropped + failed + owed",
  );
export type Funnel = z.infer<typeof funnelSchema>;

const manifestFileSchema = z.strictObject({
  /** Relative to the dataset's folder. */
  path: z.string(),
  /** Null for what is not Parquet. */
  table: z.string().nullable(),
  split: z.enum(SPLITS).nullable(),
  rows: z.int().nonnegative().nullable(),
  bytes: z.int().nonnegative(),
  sha256: z.string(),
});
export type ManifestFile = z.infer<typeof manifestFileSchema>;

const tableSummarySchema = z.strictObject({ rows: z.int().nonnegative(), tableHash: z.string() });

export const manifestSchema = z.strictObject({
  format: z.literal(DATASET_FORMAT),
  schemaVersion: z.string(),
  runId: z.string(),
  codeVersion: z.string(),
  createdAtMs: z.number(),
  /** Null: nobody gave rewards. */
  rewardFn: z.string().nullable(),
  license: z.string().nullable(),
  tables: z.strictObject({
    tasks: tableSummarySchema,
    trajectories: tableSummarySchema,
    steps: tableSummarySchema,
  } satisfies Record<(typeof TABLE_NAMES)[number], typeof tableSummarySchema>),
  rowsBySplit: z.record(z.string(), z.int().nonnegative()),
  /** Trajectories whose verdict is keep. */
  keptRows: z.int().nonnegative(),
  /** Kept or not; what an export asks leave for are the kept ones among them. */
  scriptedRows: z.int().nonnegative(),
  benchmarkRows: z.int().nonnegative(),
  models: z.array(
    z.strictObject({
      /** Null where an imported record does not name it. */
      model: z.string().nullable(),
      revision: z.string().nullable(),
      provider: z.string().nullable(),
      /** Null in datasets from before it was kept. */
      outputTerms: z.string().nullable().default(null),
      rows: z.int().positive(),
    }),
  ),
  tasks: z.array(
    z.strictObject({
      taskId: z.string(),
      use: z.string(),
      split: z.string(),
      /** Null for tasks that were played elsewhere. */
      playHash: z.string().nullable(),
      judgeHash: z.string().nullable(),
      rows: z.int().nonnegative(),
    }),
  ),
  funnel: funnelSchema,
  allow: z.array(z.enum(ALLOWANCES)),
  files: z.array(manifestFileSchema),
});
export type Manifest = z.infer<typeof manifestSchema>;

/** The manifest of a dataset folder. Throws a StoreError where there is none or it is not one. */
export async function readManifest(dir: string): Promise<Manifest> {
  const path = join(dir, MANIFEST_NAME);
  const manifest = manifestSchema.safeParse(await readJsonFile(path, "a dataset's manifest"));
  if (manifest.success) return manifest.data;
  throw new StoreError(
    `${path} is not a manifest of this version (${errorText(manifest.error)}); ${WRITE_AGAIN}`,
    { cause: manifest.error },
  );
}

/** The text of a manifest, as it is written and hashed. */
export function manifestText(manifest: Manifest): string {
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

async function readJsonFile(path: string, what: string): Promise<unknown> {
  try {
    const parsed: unknown = JSON.parse(await readFile(path, "utf8"));
    return parsed;
  } catch (error) {
    throw new StoreError(`${path} is not ${what}; the folder is not a finished dataset; ${WRITE_AGAIN}`, {
      cause: error,
    });
  }
}

function total(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
