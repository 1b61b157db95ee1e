// Links scores to the steps that gave them. MLGym keeps a bare list of scores; each validation says its score in the
// observation too, and the last score is that of the ending where the exit status says that it was judged.
import type { Metrics } from "./trajFile.ts";

export interface LinkedScore {
  readonly metrics: Metrics;
  /** Step whose observation told it, or that ended the run; null where none fits. */
  readonly step: number | null;
  readonly phase: "validation" | "record";
}

/** How an observation that tells a score ends: the baseline's numbers and the submission's, as Python prints a dictionary. */
const TOLD = /\nBaseline Score: ([^\n]*)\nEvaluation Score: (\{[^\n]*\})\s*$/;

/**
 * The scores in their order. An observation only counts where it tells the very score that is next in the list, so that an
 * agent's own printing links nothing.
 */
export function linkScores(
  scores: readonly Metrics[],
  observations: readonly (string | null)[],
  endsScored: boolean,
): readonly LinkedScore[] {
  const linked: LinkedScore[] = [];
  for (const [step, observation] of observations.entries()) {
    const next = scores[linked.length];
    if (next === undefined) break;
    const told = toldScore(observation ?? "");
    if (told !== null && sameMetrics(told, next)) linked.push({ metrics: next, step, phase: "validation" });
  }
  const rest = scores.slice(linked.length);
  const last = observations.length - 1;
  return [
    ...linked,
    ...rest.map((metrics, index): LinkedScore => {
      const isFinal = endsScored && index === rest.length - 1;
      const phase = isFinal ? "record" : "validation";
      return { metrics, phase, step: isFinal && rest.length === 1 ? last : null };
    }),
  ];
}

/** The baseline's numbers as the first validation told them; null where none did. */
export function toldBaseline(observations: readonly (string | null)[]): Metrics | null {
  for (const observation of observations) {
    const text = TOLD.exec(observation ?? "")?.[1];
    if (text !== undefined) return pythonNumbers(text);
  }
  return null;
}

function toldScore(observation: string): Metrics | null {
  const text = TOLD.exec(observation)?.[2];
  return text === undefined ? null : pythonNumbers(text);
}

/** `{'a': 1.0, 'b': nan}` as metrics, what is no number as null; null where it is nothing of the kind. */
function pythonNumbers(text: string): Metrics | null {
  const pairs = [...text.matchAll(/(?:'([^'\\]*)'|"([^"\\]*)"): ([^,}\s]+)/g)];
  if (!text.startsWith("{") || pairs.length === 0) return null;
  return Object.fromEntries(
    pairs.map(([, single, double, number]) => {
      const value = Number(number);
      return [single ?? double ?? "", Number.isFinite(value) ? value : null];
    }),
  );
}

function sameMetrics(told: Metrics, kept: Metrics): boolean {
  const names = Object.keys(kept);
  return names.length === Object.keys(told).length && names.every((name) => told[name] === kept[name]);
}
