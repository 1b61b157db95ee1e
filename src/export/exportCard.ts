// The card of an export: README.md with front matter, the warning where rows must not be trained on, and the report in words.
import { type CardConfig, frontMatter, loading, notice } from "../dataset/card.ts";
import type { ManifestFile } from "../dataset/manifest.ts";
import { schemaDocs } from "../dataset/schemaDocs.ts";
import type { ExportReport } from "./exportReport.ts";
import { inTrainers } from "./inTrainers.ts";
import { isLeftOutReason, LEFT_OUT_DOCS, type Recipe } from "./recipe.ts";

export function exportCard(
  recipe: Recipe,
  report: Omit<ExportReport, "files">,
  license: string | null,
  files: readonly ManifestFile[],
): string {
  const main = { name: recipe.table.name, schema: recipe.table.schema, isDefault: true };
  const others = (recipe.moreTables ?? []).map(({ name, schema }) => ({ name, schema, isDefault: false }));
  const configs: readonly CardConfig[] = [main, ...others];
  const isTable = recipe.form !== "documents";
  const extension = recipe.form === "lines" ? "jsonl" : "parquet";
  const { rollouts, sources } = report;
  const made = sources.map(
    ({ runId, codeVersion, trajectoriesTableHash }) =>
      `- run \`${runId}\`, Nightshift ${codeVersion}, trajectories \`${trajectoriesTableHash}\`\n`,
  );
  return [
    isTable ? frontMatter(recipe.name, license, files, configs, extension) : "",
    `\n# ${recipe.name}\n\n`,
    notice(
      {
        scripted: report.scriptedRows,
        replayed: report.replayedRows,
        benchmark: report.benchmarkRows,
        // None gets here: an export refuses them.
        forbidden: 0,
      },
      report.allow,
    ),
    `${recipe.doc}\n\nRead as it is by: ${recipe.readers}.\n\n`,
    ...report.notes.map((note) => `> ${note}\n\n`),
    "## What is in it\n\n",
    `${report.rows} rows${report.trainedTurns > 0 ? ` with ${report.trainedTurns} trained turns` : ""}, from ${rollouts.exported} of ${rollouts.read} rollouts`,
    report.where === null ? ".\n\n" : `, of which were asked for: \`${report.where}\`.\n\n`,
    leftOutTable(report),
    Object.keys(report.figures).length === 0
      ? ""
      : `\n\`\`\`json\n${JSON.stringify(report.figures, null, 2)}\n\`\`\`\n`,
    "\n## Provenance\n\n",
    `Made by \`nightshift export\` from\n\n${made.join("")}\nThis table's hash is \`${report.tableHash}\`.\n\n`,
    isTable
      ? `## Loading\n\n${loading(configs, files, extension)}\n\n${inTrainers(main.name, extension)}\n\n`
      : "",
    ...configs.map(({ name, schema }) => `## Columns of ${name}\n\n${schemaDocs(schema)}\n\n`),
  ]
    .join("")
    .trimStart()
    .replace(/\n+$/, "\n");
}

function leftOutTable(report: Omit<ExportReport, "files">): string {
  const rows = (what: string, counts: Readonly<Record<string, number>>): [string, number, string][] =>
    Object.entries(counts).map(([reason, n]) => [
      `${what}: ${reason}`,
      n,
      isLeftOutReason(reason) ? LEFT_OUT_DOCS[reason] : "",
    ]);
  const counts: [string, number, string][] = [
    ...rows("rollouts", report.rollouts.leftOut),
    ["rollouts: repeated", report.rollouts.repeated, "The same rollout in a second dataset."],
    ...rows("parts", report.partsLeftOut),
    ["trained turns cut", report.turnsCut, "The format cannot mask."],
  ];
  return [
    "| left out | count | why |",
    "|---|---|---|",
    ...counts.map(([what, n, why]) => `| ${what} | ${n} | ${why} |`),
    "",
  ].join("\n");
}
