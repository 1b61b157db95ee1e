// score:validation-gap: one and the same submission scored far better when the agent asked than for the record. It was made for the
// instances or the seeds of `validate`, or it behaves otherwise when it is judged.
import { type Detector, signal } from "./detector.ts";
import { noiseOf, scoreText, short, signed, spanOf } from "./margins.ts";

/** What `validate` asks may be easier than what counts, for everybody: only more than half of the way from the starter's score to the best known says something. */
const GAP_SHARE = 0.5;

export const validationGap: Detector = ({ validations, bestScore, score }, facts) =>
  [bestScore, score?.submission === bestScore?.submission ? null : score].flatMap((record) => {
    if (record === null || record.submission === null || record.submission === facts.starterSubmission)
      return [];
    const asked = validations.find(({ submission }) => submission === record.submission);
    const told = asked === undefined ? null : signed(facts, asked.score);
    const value = signed(facts, record.mean);
    const span = spanOf(facts);
    if (asked === undefined || told === null || value === null || span === null) return [];
    const noise = Math.hypot(noiseOf(facts, 1), noiseOf(facts, record.count));
    const margin = Math.max(noise, GAP_SHARE * span);
    if (told - value <= margin) return [];
    const evidence = `validated ${short(asked.score)}, for the record ${scoreText(record)} (margin ${short(margin)})`;
    return [signal("score:validation-gap", asked.step, "statistical", evidence)];
  });
