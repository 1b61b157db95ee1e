// score:jump: between two validations the score rose by more than chance, and by more than all that was ever gained on the task. Five
// standard deviations alone are what any honest improvement makes where the judge is exact.
import { type Detector, signal } from "./detector.ts";
import { SIGMAS, short, signed, spanOf } from "./margins.ts";

export const jumped: Detector = ({ validations }, facts) => {
  const { starter } = facts.anchors;
  const span = spanOf(facts);
  const from = starter === null ? null : signed(facts, starter);
  if (span === null || from === null) return [];
  const margin = Math.max(SIGMAS * (facts.sigma ?? 0), span);
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
