// Measures curation of a made dataset with all rules on: seconds, rollouts and megabytes a second, peak memory of writing and curating together.
//
//   node scripts/bench/curate.ts [--rollouts 10000] [--kilobytes 40]
//
// One rollout in ten repeats the actions of the one before it, but for its last words. Last line: one JSON object. Exit code 0 only where the books close and near
// duplicates were found.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { textTable } from "../../src/cli/table.ts";
import { workerPool } from "../../src/compute/workerPool.ts";
import { curateDatasets } from "../../src/curate/curateDatasets.ts";
import { curateRulesSchema } from "../../src/curate/rules.ts";
import { mixed } from "../../src/curate/words.ts";
import type { DatasetRecord } from "../../src/dataset/records.ts";
import { writeDataset } from "../../src/dataset/writeDataset.ts";
import { FIXTURE_RUN, fixtureRecord, fixtureTask } from "../../tests/dataset/fixtures.ts";

const { values } = parseArgs({
  options: {
    rollouts: { type: "string", default: "10000" },
    kilobytes: { type: "string", default: "40" },
  },
});
const rollouts = Number(values.rollouts);
const STEPS = 20;
/** A word and its space are eight characters. */
const wordsPerStep = Math.round((Number(values.kilobytes) * 1000) / STEPS / 8);
const signal = new AbortController().signal;
const task = fixtureTask();

const RULES = curateRulesSchema.parse({
  where: [{ path: "reward", op: ">=", value: 0, missing: "drop" }],
  loopRepeatsMax: 5,
  formatErrorShareMax: 0.5,
  actionErrorShareMax: 0.9,
  foreignScriptShareMax: 0.2,
  identityNames: ["Claude", "ChatGPT", "DeepSeek"],
  decontaminate: {},
  exactDuplicates: true,
  nearDuplicates: {},
  capTask: Math.ceil(rollouts / 2),
});

function words(seed: number, count: number): string {
  return Array.from(
    { length: count },
    (_, at) =>
      `w${mixed(seed + at)
        .toString(36)
        .slice(0, 6)}`,
  ).join(" ");
}

function record(seedIndex: number): DatasetRecord {
  const source = seedIndex % 10 === 9 ? seedIndex - 1 : seedIndex;
  const steps = Array.from({ length: STEPS }, (_, step) => ({
    text: words(source * 100_003 + step * 1009, 30) + (step === STEPS - 1 ? ` end${seedIndex}` : ""),
    observation: step === STEPS - 1 ? null : words(seedIndex * 7919 + step * 31, wordsPerStep - 30),
  }));
  return fixtureRecord({ task, seedIndex, steps });
}

async function* records(): AsyncGenerator<DatasetRecord> {
  const order = Array.from({ length: rollouts }, (_, seedIndex) => ({
    seedIndex,
    key: fixtureRecord({ task, seedIndex, steps: [] }).trajectory.key,
  })).sort((a, b) => (a.key < b.key ? -1 : 1));
  for (const { seedIndex } of order) yield record(seedIndex);
}

const folder = await mkdtemp(path.join(tmpdir(), "nightshift-bench-"));
try {
  await using pool = workerPool({ workersMax: 1, waitingMax: 1 });
  const offThread = pool.runInWorker;
  await writeDataset({
    outDir: path.join(folder, "dataset"),
    tasks: [task],
    rows: records(),
    runInfo: FIXTURE_RUN,
    funnel: { admitted: rollouts, kept: rollouts, dropped: {}, failed: {}, owed: 0 },
    allow: [],
    offThread,
    signal,
  });
  const before = performance.now();
  const report = await curateDatasets({
    datasetDirs: [path.join(folder, "dataset")],
    rules: RULES,
    testedTexts: [words(5, 5000)],
    outDir: path.join(folder, "curated"),
    codeVersion: "bench",
    offThread,
    signal,
  });
  const wallS = (performance.now() - before) / 1000;
  const measured = {
    rollouts,
    wallS,
    rolloutsPerS: rollouts / wallS,
    mbPerS: (rollouts * Number(values.kilobytes)) / 1000 / wallS,
    rssMb: process.resourceUsage().maxRSS / 1024,
    kept: report.kept,
    dropped: report.dropped,
  };
  const cells = Object.entries(measured).map(([name, value]) => [
    name,
    typeof value === "number" ? value.toFixed(1) : JSON.stringify(value),
  ]);
  console.log(textTable(["", "curate"], cells));
  console.log(JSON.stringify(measured));
  const total = report.kept + Object.values(report.dropped).reduce((sum, count) => sum + count, 0);
  process.exitCode = total === rollouts && (report.dropped["dupOf"] ?? 0) > 0 ? 0 : 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}
