"""A softmax over how the definitions of the two words hang together, with weights of its own for each pair of quantifiers."""
import math
import random
import re
from collections import Counter

from pairs import LABELS, glossary, rows, write

WORDS = re.compile(r"[a-z]+")
SKIPPED = set("a an the of or and to in for with that is by on as from used any some having it be very not".split())
EPOCHS = 30
RATE = 0.08
DECAY = 1e-4


def parts(row):
    """(quantifiers or verbs of both sentences and whether they say the same, the two words they differ in)"""
    texts = [WORDS.findall(row[side].lower()) for side in ("premise", "hypothesis")]
    if texts[0][0] in ("a", "an", "every", "no") and texts[1][0] in ("a", "an", "every", "no"):
        forms = [text[0].replace("an", "a") for text in texts]
        return (*forms, texts[0][2:] == texts[1][2:]), texts[0][1], texts[1][1]
    forms = ["not" if "not" in text else "is" for text in texts]
    return (*forms, True), texts[0][-1], texts[1][-1]


class Meanings:
    def __init__(self):
        self.content = {
            word: [part for part in WORDS.findall(text) if part not in SKIPPED] for word, text in glossary().items()
        }
        self.frequency = Counter(part for parts in self.content.values() for part in set(parts))
        self.mentions = Counter(part for parts in self.content.values() for part in parts[:6])

    def weight(self, word):
        return math.log(len(self.content) / (1 + self.frequency[word]))

    def stems(self, words):
        return {word[:-1] if word.endswith("s") else word for word in words}

    def features(self, one, two):
        left, right = self.content.get(one, []), self.content.get(two, [])
        shared = self.stems(left) & self.stems(right)
        total = sum(self.weight(word) for word in self.stems(left) | self.stems(right)) or 1.0
        common = sum(self.weight(word) for word in shared) / total
        # What a definition's own words mean, one step on.
        further_left = {part for word in left[:4] for part in self.content.get(word, [])[:4]}
        further_right = {part for word in right[:4] for part in self.content.get(word, [])[:4]}
        generality = math.log((1 + self.mentions[two]) / (1 + self.mentions[one]))
        return [
            1.0,
            float(two in left),
            float(one in right),
            float(two in left[:3]),
            float(one in right[:3]),
            float(two + "s" in left or two.rstrip("s") in left),
            float(one + "s" in right or one.rstrip("s") in right),
            float(one.endswith(two) or one.startswith(two)),
            float(two.endswith(one) or two.startswith(one)),
            float(two in further_left),
            float(one in further_right),
            float(bool(left and right and left[0] == right[0])),
            common,
            float(common == 0.0),
            max(-2.0, min(2.0, generality / 2)),
            float(self.mentions[one] == 0),
            float(self.mentions[two] == 0),
            (len(one) - len(two)) / 8,
        ]


def scores(weights, vector):
    return [sum(map(float.__mul__, row, vector)) for row in weights]


def main():
    meanings, rng = Meanings(), random.Random(7)
    prepared = []
    for row in rows("train.csv"):
        form, one, two = parts(row)
        prepared.append((form, meanings.features(one, two), LABELS.index(row["label"])))
    models = {}
    for epoch in range(EPOCHS):
        rng.shuffle(prepared)
        rate = RATE / (1 + epoch / 5)
        for form, vector, label in prepared:
            weights = models.setdefault(form, [[0.0] * len(vector) for _ in LABELS])
            values = scores(weights, vector)
            top = max(values)
            powers = [math.exp(value - top) for value in values]
            total = sum(powers)
            for index, row in enumerate(weights):
                step = rate * ((index == label) - powers[index] / total)
                for place, value in enumerate(vector):
                    row[place] += step * value - rate * DECAY * row[place]
    labels = {}
    for row in rows("test.csv"):
        form, one, two = parts(row)
        values = scores(models[form], meanings.features(one, two)) if form in models else [0.0, 1.0, 0.0]
        labels[row["id"]] = LABELS[values.index(max(values))]
    write(labels)


if __name__ == "__main__":
    main()
