// The card of an export: README.md with front matter, the warning where rows must not be trained on, and the report in words.
import { frontMatter, loading, notice } from "../dataset/card.ts";
import type { ManifestFile } from "../dataset/manifest.ts";
import { schemaDocs } from "../dataset/schemaDocs.ts";
import type { ExportReport } from "./exportReport.ts";
import type { Recipe } from "./recipe.ts";

export function exportCard(
  recipe: Recipe,
  report: Omit<ExportReport, "files">,
  license: string | null,
  files: readonly ManifestFile[],
): string {
  const configs = [{ name: recipe.name, schema: recipe.table.schema, isDefault: true }];
  const { rollouts, source } = report;
  return [
    frontMatter(recipe.name, license, files, configs),
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
    `${recipe.doc}\n\n`,
    "## What is in it\n\n",
    `${report.rows} rows with ${report.trainedTurns} trained turns, from ${rollouts.exported} of ${rollouts.read} rollouts.\n\n`,
    leftOutTable(report),
    "\n## Provenance\n\n",
    `Made by Nightshift ${source.codeVersion} from the dataset of run \`${source.runId}\` `,
    `(trajectories \`${source.trajectoriesTableHash}\`); this table's hash is \`${report.tableHash}\`.\n\n`,
    `## Loading\n\n${loading(configs, files)}\n\n`,
    `## Columns\n\n${schemaDocs(recipe.table.schema)}\n`,
  ].join("");
}

function leftOutTable(report: Omit<ExportReport, "files">): string {
  const counts: [string, number][] = [
    ...Object.entries(report.rollouts.leftOut).map(([why, n]): [string, number] => [`rollouts: ${why}`, n]),
    ...Object.entries(report.branchesLeftOut).map(([why, n]): [string, number] => [`branches: ${why}`, n]),
    ["trained turns cut", report.turnsCut],
  ];
  return ["| left out | count |", "|---|---|", ...counts.map(([what, n]) => `| ${what} | ${n} |`), ""].join(
    "\n",
  );
}
