// The funnel and the score table as text.
import type { Books } from "../core/books.ts";
import type { ExportReport } from "../export/exportReport.ts";
import type { BegunAnew } from "../pipeline/playedAgain.ts";
import type { CellSummary } from "../pipeline/summary.ts";
import { countText, shortNumber, textTable } from "./table.ts";

/** One line: admitted = kept + dropped + failed + owed, with reasons. */
export function funnelText(books: Books): string {
  const part = (name: string, counts: Readonly<Record<string, number>>) => {
    const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
    const reasons = Object.entries(counts)
      .map(([reason, count]) => `${reason} ${count}`)
      .join(", ");
    return `${total} ${name}${total > 0 ? ` (${reasons})` : ""}`;
  };
  return `funnel: ${books.admitted} admitted = ${books.kept} kept + ${part("dropped", books.dropped)} + ${part(
    "failed",
    books.failed,
  )} + ${books.owed} owed`;
}

/** Scores of record beside each task's baseline, and how the rollouts ended. */
export function scoreTable(cells: readonly CellSummary[]): string {
  const severalModels = new Set(cells.map((cell) => cell.modelId)).size > 1;
  const rows = cells.map((cell) => [
    severalModels ? `${cell.taskId} · ${cell.modelId}` : cell.taskId,
    String(cell.rolloutCount),
    `${cell.scoredCount} (${cell.distinctScoreCount})`,
    `${shortNumber(cell.baseline)}${cell.direction === "maximize" ? "↑" : "↓"}`,
    shortNumber(cell.p10),
    shortNumber(cell.median),
    shortNumber(cell.p90),
    shortNumber(cell.best),
    shortNumber(cell.sigma),
    `${cell.belowCount}/${cell.aboveCount}`,
    String(cell.stepMedian),
    `${cell.validatedCount}`,
  ]);
  const header = [
    "task",
    "rollouts",
    "scored (distinct)",
    "baseline",
    "p10",
    "median",
    "p90",
    "best",
    "judge σ",
    "below/above 5σ",
    "steps",
    "validated",
  ];
  const outcomes = new Map<string, number>();
  for (const cell of cells) {
    for (const [outcome, count] of Object.entries(cell.outcomes))
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + count);
  }
  const endings = [...outcomes]
    .sort(([, a], [, b]) => b - a)
    .map(([outcome, count]) => `${outcome} ${count}`);
  return `${textTable(header, rows)}\nendings: ${endings.join(", ") || "none"}`;
}

/** One line on rollouts that are, or were, begun anew though steps of theirs were paid for. */
export function begunAnewText(verb: string, { rollouts, steps, usd, tokens }: BegunAnew): string {
  return `${verb}: ${rollouts} rollouts that had failed or were cancelled; their ${steps} steps, $${usd.toFixed(4)} and ${countText(tokens)} tokens, are paid for twice`;
}

/** One line on an export: where, how much, and what was left out for which reason. */
export function exportText(recipe: string, outDir: string, report: ExportReport): string {
  const { rows, rollouts, trainedTurns, partsLeftOut } = report;
  const counted = (counts: Readonly<Record<string, number>>) =>
    Object.entries(counts)
      .map(([reason, count]) => `${reason} ${count}`)
      .join(", ");
  const without = counted(rollouts.leftOut);
  const parts = counted(partsLeftOut);
  const said = [
    `${rows} rows of ${rollouts.exported} of ${rollouts.read} rollouts`,
    ...(trainedTurns > 0 ? [`${trainedTurns} trained turns`] : []),
    ...(rollouts.repeated > 0 ? [`${rollouts.repeated} repeated`] : []),
  ].join(", ");
  return (
    `export ${recipe} ${outDir} (${said}${without === "" ? "" : `; left out: ${without}`}` +
    `${parts === "" ? "" : `; parts left out: ${parts}`})`
  );
}
