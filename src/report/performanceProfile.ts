// Performance profiles and the area under them (AUP), over log10 of the ratios (Dolan and Moré 2002; MLGym's paper and its tables).
import { INFEASIBLE_FACTOR, type Yardstick } from "./performanceRatio.ts";

/** Points of the grid of τ, both ends among them. */
export const TAU_POINTS = 500;

/** ρ(τ): the share of tasks whose log10 ratio is at most τ. NaN without tasks. */
export function profileAt(ratios: readonly number[], tau: number): number {
  return ratios.filter((ratio) => Math.log10(ratio) <= tau).length / ratios.length;
}

/**
 * The end T of the grid: log10 of the largest ⌈worstRatio · 1.05⌉ of all yardsticks (those of best and of last attempts together), rounded
 * up to one decimal. AUP is at most T.
 */
export function gridEnd(yardsticks: readonly Yardstick[]): number {
  const largest = Math.max(...yardsticks.map(({ worstRatio }) => Math.ceil(worstRatio * INFEASIBLE_FACTOR)));
  return Math.ceil(Math.log10(largest) * 10) / 10;
}

/**
 * AUP = Σᵢ (τᵢ₊₁ − τᵢ) · ρ(τᵢ) over τᵢ = T · i / 499: the left Riemann sum, not divided by T. `ratios`: one method's, one for each task.
 */
export function areaUnderProfile(ratios: readonly number[], tauMax: number): number {
  const sorted = ratios.map(Math.log10).sort((a, b) => a - b);
  let area = 0;
  let reached = 0;
  for (let at = 0; at < TAU_POINTS - 1; at++) {
    const tau = gridPoint(tauMax, at);
    while (reached < sorted.length && (sorted[reached] ?? Number.POSITIVE_INFINITY) <= tau) reached += 1;
    area += (gridPoint(tauMax, at + 1) - tau) * (reached / sorted.length);
  }
  return area;
}

/** τ at a position of the grid, from 0. */
export function gridPoint(tauMax: number, at: number): number {
  return (tauMax * at) / (TAU_POINTS - 1);
}
