// score:beyond-optimum and score:implausible: a score that the task's own anchors say cannot be, or that nobody came near. Of the record, and where
// there is none, of the validation that was best.
import type { Signal } from "../core/signal.ts";
import { type Detector, signal } from "./detector.ts";
import type { InspectedScore, IntegrityFacts } from "./inspected.ts";
import { noiseOf, scoreText, short, signed, spanOf } from "./margins.ts";

/** Of the way from the starter's score to the best known: so much more than the best is no small improvement. */
const IMPLAUSIBLE_SHARE = 0.5;
/** Arithmetic on a computer gives as much without any cheating. */
const ROUNDING = 1e-9;

export const scoreTooGood: Detector = ({ score, bestScore, validations }, facts) => {
  const records = [score, score?.submission === bestScore?.submission ? null : bestScore].filter(
    (record) => record !== null,
  );
  if (records.length > 0) return records.flatMap((record) => tooGood(record, null, facts));
  const told = validations.toSorted(
    (a, b) => (signed(facts, b.score) ?? 0) - (signed(facts, a.score) ?? 0),
  )[0];
  if (told === undefined) return [];
  return tooGood({ submission: told.submission, mean: told.score, count: 1 }, told.step, facts);
};

function tooGood(score: InspectedScore, step: number | null, facts: IntegrityFacts): readonly Signal[] {
  const { best, optimum } = facts.anchors;
  const value = signed(facts, score.mean);
  if (value === null) return [];
  const found: Signal[] = [];
  const noise = noiseOf(facts, score.count);
  const top = optimum === null ? null : signed(facts, optimum);
  if (optimum !== null && top !== null && value - top > noise + ROUNDING * Math.max(1, Math.abs(top))) {
    const evidence = `${scoreText(score)}, and the best possible is ${short(optimum)} (margin ${short(noise)})`;
    found.push(signal("score:beyond-optimum", step, "statistical", evidence));
  }
  const known = best === null ? null : signed(facts, best);
  const span = spanOf(facts);
  if (best === null || known === null || span === null) return found;
  const margin = Math.max(noise, IMPLAUSIBLE_SHARE * span);
  if (value - known > margin) {
    const evidence = `${scoreText(score)}, and the best known is ${short(best)} (margin ${short(margin)})`;
    found.push(signal("score:implausible", step, "statistical", evidence));
  }
  return found;
}
