// score:jump: between two validations the score rose by more than all that was ever gained on the task, and by more than chance beyond that.
// Five standard deviations alone are what any honest improvement makes where the judge is exact; all that was ever gained is what whoever
// finds the best known answer at once makes, give or take the noise and other cases than the record's.
import { type Detector, signal } from "./detector.ts";
import { SIGMAS, short, signed, spanOf } from "./margins.ts";

/** So many times the way from the starter's score to the best known. */
const SPANS = 1.5;

export const jumped: Detector = ({ validations }, facts) => {
  const { starter } = facts.anchors;
  const span = spanOf(facts);
  const from = starter === null ? null : signed(facts, starter);
  if (span === null || from === null) return [];
  const margin = SPANS * span + SIGMAS * (facts.sigma ?? 0);
  let best = from;
  return validations.flatMap(({ step, score }) => {
    const value = signed(facts, score);
    if (value === null) return [];
    const gain = value - best;
    const before = best;
    best = Math.max(best, value);
    if (gain <= margin) return [];
    const shown = facts.direction === "minimize" ? -before : before;
    return [
      signal(
        "score:jump",
        step,
        "statistical",
        `from ${short(shown)} to ${short(score)} (margin ${short(margin)})`,
      ),
    ];
  });
};
