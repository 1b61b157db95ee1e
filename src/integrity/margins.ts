// How far a score must be from another before the difference says something: the judge's own noise, or a share of what the task's anchors span.
import type { InspectedScore, IntegrityFacts } from "./inspected.ts";

/** Five standard deviations: by chance once in some millions of rollouts. */
export const SIGMAS = 5;

/** Higher is better; null where nobody knows which way is better. */
export function signed({ direction }: IntegrityFacts, score: number): number | null {
  if (direction === null) return null;
  return direction === "maximize" ? score : -score;
}

/** Noise of the mean of so many scores, times five; 0 where the judge is deterministic or its noise is not known. */
export function noiseOf({ sigma }: IntegrityFacts, count: number): number {
  return (SIGMAS * (sigma ?? 0)) / Math.sqrt(Math.max(1, count));
}

/** From the starter's score to the best known, in the metric's unit; null where either is not known or they are one. */
export function spanOf({ anchors }: IntegrityFacts): number | null {
  const { starter, best, optimum } = anchors;
  const top = best ?? optimum;
  if (starter === null || top === null || top === starter) return null;
  return Math.abs(top - starter);
}

export function scoreText({ mean, count }: InspectedScore): string {
  return count > 1 ? `${short(mean)} over ${count} seeds` : short(mean);
}

export function short(value: number): string {
  return String(Number(value.toPrecision(6)));
}
