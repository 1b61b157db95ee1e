// Pairs of sentences with a label: naive Bayes over what the two differ in, how they begin, and what a glossary says of their words.
import type { Form } from "../form.ts";
import type { Notebook } from "../notebook.ts";
import { type Family, seenText } from "./family.ts";
import { formFamily } from "./formFamily.ts";

const choice = (name: string) => ({ name, count: 1, min: 0, max: 1, digits: 0 });

const PAIRS: Form = {
  title: "Naive Bayes over what two sentences differ in.",
  idea: "counting what the two sentences differ in, not their words alone",
  constants: [
    { name: "SMOOTH", count: 1, min: 0.02, max: 5, digits: 3 },
    choice("WORDS"),
    choice("BEGINNINGS"),
    choice("DENIALS"),
    choice("CROSSED"),
    choice("GLOSSARY"),
    { name: "SHARED_MAX", count: 1, min: 1, max: 6, digits: 0 },
  ],
  imports: `import math
from collections import Counter

from pairs import LABELS, glossary, rows, write`,
  body: `
MEANINGS = {word: set(meaning.lower().replace(";", " ").replace(",", " ").split()) for word, meaning in glossary().items()}


def features(row):
    premise, hypothesis = (row[side].lower().rstrip(".").split() for side in ("premise", "hypothesis"))
    found = []
    if WORDS:
        found += ["p:" + word for word in premise] + ["h:" + word for word in hypothesis]
    frame = "%s|%s" % (premise[0], hypothesis[0])
    denied = "%d|%d" % ("not" in premise, "not" in hypothesis)
    if BEGINNINGS:
        found.append("beginning:" + frame)
    if DENIALS:
        found.append("denial:" + denied)
    lost = [word for word in premise if word not in hypothesis and word in MEANINGS]
    new = [word for word in hypothesis if word not in premise and word in MEANINGS]
    relation = "same" if not lost and not new else "%d,%d" % (len(lost), len(new))
    if GLOSSARY and lost and new:
        one, other = lost[-1], new[-1]
        shared = min(SHARED_MAX, len(MEANINGS[one] & MEANINGS[other]))
        relation = "%d %d %d" % (one in MEANINGS[other], other in MEANINGS[one], shared)
    found.append("relation:" + relation)
    if CROSSED:
        found.append("crossed:%s/%s/%s" % (frame, denied, relation))
        found.append("frame:%s/%s" % (frame, denied))
    return found


def train(examples):
    counts = {label: Counter() for label in LABELS}
    for row in examples:
        counts[row["label"]].update(features(row))
    known = set().union(*counts.values())
    totals = {label: sum(counts[label].values()) + SMOOTH * len(known) for label in LABELS}
    return {label: {one: math.log((counts[label][one] + SMOOTH) / totals[label]) for one in known} for label in LABELS}


def predict(model, row):
    found = features(row)
    return max(LABELS, key=lambda label: sum(model[label].get(one, 0.0) for one in found))


def main():
    examples = rows("train.csv")
    cut = len(examples) * 4 // 5
    model = train(examples[:cut])
    held = examples[cut:]
    print("accuracy on training pairs not seen: %.4f" % (sum(predict(model, row) == row["label"] for row in held) / len(held)))
    model = train(examples)
    write({row["id"]: predict(model, row) for row in rows("test.csv")})


if __name__ == "__main__":
    main()
`,
};

/** The family of labels for pairs of sentences with a glossary; null where the task is none. */
export function sentencePairs(notes: Notebook): Family | null {
  const text = seenText(notes);
  const isOne = /\bpremise\b/.test(text) && /^def glossary\(\)/m.test(text) && /^LABELS = /m.test(text);
  if (!isOne || !/from pairs import/.test(text)) return null;
  return formFamily({
    name: "pairs of sentences",
    forms: [PAIRS],
    choose: () => PAIRS,
    guess: (form, skill, draw) =>
      form.constants.map(({ name }) => {
        if (name === "SMOOTH") return 0.05 * 40 ** draw.next();
        if (name === "SHARED_MAX") return 1 + draw.below(6);
        if (name === "WORDS") return Number(draw.chance(1 - 0.6 * skill));
        return Number(draw.chance(0.15 + 0.8 * skill));
      }),
    measure: () => null,
    trace: (draw) => `tail -n ${200 + draw.below(200)} /data/train.csv`,
  });
}
