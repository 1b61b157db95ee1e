// The dataset card: README.md with the front matter that the Hugging Face Hub reads, and in words what the rows are, where
// they come from and what must not be done with them.
import type { Schema } from "apache-arrow";
import type { Json } from "../core/json.ts";
import { huggingFaceCardFeatures } from "./huggingFaceFeatures.ts";
import type { Allowance, Funnel, Manifest, ManifestFile } from "./manifest.ts";
import { REPLAY_PROVIDER } from "./rows.ts";
import { schemaDocs } from "./schemaDocs.ts";

/** One configuration of the card: a table and its files. */
export interface CardConfig {
  readonly name: string;
  readonly schema: Schema;
  readonly isDefault: boolean;
}

/** What a card says of a task's rows: the baseline beside the scores. */
export interface TaskScores {
  readonly taskId: string;
  readonly use: string;
  readonly metric: string | null;
  /** Null: not known. */
  readonly higherIsBetter: boolean | null;
  readonly anchors: { readonly [name: string]: number | null };
  readonly rows: number;
  readonly keptRows: number;
  readonly scoredRows: number;
  readonly scoreMean: number | null;
  readonly scoreBest: number | null;
}

/** How many rows have which integrity signal. */
export interface SignalTally {
  /** Rows whose record was looked through. */
  readonly inspected: number;
  readonly byName: readonly { readonly name: string; readonly rows: number; readonly kept: number }[];
}

/** What the card of a run's own dataset says first. */
export const OWN_INTRODUCTION =
  "Trajectories of LLM agents doing ML research in sandboxes, scored by a judge that they never touched.";

/** The YAML block, with its fences. */
export function frontMatter(
  title: string,
  license: string | null,
  files: readonly ManifestFile[],
  configs: readonly CardConfig[],
  extension: "parquet" | "jsonl" = "parquet",
): string {
  const main = configs.find((config) => config.isDefault)?.name;
  const rows = sum(files, (file) => (file.table === main ? (file.rows ?? 0) : 0));
  const yaml: Json = {
    // The Hub's names of licences are lower-case.
    ...(license === null ? {} : { license: license.toLowerCase() }),
    pretty_name: title,
    language: ["en"],
    size_categories: [sizeCategory(rows)],
    task_categories: ["text-generation", "reinforcement-learning"],
    tags: ["agent", "trajectories", "tool-use", "synthetic", "nightshift"],
    configs: configs.map((config) => ({
      config_name: config.name,
      ...(config.isDefault ? { default: true } : {}),
      data_files: splitsOf(files, config.name).map((split) => ({
        split,
        path: `data/${config.name}/${split}-*.${extension}`,
      })),
    })),
    // Lines of JSON have the types that their reader finds in them.
    ...(extension === "jsonl"
      ? {}
      : {
          dataset_info: configs.map((config) => ({
            config_name: config.name,
            features: huggingFaceCardFeatures(config.schema),
            splits: splitsOf(files, config.name).map((name) => ({
              name,
              num_bytes: sum(filesOf(files, config.name, name), (file) => file.bytes),
              num_examples: sum(filesOf(files, config.name, name), (file) => file.rows ?? 0),
            })),
          })),
        }),
  };
  return `---\n${yamlBlock(yaml, 0)}---\n`;
}

/** A warning nobody can overlook; empty where every row may be trained on. */
export function notice(
  rows: {
    readonly scripted: number;
    readonly replayed: number;
    readonly benchmark: number;
    readonly forbidden: number;
  },
  allow: readonly Allowance[],
): string {
  const lines: string[] = [];
  if (rows.scripted > 0) {
    lines.push(
      `**${rows.scripted} ROWS WERE NOT WRITTEN BY A LANGUAGE MODEL.** They come from a scripted policy`,
      "(`provider: scripted`), made to exercise the pipeline. Training on them teaches a script.",
    );
  }
  if (rows.replayed > 0) {
    lines.push(
      `**${rows.replayed} ROWS ARE REPLAYS (\`provider: replay\`)** of rollouts that were recorded before: whoever trains on both`,
      "counts them twice.",
    );
  }
  if (rows.forbidden > 0) {
    lines.push(
      `**THE TERMS OF THE MODEL BEHIND ${rows.forbidden} ROWS FORBID TRAINING ON THEM** (\`output_terms: forbidden\`): they are kept for`,
      "study, and no export takes them.",
    );
  }
  if (rows.benchmark > 0) {
    lines.push(
      `**${rows.benchmark} ROWS ARE OF BENCHMARK TASKS (\`split: benchmark\`). DO NOT TRAIN ON THEM**: whoever does`,
      "can no longer be measured by the benchmark.",
    );
  }
  if (lines.length === 0) return "";
  if (allow.length > 0)
    lines.push(`They are here because it was asked for: \`allow: [${allow.join(", ")}]\`.`);
  return `${["[!WARNING]", ...lines].map((line) => `> ${line}`).join("\n")}\n\n`;
}

