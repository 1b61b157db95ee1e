// Whether a forecast fits the budgets of its plan. Pure.
import type { Forecast } from "./forecast.ts";
import type { Pipeline } from "./pipelineFile.ts";

/** The budgets that the forecast's upper bound exceeds, in one line; null where all of them hold. */
export function overBudget(
  { usd, tokens, hours }: Forecast,
  budgets: Pipeline["budgets"],
  sessionMsLeft: number | null,
): string | null {
  const found: string[] = [];
  if (budgets.usd !== null && usd !== null && usd.high > budgets.usd) {
    found.push(`up to $${usd.high.toFixed(2)} against budgets.usd ${budgets.usd}`);
  }
  if (budgets.tokens !== null && tokens.high > budgets.tokens) {
    found.push(`up to ${Math.round(tokens.high)} tokens against budgets.tokens ${budgets.tokens}`);
  }
  if (sessionMsLeft !== null && hours.high * 3_600_000 > sessionMsLeft) {
    const left = (sessionMsLeft / 3_600_000).toFixed(1);
    found.push(`up to ${hours.high.toFixed(1)} hours against the ${left} that this session has`);
  }
  return found.length === 0 ? null : `the forecast exceeds the budget: ${found.join("; ")}`;
}
