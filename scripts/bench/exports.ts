// Measures every export recipe on a made dataset: rows and megabytes a second, CPU seconds, peak memory, each recipe in a process of its own.
//
//   node scripts/bench/exports.ts [--rollouts 2000] [--kilobytes 40] [--recipes sft_branches,atif] [--keep DIR] [--tokenizer DIR]
//
// Recipes of token ids read a second dataset, with ids (one for four characters) and log-probabilities, a quarter as many rollouts; the others one without.
// MB in: the messages of the rollouts as JSON. Last line: one JSON object. Exit code 0 only where every export's books close.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { z } from "zod";
import { textTable } from "../../src/cli/table.ts";
import { workerPool } from "../../src/compute/workerPool.ts";
import type { DatasetRecord } from "../../src/dataset/records.ts";
import { writeDataset } from "../../src/dataset/writeDataset.ts";
import { exportDataset, recipeNamed } from "../../src/export/exportDataset.ts";
import type { Recipe } from "../../src/export/recipe.ts";
import { RECIPES } from "../../src/export/recipes.ts";
import { FIXTURE_RUN, fixtureRecord, fixtureTask } from "../../tests/dataset/fixtures.ts";

const { values } = parseArgs({
  options: {
    rollouts: { type: "string", default: "2000" },
    /** Of each rollout, about. */
    kilobytes: { type: "string", default: "40" },
    steps: { type: "string", default: "20" },
    /** Default: all that need no tokenizer, or all where one is given. */
    recipes: { type: "string" },
    /** Where the dataset and the exports stay; a dataset that is there already is used. */
    keep: { type: "string" },
    tokenizer: { type: "string" },
    /** The parent's own: export by this recipe and print what it took. */
    one: { type: "string" },
  },
});
const rolloutCount = Number(values.rollouts);
const stepCount = Number(values.steps);
const bytesPerStep = (Number(values.kilobytes) * 1000) / stepCount;
const GROUP = 4;
const NEEDS_IDS: readonly string[] = ["sft_tokens", "rl_steps", "rl_flat"];
const signal = new AbortController().signal;

const measuredSchema = z.object({
  recipe: z.string(),
  rows: z.number(),
  rollouts: z.number(),
  closes: z.boolean(),
  outMb: z.number(),
  wallS: z.number(),
  cpuS: z.number(),
  rssMb: z.number(),
});
type Measured = z.infer<typeof measuredSchema>;

if (values.one !== undefined && values.keep !== undefined) await exportOne(values.one, values.keep);
else await main();

async function main(): Promise<void> {
  const folder = values.keep ?? (await mkdtemp(path.join(tmpdir(), "nightshift-bench-")));
  try {
    const plainMb = await makeDataset(path.join(folder, "dataset"), rolloutCount, false);
    const idsMb = await makeDataset(path.join(folder, "dataset-ids"), Math.ceil(rolloutCount / 4), true);
    const wanted = (values.recipes ?? everyRecipe()).split(",");
    const measured: Measured[] = [];
    for (const recipe of wanted) measured.push(await inOwnProcess(recipe, folder));
    const inMbOf = (recipe: string) => (NEEDS_IDS.includes(recipe) ? idsMb : plainMb);
    const rows = measured.map((one) => [
      one.recipe,
      String(one.rollouts),
      String(one.rows),
      one.wallS.toFixed(1),
      one.cpuS.toFixed(1),
      (one.rows / one.wallS).toFixed(0),
      (inMbOf(one.recipe) / one.wallS).toFixed(1),
      (inMbOf(one.recipe) / one.cpuS).toFixed(1),
      one.outMb.toFixed(1),
      (one.outMb / one.wallS).toFixed(1),
      one.rssMb.toFixed(0),
    ]);
    const head = [
      "recipe",
      "rollouts",
      "rows",
      "wall s",
      "CPU s",
      "rows/s",
      "MB in/s",
      "MB in/CPU s",
      "MB out",
      "MB out/s",
      "RSS MB",
    ];
    console.log(textTable(head, rows));
    const allClose = measured.every(({ closes }) => closes);
    console.log(
      JSON.stringify({
        rollouts: rolloutCount,
        plainMb: Number(plainMb.toFixed(1)),
        idsMb: Number(idsMb.toFixed(1)),
        allClose,
        measured,
      }),
    );
    process.exitCode = allClose ? 0 : 1;
  } finally {
    if (values.keep === undefined) await rm(folder, { recursive: true, force: true });
  }
}

function everyRecipe(): string {
  return Object.values<Recipe>(RECIPES)
    .filter(({ tokenizer }) => tokenizer !== "needed" || values.tokenizer !== undefined)
    .map(({ name }) => name)
    .join(",");
}

