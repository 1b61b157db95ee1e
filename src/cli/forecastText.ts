// A plan and its forecast as text.
import type { CellForecast, Forecast } from "../pipeline/forecast.ts";
import type { Interval } from "../pipeline/logInterval.ts";
import type { Plan, PlannedCell } from "../pipeline/plan.ts";
import { countText, durationText, textTable } from "./table.ts";

const HOUR_MS = 3_600_000;

/** One row a cell: what it is, how much of it, its limits, and what one rollout is expected to take. */
export function planTable(plan: Plan, forecast: Forecast): string {
  const header = [
    "task",
    "agent",
    "model",
    "sampling",
    "seeds",
    "accepted",
    "steps",
    "wall",
    "$ limit",
    "played",
    "tokens a rollout",
    "$ a rollout",
  ];
  const rows = plan.cells.map((planned, index) => planRow(planned, forecast.cells[index]));
  return textTable(header, rows);
}

function planRow({ cell, model, demand }: PlannedCell, forecast: CellForecast | undefined): string[] {
  const sampling = Object.entries(cell.sampling).map(([name, value]) => `${name} ${String(value)}`);
  const { steps, wallSeconds, costUsd } = cell.limits;
  return [
    cell.taskId,
    cell.agent.name,
    model.name,
    sampling.join(", ") || "default",
    countText(demand.rolloutsMax),
    demand.accepted === null ? "all" : countText(demand.accepted),
    String(steps),
    durationText(wallSeconds * 1000),
    costUsd === null ? "–" : `$${costUsd}`,
    String(forecast?.sampleCount ?? 0),
    forecast === undefined ? "–" : countText(forecast.tokens.likely),
    forecast === undefined || forecast.usd === null ? "no price" : usdText(forecast.usd.likely),
  ];
}

/** The forecast in a few lines: lowest, likely, highest, and what that rests on. */
export function forecastText(plan: Plan, of: Forecast): string {
  const { rollouts, evaluations } = plan.pipeline.concurrency;
  const usd = of.usd === null ? "dollars: a model has no price" : `dollars: ${rangeText(of.usd, usdText)}`;
  return [
    `forecast: ${plan.cells.length} cells, rollouts: ${rangeText(of.rollouts, countText)}`,
    usd,
    `tokens: ${rangeText(of.tokens, countText)}`,
    `hours still to come at ${rollouts} rollouts and ${evaluations} evaluations at once: ${rangeText(of.hours, hoursText)}`,
    ...(of.gpuHours === null ? [] : [`GPU-hours: ${rangeText(of.gpuHours, (hours) => hours.toFixed(2))}`]),
    ...(of.usdPerAccepted === null
      ? []
      : [`dollars per accepted trajectory: ${rangeText(of.usdPerAccepted, usdText)}`]),
    `basis: ${of.basis}`,
  ].join("\n");
}

function rangeText({ low, likely, high }: Interval, text: (value: number) => string): string {
  const [lowest, middle, highest] = [text(low), text(likely), text(high)];
  return lowest === highest ? middle : `${middle} (${lowest} to ${highest})`;
}

export function usdText(usd: number): string {
  if (usd === 0) return "$0";
  return usd < 0.1 ? `$${Number(usd.toPrecision(2))}` : `$${usd.toFixed(2)}`;
}

function hoursText(hours: number): string {
  return durationText(hours * HOUR_MS);
}
