// Curation of runs' datasets: where they are, the rules' file, the texts it names, and the thread it is done on.
import { readFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { workerPool } from "../compute/workerPool.ts";
import { UserError } from "../core/errors.ts";
import { curateDatasets } from "../curate/curateDatasets.ts";
import type { CurateReport } from "../curate/curateReport.ts";
import { type CurateRules, curateRulesSchema } from "../curate/rules.ts";
import { readSettled } from "../pipeline/readPipeline.ts";
import { checkRoom } from "../store/checkRoom.ts";
import { exportSource } from "./exports.ts";

export interface CurationRequest {
  /** Run directories, or dataset folders. */
  readonly directories: readonly string[];
  /** The rules' file; null: settings alone. */
  readonly rulesFile: string | null;
  /** `key=value`, over the file. */
  readonly settings: readonly string[];
  readonly outDir: string;
  readonly codeVersion: string;
}

/** Curates and says what became of every rollout. Throws a UserError for rules that cannot be and files that cannot be read. */
export async function curateRuns(request: CurationRequest, signal: AbortSignal): Promise<CurateReport> {
  const { directories, rulesFile, settings, outDir, codeVersion } = request;
  const rules = await rulesOf(rulesFile, settings);
  const base = rulesFile === null ? "." : path.dirname(rulesFile);
  const testedTexts: string[] = [];
  for (const file of rules.decontaminate?.files ?? []) {
    testedTexts.push(await readText(path.resolve(base, file), "decontaminate.files"));
  }
  const datasetDirs: string[] = [];
  for (const directory of directories) datasetDirs.push((await exportSource(directory, [])).datasetDir);
  await checkRoom(outDir, 0);
  await using pool = workerPool({ workersMax: 1, waitingMax: 1 });
  const { runInWorker: offThread } = pool;
  return curateDatasets({ datasetDirs, rules, testedTexts, outDir, codeVersion, offThread, signal });
}

async function rulesOf(file: string | null, settings: readonly string[]): Promise<CurateRules> {
  const text = file === null ? "{}" : await readText(file, "--rules");
  const rules = readSettled(text, file ?? "rules", settings, curateRulesSchema);
  const used = rulesThatAre(rules);
  if (used) return rules;
  throw new UserError(
    "there is no rule to curate by; name a file with --rules FILE, or rules with --set KEY=VALUE",
  );
}

const OFF = JSON.stringify(z.parse(curateRulesSchema, {}));

function rulesThatAre(rules: CurateRules): boolean {
  return JSON.stringify(rules) !== OFF;
}

async function readText(file: string, what: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new UserError(`${what}: ${file} cannot be read; name a text file`, { cause: error });
  }
}
