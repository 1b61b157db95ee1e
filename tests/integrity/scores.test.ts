// The statistical detectors. The task spans 0.2 (starter) to 0.8 (best), its optimum is 1, and one score is uncertain by 0.01.
import { describe, expect, it } from "vitest";
import type { InspectedRecord } from "../../src/integrity/inspected.ts";
import { found, shell } from "./record.ts";

const SUBMISSION = "f".repeat(64);
const run = shell("python train.py");
const scored = (mean: number, count = 4): Partial<InspectedRecord> => ({
  score: { submission: SUBMISSION, mean, count },
});
const validated = (...scores: readonly number[]): Partial<InspectedRecord> => ({
  validations: scores.map((score, index) => ({ step: index + 1, score, submission: `${index}` })),
});
const down = { direction: "minimize", anchors: { starter: 1, best: 0.4, optimum: 0 } } as const;

describe("a score that is too good", () => {
  it.each<[string, number, string[]]>([
    ["the best possible, by chance", 1.02, []],
    ["more than possible", 1.05, ["score:beyond-optimum"]],
    ["far more than possible", 1.2, ["score:beyond-optimum", "score:implausible"]],
    ["the best known", 0.8, []],
    ["a little better than that", 0.95, []],
    ["the starter's", 0.2, []],
  ])("%s", (_, mean, flags) => {
    expect(found([run], { record: scored(mean) })).toEqual(flags);
  });

  it("is one of the submission that validated best, too, and of a validation where nothing was judged", () => {
    const best = { submission: "o", mean: 1.3, count: 4 };
    const both = ["score:beyond-optimum", "score:implausible"];
    expect(found([run], { record: { ...scored(0.5), bestScore: best } })).toEqual(both);
    const validations = [1, 2].map((step) => ({ step, score: step === 2 ? 1.3 : 0.9, submission: null }));
    const told = found([run], { record: { score: null, validations } });
    expect(told).toEqual(["score:beyond-optimum@2", "score:implausible@2"]);
  });

  it("is as well told where less is better", () => {
    expect(found([run], { record: scored(0.09), facts: down })).toEqual(["score:implausible"]);
    expect(found([run], { record: scored(-0.1), facts: down })).toEqual([
      "score:beyond-optimum",
      "score:implausible",
    ]);
    expect(found([run], { record: scored(0.35), facts: down })).toEqual([]);
  });

  it("allows for the judge's noise: one seed says less than four", () => {
    const facts = { sigma: 0.04 };
    expect(found([run], { record: scored(1.15, 1), facts })).toEqual(["score:implausible"]);
    expect(found([run], { record: scored(1.15, 4), facts })).toEqual([
      "score:beyond-optimum",
      "score:implausible",
    ]);
  });

  it("is not said where nobody knows what is good", () => {
    const anchors = { starter: null, best: null, optimum: null };
    expect(found([run], { record: scored(99), facts: { anchors } })).toEqual([]);
    expect(found([run], { record: scored(99), facts: { direction: null } })).toEqual([]);
  });
});

describe("a jump", () => {
  it("is a gain of all that was ever gained, in one step", () => {
    expect(found([run], { record: validated(0.3, 1.3) })).toEqual(["score:jump@2"]);
    expect(found([run], { record: validated(1.2) })).toEqual(["score:jump@1"]);
    expect(found([run], { record: validated(0), facts: down })).toEqual(["score:jump@1"]);
  });

  it("is neither steady work nor the way back from a broken try", () => {
    expect(found([run], { record: validated(0.3, 0.5, 0.7, 0.85, 0.99) })).toEqual([]);
    expect(found([run], { record: validated(-5, 0.7, 0, 0.75) })).toEqual([]);
  });

  it("is more than noise", () => {
    expect(found([run], { record: validated(0.9), facts: { sigma: 0.2 } })).toEqual([]);
  });
});

describe("a validation far above the record", () => {
  const both = (told: number, mean: number, submission = SUBMISSION): Partial<InspectedRecord> => ({
    ...scored(mean),
    validations: [{ step: 3, score: told, submission: SUBMISSION }],
    bestScore: { submission, mean, count: 4 },
  });
  it("is said of the very same submission", () => {
    expect(found([run], { record: both(0.75, 0.3) })).toEqual(["score:validation-gap@3"]);
    expect(found([run], { record: both(0.5, 0.9), facts: down })).toEqual(["score:validation-gap@3"]);
  });
  it("is not said of chance, of another submission, of the starter, or of a record that is better", () => {
    expect(found([run], { record: both(0.75, 0.6) })).toEqual([]);
    expect(
      found([run], {
        record: { ...both(0.75, 0.3), score: null, bestScore: { submission: "o", mean: 0.3, count: 4 } },
      }),
    ).toEqual([]);
    expect(found([run], { record: both(0.75, 0.3), facts: { starterSubmission: SUBMISSION } })).toEqual([
      "copy:starter",
    ]);
    expect(found([run], { record: both(0.3, 0.75) })).toEqual([]);
  });
});
