// The reports of `tasks check --report`: a page for people and a JSON file for programs, one of each a task.
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { GATES, type TaskReport } from "../compose/checkTasks.ts";
import { shortNumber } from "./table.ts";

/** Writes `<task>.md` and `<task>.json` into `folder`, which is made where it is not there. */
export async function writeReports(folder: string, reports: readonly TaskReport[]): Promise<void> {
  for (const report of reports) {
    const file = path.join(folder, report.task);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(`${file}.json`, `${JSON.stringify(report, null, 2)}\n`);
    await writeFile(`${file}.md`, pageOf(report));
  }
}

/** Whether a gate without a defect was asked: a check may end early, or be a quick one. */
function isTried(gate: string, report: TaskReport): boolean {
  switch (gate) {
    case "loads":
      return report.recorded !== null;
    case "data":
      return report.formatProven !== null;
    case "secrets":
      return report.seeds > 0;
    case "baseline":
      return report.measured !== null;
    case "ladder":
      return report.solutions.length > 0;
    case "forgeries":
      return report.forgeries.tried > 0;
    default:
      return report.cases !== null;
  }
}

function pageOf(report: TaskReport): string {
  const { forgeries, cases, throttledMs } = report;
  const lines = [
    `# ${report.task}`,
    "",
    report.notProven === null ? "" : `Not proven here: ${report.notProven}`,
    "",
    "| gate | | |",
    "|---|---|---|",
    ...Object.entries(GATES).map(([gate, what]) => {
      const found = report.defects.filter((defect) => defect.gate === gate);
      const state = found.length > 0 ? "defective" : isTried(gate, report) ? "no defect" : "not tried";
      return `| ${gate} | ${what} | ${state} |`;
    }),
    "",
    ...report.defects.map(({ text }) => `- ${text}`),
    "",
    "| measured | |",
    "|---|---|",
    `| baseline, recorded and over ${report.seeds} seeds | ${shortNumber(report.recorded)}, ${shortNumber(report.measured)} |`,
    `| σ, recorded and measured | ${shortNumber(report.recordedSigma)}, ${shortNumber(report.sigma)} |`,
    ...report.solutions.map(({ name, score }) => `| solution/${name} | ${shortNumber(score)} |`),
    `| cases: validation, record, shared | ${cases === null ? "–" : `${cases.validation}, ${cases.record}, ${cases.shared}`} |`,
    `| judging once, at most | ${report.judgeSecondsMost.toFixed(2)} s |`,
    `| making the starter's submission | ${report.makeSeconds.toFixed(1)} s |`,
    `| memory: submission, judge | ${Math.round(report.memoryMbMost)} MiB, ${Math.round(report.judgeMemoryMbMost)} MiB |`,
    `| held back by the CPU limit | ${throttledMs === null ? "not counted" : `${Math.round(throttledMs)} ms`} |`,
    `| the whole check | ${report.seconds.toFixed(1)} s |`,
    "",
    `Bad and forged submissions: ${forgeries.tried} tried, ${forgeries.held} held.`,
    "",
    ...(forgeries.each.length === 0
      ? []
      : [
          "| handed in | outcome | |",
          "|---|---|---|",
          ...forgeries.each.map(
            ({ name, outcome, result }) => `| ${name} | ${outcome.replaceAll("|", "\\|")} | ${result} |`,
          ),
          "",
        ]),
  ];
  return lines.filter((line, index) => line !== "" || lines[index - 1] !== "").join("\n");
}
