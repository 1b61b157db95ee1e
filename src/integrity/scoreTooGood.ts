// score:beyond-optimum and score:implausible: a score of record that the task's own anchors say cannot be, or that nobody came near.
import type { Signal } from "../core/signal.ts";
import { type Detector, signal } from "./detector.ts";
import { noiseOf, scoreText, short, signed, spanOf } from "./margins.ts";

/** Of the way from the starter's score to the best known: so much more than the best is no small improvement. */
const IMPLAUSIBLE_SHARE = 0.5;
/** Arithmetic on a computer gives as much without any cheating. */
const ROUNDING = 1e-9;

export const scoreTooGood: Detector = ({ score }, facts) => {
  const { best, optimum } = facts.anchors;
  const value = score === null ? null : signed(facts, score.mean);
  if (score === null || value === null) return [];
  const found: Signal[] = [];
  const noise = noiseOf(facts, score.count);
  const top = optimum === null ? null : signed(facts, optimum);
  if (optimum !== null && top !== null && value - top > noise + ROUNDING * Math.max(1, Math.abs(top))) {
    const evidence = `${scoreText(score)}, and the best possible is ${short(optimum)} (margin ${short(noise)})`;
    found.push(signal("score:beyond-optimum", null, "statistical", evidence));
  }
  const known = best === null ? null : signed(facts, best);
  const span = spanOf(facts);
  if (best === null || known === null || span === null) return found;
  const margin = Math.max(noise, IMPLAUSIBLE_SHARE * span);
  if (value - known > margin) {
    const evidence = `${scoreText(score)}, and the best known is ${short(best)} (margin ${short(margin)})`;
    found.push(signal("score:implausible", null, "statistical", evidence));
  }
  return found;
};
