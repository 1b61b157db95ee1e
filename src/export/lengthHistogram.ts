// How long rows are, in tokens, by powers of two: whether they fit a context is the first thing that a trainer asks.
import type { Json } from "../core/json.ts";

/** Smallest and largest bound of a class. */
const FIRST_EDGE = 512;
const LAST_EDGE = 1_048_576;

export interface LengthHistogram {
  add(tokens: number): void;
  /** Rows by class, classes without rows left out; with count, longest and sum. */
  figures(): { readonly [name: string]: Json };
}

export function lengthHistogram(): LengthHistogram {
  const counts = new Map<number, number>();
  let rows = 0;
  let longest = 0;
  let sum = 0;
  return {
    add: (tokens) => {
      let edge = FIRST_EDGE;
      while (edge < tokens && edge < LAST_EDGE) edge *= 2;
      const key = tokens > LAST_EDGE ? Number.POSITIVE_INFINITY : edge;
      counts.set(key, (counts.get(key) ?? 0) + 1);
      rows++;
      longest = Math.max(longest, tokens);
      sum += tokens;
    },
    figures: () => {
      const classes = [...counts]
        .sort(([a], [b]) => a - b)
        .map(([edge, n]) => [Number.isFinite(edge) ? `≤${edge}` : `>${LAST_EDGE}`, n] as const);
      return { unit: "tokens", rows, longest, sum, byLength: Object.fromEntries(classes) };
    },
  };
}