/** The whole card of a dataset. */
export function datasetCard(
  { title, introduction }: { readonly title: string; readonly introduction: string },
  manifest: Omit<Manifest, "files">,
  files: readonly ManifestFile[],
  configs: readonly CardConfig[],
  scores: readonly TaskScores[],
  signals: SignalTally,
): string {
  return [
    frontMatter(title, manifest.license, files, configs),
    `\n# ${title}\n\n`,
    notice(
      {
        scripted: manifest.scriptedRows,
        replayed: sum(manifest.models, ({ provider, rows }) => (provider === REPLAY_PROVIDER ? rows : 0)),
        benchmark: manifest.benchmarkRows,
        forbidden: sum(manifest.models, ({ outputTerms, rows }) => (outputTerms === "forbidden" ? rows : 0)),
      },
      manifest.allow,
    ),
    `${introduction}\n`,
    "Three tables: `trajectories` (one row a rollout, with the pool of its messages), `steps` (one row a model call, ",
    "referring to the pool by index) and `tasks`.\n\n",
    `## What became of the rollouts\n\n${funnelTable(manifest.funnel)}\n\n`,
    Object.keys(manifest.funnel.dropped).length === 0
      ? ""
      : "Dropped rollouts stand in the tables too, with `filter_decision: drop` and the reason; train on `keep`.\n\n",
    `## Scores beside baselines\n\n${scoresTable(scores)}\n\n`,
    manifest.rewardFn === null ? "No reward was given. " : `Reward: \`${manifest.rewardFn}\`. `,
    "A null reward means not scored, which is not 0.\n\n",
    signals.inspected === 0 ? "" : `## Integrity\n\n${signalsText(signals)}\n\n`,
    `## Provenance\n\n${provenance(manifest)}\n\n`,
    `## Loading\n\n${loading(configs, files)}\n\n`,
    "## Columns\n\n",
    ...configs.map((config) => `### ${config.name}\n\n${schemaDocs(config.schema)}\n\n`),
    "Volatile columns differ between two runs that made the same dataset; the table hashes in `manifest.json` leave ",
    "them out.\n",
  ].join("");
}

/** The books as a table: admitted = kept + dropped + failed + owed. */
export function funnelTable({ admitted, kept, dropped, failed, owed }: Funnel): string {
  const counts: [string, number][] = [
    ["admitted", admitted],
    ["kept", kept],
    ...Object.entries(dropped).map(([reason, count]): [string, number] => [`dropped: ${reason}`, count]),
    ...Object.entries(failed).map(([reason, count]): [string, number] => [`failed: ${reason}`, count]),
    ["owed", owed],
  ];
  return ["| | rollouts |", "|---|---|", ...counts.map(([name, count]) => `| ${name} | ${count} |`)].join(
    "\n",
  );
}

/** A snippet for each way to read it. */
export function loading(
  configs: readonly CardConfig[],
  files: readonly ManifestFile[],
  extension: "parquet" | "jsonl" = "parquet",
): string {
  const first = configs.find((config) => config.isDefault) ?? configs[0];
  const name = first?.name ?? "";
  const split = splitsOf(files, name)[0] ?? "train";
  return [
    "```python",
    "from datasets import load_dataset",
    `rows = load_dataset("path/to/this/folder", "${name}", split="${split}")`,
    "```",
    "",
    "```sql",
    "-- DuckDB",
    `SELECT * FROM 'data/${name}/*.${extension}' LIMIT 5;`,
    "```",
  ].join("\n");
}

