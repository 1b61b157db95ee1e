// The scores that judges of text tasks compute, against values worked out by hand.
import { execFile } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

const TASKS = fileURLToPath(new URL("../../tasks/", import.meta.url));
const run = promisify(execFile);

/** Prints an expression over a hidden module of a task. */
async function scoreBy(task: string, module: string, expression: string): Promise<number> {
  const source = `import sys; sys.path.insert(0, ${JSON.stringify(path.join(TASKS, task, "hidden"))})
from ${module} import *
print(${expression})`;
  const { stdout } = await run("python3", ["-I", "-S", "-B", "-c", source]);
  return Number(stdout);
}

describe("chrF", () => {
  const chrf = (text: string, reference: string) =>
    scoreBy("emoji-names", "chrf", `chrf_of_one(${JSON.stringify(text)}, ${JSON.stringify(reference)})`);

  it("is 1 for the same text, whatever its case and spaces, and 0 where nothing is shared", async () => {
    expect(await chrf("Red Apple", "redapple")).toBe(1);
    expect(await chrf("xyz", "apple")).toBe(0);
  });

  it("is the F-score of the mean precision and the mean recall, with recall counted twice", async () => {
    // "ab" against "abc": characters 2/2 and 2/3, pairs 1/1 and 1/2; no longer order has both. P = 1, R = (2/3 + 1/2) / 2 = 7/12.
    expect(await chrf("ab", "abc")).toBeCloseTo((5 * 1 * (7 / 12)) / (4 * 1 + 7 / 12), 12);
    // "abd" against "abc": 2/3 both ways, pairs 1/2 both ways, triples 0: P = R = (2/3 + 1/2 + 0) / 3.
    expect(await chrf("abd", "abc")).toBeCloseTo((2 / 3 + 1 / 2) / 3, 12);
  });

  it("counts a repeated character no more often than the reference has it", async () => {
    // "aaa" against "ab": characters 1/3 and 1/2, pairs 0: P = 1/6, R = 1/4.
    expect(await chrf("aaa", "ab")).toBeCloseTo((5 * (1 / 6) * (1 / 4)) / (4 * (1 / 6) + 1 / 4), 12);
  });
});

describe("BLEU-4", () => {
  const bleu = (captions: readonly string[], references: readonly (readonly string[])[]) =>
    scoreBy("ms-coco-captioning", "bleu", `bleu(${JSON.stringify(captions)}, ${JSON.stringify(references)})`);

  it("is 1 for a caption that someone wrote, without its capitals and stops", async () => {
    expect(await bleu(["a man rides a wave"], [["A dog.", "A man rides a wave."]])).toBe(1);
  });

  it("is the geometric mean of clipped precisions", async () => {
    // "a man rides a big wave" against "a man rides a wave": 5/6, 3/5, 2/4, 1/3; longer than the reference, so no penalty.
    const expected = ((5 / 6) * (3 / 5) * (2 / 4) * (1 / 3)) ** (1 / 4);
    expect(await bleu(["a man rides a big wave"], [["A man rides a wave."]])).toBeCloseTo(expected, 12);
  });

  it("is less for what is short, by the nearest reference's length", async () => {
    // Four words against five: all precisions 1, penalty exp(1 - 5/4).
    expect(await bleu(["a man rides a"], [["a man rides a wave"]])).toBeCloseTo(Math.exp(1 - 5 / 4), 12);
    expect(await bleu(["a man rides a"], [["a man rides a wave", "he swims on top"]])).toBe(1);
  });

  it("counts over all captions together, and clips by the reference that has most", async () => {
    // Matches 5+4 of 5+4 words, 4+3, 3+2, 2+1: one is perfect alone, and so are both.
    expect(
      await bleu(
        ["a man rides a wave", "two dogs run fast"],
        [["a man rides a wave"], ["two dogs run fast"]],
      ),
    ).toBe(1);
    // "the the the the" against one with two: 2 of 4 words, no pairs.
    expect(await bleu(["the the the the"], [["the cat the"], ["the"]])).toBe(0);
  });
});
