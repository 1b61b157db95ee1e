// The search script that the agent writes for itself: hill climbing on the constants of its work file, scored on small samples.
import { clamped, constantsOf, type Filled, type Form } from "../form.ts";

/** Name of the script in the workspace. */
export const STUDY_FILE = "explore.py";

export interface StudyPlan {
  /** Module name of the work file. */
  readonly module: string;
  /** Python lines that define `measure()`: the score of the module as it is set, more is better. `SEED` is defined. */
  readonly measure: string;
  readonly trials: number;
  /** Standard deviation of a step as a share of each constant's range. */
  readonly width: number;
  readonly seed: number;
}

/** The script's text. It is seeded, writes no files, and ends with one line that `readStudy` understands. */
export function studyScript(from: Filled, plan: StudyPlan): string {
  const { form, values } = from;
  const constants = constantsOf(form);
  const list = (numbers: readonly number[]) => `[${numbers.join(", ")}]`;
  return `"""Hill climbing on the constants of ${plan.module}.py, scored on small samples."""
import random
import sys

sys.dont_write_bytecode = True

import ${plan.module}
${plan.measure.trim()}

SEED = ${plan.seed}
TRIALS = ${plan.trials}
START = ${list(values)}
LOW = ${list(constants.map(({ min }) => min))}
HIGH = ${list(constants.map(({ max }) => max))}
DIGITS = ${list(constants.map(({ digits }) => digits))}


def put(values):
${putLines(form, plan.module)}


def score(values):
    put(values)
    random.seed(SEED)
    return measure(SEED)


draw = random.Random(SEED + 1)
best, best_score = START, score(START)
print("start %.4f" % best_score)
for trial in range(TRIALS):
    values = []
    for value, low, high, digits in zip(best, LOW, HIGH, DIGITS):
        if draw.random() < 0.6:
            value += draw.gauss(0, ${plan.width} * (high - low))
            value = 2 * high - value if value > high else 2 * low - value if value < low else value
            value = min(high, max(low, value))
        values.append(round(value, digits) if digits else int(round(value)))
    value = score(values)
    if value > best_score:
        best, best_score = values, value
        print("trial %d: %.4f" % (trial, value))
print("best %.4f with %s" % (best_score, best))
`;
}

/** The values that a run of the script found; null when its last line is missing. */
export function readStudy(form: Form, output: string): Filled | null {
  const found = /^best -?\d+\.\d+ with \[([^\]]*)\]$/m.exec(output)?.[1];
  if (found === undefined) return null;
  const values = found.split(",").map(Number);
  const right = values.length === constantsOf(form).length && values.every((value) => Number.isFinite(value));
  return right ? clamped(form, values) : null;
}

function putLines(form: Form, module: string): string {
  let from = 0;
  return form.constants
    .map(({ name, count }) => {
      const line = `    ${module}.${name} = values[${count === 1 ? from : `${from}:${from + count}`}]`;
      from += count;
      return line;
    })
    .join("\n");
}
