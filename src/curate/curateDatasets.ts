// Curates finished datasets into a new one: the one door of this room. The work is done on another thread; the finished folder takes its
// place as a whole.
import { readdir } from "node:fs/promises";
import { resolve } from "node:path";
import { UserError } from "../core/errors.ts";
import { besides, type OffThread } from "../dataset/offThread.ts";
import { replaceFolder } from "../dataset/replaceFolder.ts";
import { TABLE_LIMITS } from "../dataset/writeTable.ts";
import { contentFaults } from "./contentFault.ts";
import { CURATION_NAME, type CurateReport, curateReportSchema } from "./curateReport.ts";
import type { CurateJob } from "./curateWorker.ts";
import type { CurateRules } from "./rules.ts";

export interface CurateOptions {
  /** Folders of finished datasets; a rollout that stands in several is taken once. */
  readonly datasetDirs: readonly string[];
  readonly rules: CurateRules;
  /** Texts to be tested on, which no rollout may share `decontaminate.ngramWords` words in a row with. */
  readonly testedTexts: readonly string[];
  readonly outDir: string;
  readonly codeVersion: string;
  readonly offThread: OffThread;
  readonly signal: AbortSignal;
}

/**
 * Writes every rollout of the datasets again with the verdicts that the rules give. A pure function of datasets, rules and texts. Throws
 * a UserError for rules that cannot be, a folder that holds something else, and datasets that contradict each other; a StoreError
 * where there is no finished dataset. The old folder then stays as it was.
 */
export async function curateDatasets(options: CurateOptions): Promise<CurateReport> {
  const { datasetDirs, rules, testedTexts, outDir, codeVersion, offThread, signal } = options;
  contentFaults(rules, new Set());
  await refuseForeign(outDir, datasetDirs);
  return replaceFolder(outDir, async (folder) => {
    const job: CurateJob = {
      folder,
      datasetDirs: [...datasetDirs],
      rules,
      testedTexts: [...testedTexts],
      codeVersion,
      limits: TABLE_LIMITS,
    };
    return curateReportSchema.parse(await offThread(besides(import.meta.url, "curateWorker"), job, signal));
  });
}

/** A curated dataset takes the place of an older one, and of nothing else: least of all of what it is made from. */
async function refuseForeign(outDir: string, datasetDirs: readonly string[]): Promise<void> {
  if (datasetDirs.some((dir) => resolve(dir) === resolve(outDir))) {
    throw new UserError(`${outDir} is one of the datasets to be curated; name another folder with --out DIR`);
  }
  const names = await readdir(outDir).catch((): string[] => []);
  if (names.length === 0 || names.includes(CURATION_NAME)) return;
  throw new UserError(
    `${outDir} is not empty (it holds ${names[0]}) and is no curated dataset; name a new folder with --out DIR`,
  );
}
