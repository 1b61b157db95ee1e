// The report of a benchmark as a page of Markdown.
import type { AgainstPool, Area, Standing } from "./againstPool.ts";
import type { BenchReport } from "./benchReport.ts";
import type { Interval } from "./bootstrap.ts";
import type { Comparison } from "./compareMethods.ts";
import type { MeanFigure, MethodFigures, TaskFigures } from "./methodFigures.ts";
import { profileAt } from "./performanceProfile.ts";

/** Ratios at which the page states profiles; the JSON has the whole curves. */
const PROFILE_FACTORS = [1, 1.02, 1.05, 1.1, 1.25, 1.5, 2, 5, 10] as const;

const BEST_OF = {
  everyValidated:
    "best attempts are the best of all submissions that validated or were handed in, chosen by their scores of record",
  chosen: "best attempts are the better of what was handed in and what validated best",
} as const;

/** The whole page. */
export function benchMarkdown(report: BenchReport): string {
  const parts = [
    `# Benchmark: ${report.methods.map(({ name }) => cell(name)).join(", ")}`,
    sourcesText(report),
    poolText(report.againstPool),
    ...report.methods.map((method) => methodText(report, method)),
    ...report.comparisons.map(comparisonText),
    `Intervals hold ${Math.round(100 * report.intervals.confidence)} % of ${report.intervals.replicates} resamples of tasks, then attempts. docs/bench.md defines every figure.`,
  ];
  return `${parts.join("\n\n")}\n`;
}

function sourcesText({ runs }: BenchReport): string {
  const lines = runs.map(({ runId, attemptsWanted, withoutEnd, withoutData, bestOf }) => {
    const wanted = attemptsWanted === null ? "" : `, ${attemptsWanted} attempts a task`;
    const ends =
      withoutEnd === 0 ? "" : `, ${withoutEnd} rollouts without an end of their own, which are no attempts`;
    const absent =
      withoutData.length === 0 ? "" : `; not played, since their data is not here: ${withoutData.join(", ")}`;
    return `- run \`${runId}\`${wanted}${ends}${absent}; ${BEST_OF[bestOf]}`;
  });
  return lines.join("\n");
}

function poolText(against: AgainstPool): string {
  const out = against.leftOut.map(({ taskId, why }) => `- ${cell(taskId)}: ${cell(why)}`);
  const replaced = against.replaced.map(
    ({ task, method, variant, published, used, why }) =>
      `In ${task} the published ${variant} score of ${method}, ${published}, is replaced by ${used}. ${why}`,
  );
  const source = `Published scores: \`${against.pool}\` (${against.citation}). ${replaced.join(" ")}`;
  const without = out.length === 0 ? [] : ["Left out for all sides:", out.join("\n")];
  if (against.tauMax === null) {
    return ["## Against published scores", "No task is left to compare on.", source, ...without].join("\n\n");
  }
  const named = ({ name, isMeasured }: Standing) => (isMeasured ? `**${cell(name)}**` : name);
  const areas = against.standings.map((standing) => [
    named(standing),
    ...areaCells(standing.best),
    ...areaCells(standing.last),
  ]);
  const shares = against.standings.map((standing) => [
    named(standing),
    ...PROFILE_FACTORS.map((factor) => profileAt(standing.best.ratios, Math.log10(factor)).toFixed(2)),
  ]);
  return [
    "## Against published scores",
    `AUP on ${against.tasks.length} tasks (${against.tasks.join(", ")}); T = ${against.tauMax}. Models of this report are in bold.`,
    markdownTable(["", "AUP best", "interval", "AUP/T best", "AUP last", "interval", "AUP/T last"], areas),
    "Performance profiles of best attempts: the share of tasks on which a model is within a factor of the best of the pool.",
    markdownTable(["factor", ...PROFILE_FACTORS.map(String)], shares),
    source,
    ...without,
  ].join("\n\n");
}

function areaCells({ aup, normalised, interval }: Area): readonly string[] {
  return [aup.toFixed(3), intervalText(interval), normalised.toFixed(3)];
}

function methodText(report: BenchReport, method: MethodFigures): string {
  const rows = method.tasks.map((figures) => {
    const direction = report.tasks.find(({ id }) => id === figures.taskId)?.direction;
    return taskCells(figures, direction === "minimize" ? "↓" : "↑");
  });
  const { passAtOne, passAtAll } = method;
  return [
    `## ${cell(method.name)}`,
    markdownTable(
      [
        ...["task", "attempts (scored)", "baseline", "best attempt@k", "last attempt@k"],
        ...["pass@1", "pass@k", "expected best@1", "expected best@k", "k"],
      ],
      rows,
    ),
    `Mean over tasks: pass@1 ${figureText(passAtOne)}, pass@${passAtAll.k} ${figureText(passAtAll)}, of final submissions.`,
  ].join("\n\n");
}

/** pass@k and expected best@k are of final submissions; those of the best ones are in the JSON. */
function taskCells(figures: TaskFigures, arrow: string): readonly string[] {
  const { passAtK, expectedBest, attemptAtK } = figures;
  return [
    figures.taskId,
    `${figures.attempts} (${figures.scored})`,
    `${scoreText(figures.baseline)}${arrow}`,
    scoreText(attemptAtK.best),
    scoreText(attemptAtK.last),
    (passAtK.last.at(0) ?? 0).toFixed(2),
    (passAtK.last.at(-1) ?? 0).toFixed(2),
    scoreText(expectedBest.last.at(0)?.value ?? null),
    scoreText(expectedBest.last.at(-1)?.value ?? null),
    String(passAtK.last.length),
  ];
}

function comparisonText({ from, to, tasks, figures }: Comparison): string {
  const rows = figures.map(({ figure, from: a, to: b, difference, aheadShare }) => [
    figure,
    a.toFixed(3),
    b.toFixed(3),
    `${difference.value > 0 ? "+" : ""}${difference.value.toFixed(3)}`,
    intervalText(difference.interval),
    aheadShare === null ? "–" : aheadShare.toFixed(2),
  ]);
  return [
    `## ${cell(to)} against ${cell(from)}`,
    `Paired over ${tasks.length} tasks: ${tasks.join(", ")}.`,
    markdownTable(["", cell(from), cell(to), "difference", "interval", "share ahead"], rows),
  ].join("\n\n");
}

/** Columns of a Markdown table; the first is left-aligned, the others right-aligned. */
function markdownTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const rule = header.map((_, column) => (column === 0 ? "---" : "---:"));
  return [line(header), line(rule), ...rows.map(line)].join("\n");
}

/** A score in at most four significant digits; a dash for none. */
export function scoreText(value: number | null): string {
  return value === null ? "–" : String(Number(value.toPrecision(4)));
}

function figureText({ value, interval }: MeanFigure): string {
  return `${value.toFixed(3)} (${intervalText(interval)})`;
}

/** An interval in words; a dash for none. */
export function intervalText(interval: Interval | null): string {
  return interval === null ? "–" : `${interval.low.toFixed(3)} to ${interval.high.toFixed(3)}`;
}

/** Names and notes come from elsewhere: they must not break a table. */
function cell(text: string): string {
  return text.replaceAll(/\s+/g, " ").replaceAll("|", "\\|");
}