async function makeDataset(outDir: string, count: number, ids: boolean): Promise<number> {
  let bytes = 0;
  const task = fixtureTask();
  const records: DatasetRecord[] = [];
  for (let index = 0; index < count; index++) {
    const record = recordOf(index, ids);
    bytes += JSON.stringify(record.trajectory.pool).length;
    records.push(record);
  }
  if (await stat(path.join(outDir, "manifest.json")).catch(() => null)) return bytes / 1e6;
  records.sort((a, b) => (a.trajectory.key < b.trajectory.key ? -1 : 1));
  async function* feed() {
    yield* records;
  }
  await using pool = workerPool({ workersMax: 1, waitingMax: 1 });
  await writeDataset({
    outDir,
    tasks: [task],
    rows: feed(),
    runInfo: { ...FIXTURE_RUN, groupSize: GROUP },
    funnel: { admitted: count, kept: count, dropped: {}, failed: {}, owed: 0 },
    allow: [],
    offThread: pool.runInWorker,
    signal,
  });
  return bytes / 1e6;
}

/** Half of a step is the reply, half what was observed; ids are one for four characters, as tokenizers have it. */
function recordOf(index: number, ids: boolean): DatasetRecord {
  const steps = Array.from({ length: stepCount }, (_, step) => ({
    text: `Step ${step}.\n\`\`\`\n${prose(index * 1000 + step, bytesPerStep / 2)}\n\`\`\``,
    observation: prose(index * 1000 + step + 500, bytesPerStep / 2),
  }));
  const record = fixtureRecord({ seedIndex: index, steps });
  const value = ((index * 37) % 101) / 100;
  const rewarded = { ...record, rewards: { ...record.rewards, value } };
  if (!ids) return rewarded;
  const { trajectory } = record;
  const idsOf = trajectory.pool.map(({ message }, at) =>
    Array.from(
      { length: Math.ceil(message.content.length / 4) },
      (_, token) => ((at + 1) * 7919 + token * 31) % 150_000,
    ),
  );
  return {
    ...rewarded,
    trajectory: {
      ...trajectory,
      steps: trajectory.steps.map((step) => {
        const prompt = step.prompt.flatMap(([from, to]) => idsOf.slice(from, to).flat());
        const completion = idsOf[step.response] ?? [];
        return {
          ...step,
          reply: {
            ...step.reply,
            tokens: {
              promptIds: prompt,
              completionIds: completion,
              logprobs: completion.map(() => -0.5),
              source: "vllm",
            },
          },
        };
      }),
    },
  };
}

/** Words that repeat as a log's do, other ones for each seed. */
function prose(seed: number, length: number): string {
  const words = [
    "loss",
    "epoch",
    "train",
    "val",
    "acc",
    "lr",
    "0.",
    "saved",
    "step",
    "rmse",
    "warning:",
    "=",
    "\n",
  ];
  let state = (seed * 2_654_435_761 + 1) % 4_294_967_296;
  let text = "";
  while (text.length < length) {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    text += `${words[state % words.length] ?? ""}${state % 7 === 0 ? (state % 10_000).toString() : ""} `;
  }
  return text.slice(0, length);
}

async function inOwnProcess(recipe: string, folder: string): Promise<Measured> {
  const args = [fileURLToPath(import.meta.url), "--one", recipe, "--keep", folder];
  const { tokenizer }: Recipe = RECIPES[recipeNamed(recipe)];
  if (tokenizer !== undefined && values.tokenizer !== undefined) {
    args.push("--tokenizer", values.tokenizer);
  }
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  let out = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
  });
  await once(child, "close");
  return measuredSchema.parse(JSON.parse(out));
}

async function exportOne(recipe: string, folder: string): Promise<void> {
  const before = performance.now();
  await using pool = workerPool({ workersMax: 1, waitingMax: 1 });
  const report = await exportDataset({
    sources: [
      { datasetDir: path.join(folder, NEEDS_IDS.includes(recipe) ? "dataset-ids" : "dataset"), allow: [] },
    ],
    recipe,
    outDir: path.join(folder, `out-${recipe}`),
    ...(values.tokenizer === undefined ? {} : { tokenizerDir: values.tokenizer }),
    offThread: pool.runInWorker,
    signal,
  });
  const { read, exported, repeated, leftOut } = report.rollouts;
  const left = Object.values(leftOut).reduce((sum, n) => sum + n, 0);
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  const measured: Measured = {
    recipe,
    rows: report.rows,
    rollouts: read,
    closes: read === exported + repeated + left,
    outMb: report.files.reduce((sum, { bytes }) => sum + bytes, 0) / 1e6,
    wallS: (performance.now() - before) / 1000,
    cpuS: (userCPUTime + systemCPUTime) / 1e6,
    rssMb: maxRSS / 1024,
  };
  console.log(JSON.stringify(measured));
}
