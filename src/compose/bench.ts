// The benchmark: settings that put models into its pipeline, and the report of runs that are there.
import { readFile, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { UserError } from "../core/errors.ts";
import { openDataset } from "../dataset/openDataset.ts";
import { benchMarkdown } from "../report/benchMarkdown.ts";
import { type BenchReport, type BenchSource, benchReport } from "../report/benchReport.ts";
import { type Pool, parsePool } from "../report/poolFile.ts";
import { readMeasured } from "../report/readMeasured.ts";
import { writeJson } from "../store/writeJson.ts";
import { writtenOut } from "../tasks/families/taskNames.ts";
import { hasItsDataset, readStoredRun } from "./storedRun.ts";

/** The protocol: MLGym's tasks, limits and number of attempts. */
export const BENCH_PIPELINE = path.join("pipelines", "mlgym-bench.yaml");
const POOL_FILE = "mlgym-published.1658f4e33c08.json";

/** The published scores that the package ships. */
export async function shippedPool(): Promise<Pool> {
  const file = fileURLToPath(new URL(`../report/pools/${POOL_FILE}`, import.meta.url));
  return parsePool(POOL_FILE, await readFile(file, "utf8"));
}

/**
 * The setting that puts models in the place of the pipeline's: `scripted`, or `ADDRESS/NAME` of an OpenAI-compatible server, whose address
 * ends with its version (`http://127.0.0.1:8000/v1/my-checkpoint`). Throws UserError.
 */
export function modelsSetting(texts: readonly string[]): string {
  return `cells.models=${JSON.stringify(texts.map(modelOf))}`;
}

function modelOf(text: string) {
  if (text === "scripted") return { name: "scripted", wire: "scripted" };
  const [, address, name] = /^(https?:\/\/[^/].*?\/v\d+[a-z0-9]*)\/(.+)$/.exec(text) ?? [];
  if (address === undefined || name === undefined) {
    throw new UserError(
      `--model ${text.replace(/\/\/[^/]*@/, "//…@")}: must be \`scripted\`, or a server's address with the model's name behind it, such as http://127.0.0.1:8000/v1/my-checkpoint`,
    );
  }
  return { name, wire: "openai", model: name, baseUrls: [address] };
}

/** Reads runs and reports on them. Throws UserError where one has no dataset yet, or none has an attempt. */
export async function benchRuns(directories: readonly string[]): Promise<BenchReport> {
  const sources: BenchSource[] = [];
  for (const directory of directories) sources.push(await sourceOf(directory));
  if (sources.every(({ measured }) => measured.methods.length === 0)) {
    throw new UserError(
      `${directories.join(", ")}: no rollout has come to its end, so there is nothing to report`,
    );
  }
  return benchReport(sources, await shippedPool());
}

async function sourceOf(directory: string): Promise<BenchSource> {
  const stored = await readStoredRun(directory, []);
  const { reader, pipeline, resolved } = stored;
  if (!(await hasItsDataset(stored))) {
    throw new UserError(
      `${directory}: the run has no dataset yet; go on with \`nightshift resume ${directory}\`, which writes it at the end`,
    );
  }
  const dataset = await openDataset(reader.paths.dataset);
  const measured = await readMeasured(dataset);
  const { failed, owed } = dataset.manifest.funnel;
  return {
    runId: reader.runJson.runId,
    label: path.basename(reader.paths.directory),
    measured,
    attemptsWanted: pipeline.rollouts.accepted === null ? pipeline.rollouts.perCell : null,
    withoutEnd: Object.values(failed).reduce((sum, count) => sum + count, owed),
    bestOf: pipeline.stages.evaluate.everyValidated ? "everyValidated" : "chosen",
    withoutData: writtenOut(pipeline.cells.tasks).filter((id) => resolved.tasks[id] === undefined),
  };
}

/** Writes `bench.md` and `bench.json` into a folder that exists; returns the page's path. */
export async function writeBench(folder: string, report: BenchReport): Promise<string> {
  const page = path.join(folder, "bench.md");
  await writeFile(`${page}.draft`, benchMarkdown(report));
  await rename(`${page}.draft`, page);
  await writeJson(path.join(folder, "bench.json"), report);
  return page;
}
