"""The baseline: naive Bayes over the words of both sentences. Trains on four fifths, says how it does on the rest, and predicts."""
import math
from collections import Counter

from pairs import LABELS, rows, write


def features(row):
    premise, hypothesis = (row[side].lower().rstrip(".").split() for side in ("premise", "hypothesis"))
    return ["p:" + word for word in premise] + ["h:" + word for word in hypothesis]


def train(examples):
    counts = {label: Counter() for label in LABELS}
    for row in examples:
        counts[row["label"]].update(features(row))
    words = set().union(*counts.values())
    totals = {label: sum(counts[label].values()) + len(words) for label in LABELS}
    return {label: {word: math.log((counts[label][word] + 1) / totals[label]) for word in words} for label in LABELS}


def predict(model, row):
    return max(LABELS, key=lambda label: sum(model[label].get(feature, 0.0) for feature in features(row)))


def main():
    examples = rows("train.csv")
    cut = len(examples) * 4 // 5
    model = train(examples[:cut])
    held = examples[cut:]
    print("accuracy on held-out training pairs: %.4f" % (sum(predict(model, row) == row["label"] for row in held) / len(held)))
    model = train(examples)
    write({row["id"]: predict(model, row) for row in rows("test.csv")})


if __name__ == "__main__":
    main()