/** What was looked for and found: rows with a signal may be kept, and then say so. */
function signalsText({ inspected, byName }: SignalTally): string {
  const looked = `${inspected} rows were looked through for signs of cheating and of scores that cannot be.`;
  if (byName.length === 0) return `${looked} There were none.`;
  const rows = byName.map(({ name, rows: count, kept }) => `| \`${name}\` | ${count} | ${kept} |`);
  const where = "Each row's `signals` have the step and the evidence.";
  return [`${looked} ${where}`, "", "| signal | rows | of them kept |", "|---|---|---|", ...rows].join("\n");
}

function scoresTable(scores: readonly TaskScores[]): string {
  const head =
    "| task | use | metric | starter (baseline) | probe | best known | rows | kept | scored | mean | best |";
  const rows = scores.map((task) => {
    const better =
      task.higherIsBetter === null ? "?" : task.higherIsBetter ? "higher is better" : "lower is better";
    const anchors = ["starter", "probe", "best"].map((anchor) => numberText(task.anchors[anchor] ?? null));
    const found = [task.rows, task.keptRows, task.scoredRows].join(" | ");
    const score = `${numberText(task.scoreMean)} | ${numberText(task.scoreBest)}`;
    return `| ${task.taskId} | ${task.use} | ${task.metric ?? "?"}, ${better} | ${anchors.join(" | ")} | ${found} | ${score} |`;
  });
  return [head, "|---|---|---|---|---|---|---|---|---|---|---|", ...rows].join("\n");
}

function provenance(manifest: Omit<Manifest, "files">): string {
  const models = manifest.models.map(
    ({ model, revision, provider, outputTerms, rows }) =>
      `- model \`${model ?? "not named"}\`${revision === null ? "" : ` at \`${revision}\``}, provider \`${provider ?? "not named"}\`: ${rows} rows; ` +
      `training on its replies: ${outputTerms ?? "unknown"}`,
  );
  const tasks = manifest.tasks.map(({ taskId, playHash, judgeHash }) =>
    playHash === null || judgeHash === null
      ? `- task \`${taskId}\`, played elsewhere`
      : `- task \`${taskId}\`: play \`${playHash}\`, judge \`${judgeHash}\``,
  );
  const tables = Object.entries(manifest.tables).map(
    ([name, { rows, tableHash }]) => `- table \`${name}\`: ${rows} rows, hash \`${tableHash}\``,
  );
  return [
    `- written by Nightshift ${manifest.codeVersion}, run \`${manifest.runId}\`, schema \`${manifest.schemaVersion}\``,
    ...models,
    ...tasks,
    ...tables,
  ].join("\n");
}

function splitsOf(files: readonly ManifestFile[], table: string): string[] {
  return [
    ...new Set(files.flatMap((file) => (file.table === table && file.split !== null ? [file.split] : []))),
  ];
}

function filesOf(files: readonly ManifestFile[], table: string, split: string): ManifestFile[] {
  return files.filter((file) => file.table === table && file.split === split);
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}

function numberText(value: number | null): string {
  return value === null ? "" : String(Number(value.toPrecision(6)));
}

/** The Hub's own size classes. */
function sizeCategory(rows: number): string {
  const classes: [number, string][] = [
    [1e3, "n<1K"],
    [1e4, "1K<n<10K"],
    [1e5, "10K<n<100K"],
    [1e6, "100K<n<1M"],
    [1e7, "1M<n<10M"],
  ];
  return classes.find(([below]) => rows < below)?.[1] ?? "n>10M";
}

/** YAML for plain data: blocks where something is nested, flow (which is JSON) where nothing is. */
function yamlBlock(value: Json, depth: number): string {
  const indent = "  ".repeat(depth);
  if (Array.isArray(value)) {
    return value.map((item: Json) => `${indent}-${yamlMember(item, depth)}`).join("");
  }
  if (typeof value !== "object" || value === null) return `${indent}${JSON.stringify(value)}\n`;
  return Object.entries(value)
    .map(([key, member]) => `${indent}${key}:${yamlMember(member, depth)}`)
    .join("");
}

function yamlMember(value: Json, depth: number): string {
  const nested = typeof value === "object" && value !== null && Object.values(value).some(isCompound);
  return nested ? `\n${yamlBlock(value, depth + 1)}` : ` ${JSON.stringify(value)}\n`;
}

function isCompound(value: Json): boolean {
  return typeof value === "object" && value !== null;
}
