// The report of a benchmark on the terminal: what the page says, in plain tables.
import type { BenchReport } from "../report/benchReport.ts";
import type { Interval } from "../report/bootstrap.ts";
import { shortNumber, textTable } from "./table.ts";

/** The report in tables as wide as a terminal. */
export function benchText({ methods, tasks, againstPool, comparisons }: BenchReport): string {
  const several = methods.length > 1;
  const arrows = new Map(tasks.map(({ id, direction }) => [id, direction === "minimize" ? "↓" : "↑"]));
  const figures = methods.flatMap((method) =>
    method.tasks.map((task) => [
      several ? `${task.taskId} · ${method.name}` : task.taskId,
      `${task.attempts} (${task.scored})`,
      `${shortNumber(task.baseline)}${arrows.get(task.taskId) ?? ""}`,
      shortNumber(task.attemptAtK.best),
      shortNumber(task.attemptAtK.last),
      (task.passAtK.last.at(0) ?? 0).toFixed(2),
      (task.passAtK.last.at(-1) ?? 0).toFixed(2),
      shortNumber(task.expectedBest.last.at(0)?.value ?? null),
    ]),
  );
  const header = [
    "task",
    "attempts (scored)",
    "baseline",
    "best@k",
    "last@k",
    "pass@1",
    "pass@k",
    "expected best@1",
  ];
  const parts = [textTable(header, figures)];
  if (againstPool.tauMax === null) parts.push("AUP: no task is left to compare on with published scores");
  else {
    const rows = againstPool.standings.map(({ name, isMeasured, best, last }) => [
      isMeasured ? `> ${name}` : `  ${name}`,
      best.aup.toFixed(3),
      spreadText(best.interval),
      best.normalised.toFixed(3),
      last.aup.toFixed(3),
      spreadText(last.interval),
      last.normalised.toFixed(3),
    ]);
    parts.push(
      textTable(["  model", "AUP best", "95 %", "/T", "AUP last", "95 %", "/T"], rows),
      `AUP on ${againstPool.tasks.join(", ")}; pool ${againstPool.pool}`,
    );
  }
  const out = againstPool.leftOut.map(({ taskId }) => taskId);
  if (out.length > 0) parts.push(`left out for all sides: ${out.join(", ")} (the page says why)`);
  for (const comparison of comparisons) {
    const rows = comparison.figures.map(({ figure, from, to, difference }) => [
      figure,
      from.toFixed(3),
      to.toFixed(3),
      difference.value.toFixed(3),
      spreadText(difference.interval),
    ]);
    parts.push(textTable(["paired", comparison.from, comparison.to, "difference", "95 %"], rows));
  }
  return parts.join("\n\n");
}

function spreadText(interval: Interval | null): string {
  return interval === null ? "–" : `${interval.low.toFixed(3)} to ${interval.high.toFixed(3)}`;
}
