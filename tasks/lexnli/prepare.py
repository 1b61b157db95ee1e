"""Makes LexNLI out of WordNet 3.0: pairs of sentences that differ in one word and in their quantifiers.

python3 prepare.py SOURCES OUT writes OUT/public (train.csv, test.csv, glossary.csv) and OUT/hidden (answers.csv). The labels follow from
the relation of the two words (hypernym, hyponym, co-hyponym, antonym, the same) and from the quantifiers, by natural logic. A word
belongs to one split only: no word of validation or record stands in the training pairs.
"""
import csv
import os
import random
import re
import sys

SEED = 20260
SIZES = {"train": 9000, "validation": 1200, "record": 3000}
# Words whose things can be seen, bought, and are not people: lexicographer files of WordNet, by number.
NOUN_FILES = {"05": "animal", "06": "artifact", "13": "food", "20": "plant"}
SHARES = (("train", 0.6), ("validation", 0.75), ("record", 1.01))
WORD = re.compile(r"[a-z]{3,14}\Z")
GLOSS_CHARS_MAX = 200
# Some pairs are drawn twice.
TRIES_A_PAIR = 50

PREDICATES = {
    "animal": ["was seen near the river", "was counted by the ranger", "slept through the storm", "was hungry"],
    "artifact": ["was sold at the auction", "was found in the cellar", "was repaired last week", "was missing"],
    "food": ["was served at the wedding", "was left on the table", "was too salty", "was bought on Friday"],
    "plant": ["was growing by the wall", "was cut down in spring", "was full of insects", "was drawn by the student"],
}
FRAMES = {
    "animal": ["The animal behind the fence {be} {x}.", "What the child pointed at {be} {x}."],
    "artifact": ["The thing in the box {be} {x}.", "What they bought {be} {x}."],
    "food": ["What she ate {be} {x}.", "The dish on the menu {be} {x}."],
    "plant": ["The plant in the picture {be} {x}.", "What the gardener carried {be} {x}."],
    "quality": ["The result {be} {x}.", "Everybody said that the place {be} {x}.", "The answer {be} {x}."],
}
QUANTIFIERS = {"some": "{A} {x}", "every": "Every {x}", "no": "No {x}"}

# Label of (relation of premise word to hypothesis word, premise quantifier, hypothesis quantifier); things of each kind exist.
COUNTED = {
    ("hypernym", "some", "some"): "entailment",
    ("hypernym", "some", "every"): "neutral",
    ("hypernym", "some", "no"): "contradiction",
    ("hypernym", "every", "some"): "entailment",
    ("hypernym", "every", "every"): "neutral",
    ("hypernym", "every", "no"): "contradiction",
    ("hypernym", "no", "some"): "neutral",
    ("hypernym", "no", "every"): "contradiction",
    ("hypernym", "no", "no"): "neutral",
    ("hyponym", "some", "some"): "neutral",
    ("hyponym", "some", "every"): "neutral",
    ("hyponym", "some", "no"): "neutral",
    ("hyponym", "every", "some"): "entailment",
    ("hyponym", "every", "every"): "entailment",
    ("hyponym", "every", "no"): "contradiction",
    ("hyponym", "no", "some"): "contradiction",
    ("hyponym", "no", "every"): "contradiction",
    ("hyponym", "no", "no"): "entailment",
    **{("other", one, two): "neutral" for one in QUANTIFIERS for two in QUANTIFIERS},
}
STATED = {
    ("hypernym", "is", "is"): "entailment",
    ("hypernym", "is", "is not"): "contradiction",
    ("hypernym", "is not", "is"): "neutral",
    ("hypernym", "is not", "is not"): "neutral",
    ("hyponym", "is", "is"): "neutral",
    ("hyponym", "is", "is not"): "neutral",
    ("hyponym", "is not", "is"): "contradiction",
    ("hyponym", "is not", "is not"): "entailment",
    ("other", "is", "is"): "contradiction",
    ("other", "is", "is not"): "entailment",
    ("other", "is not", "is"): "neutral",
    ("other", "is not", "is not"): "neutral",
}
LABELS = ("entailment", "neutral", "contradiction")


def find(folder, name):
    for here, folders, files in os.walk(folder):
        folders.sort()
        if name in files:
            return os.path.join(here, name)
    sys.exit("%s: there is no %s in it; it comes with the package wordnet-base" % (folder, name))


def lines_of(path):
    """The lines of a file of WordNet after its licence, which is indented."""
    with open(path, encoding="latin-1") as file:
        return [line.rstrip("\n") for line in file if not line.startswith("  ")]


def read_synsets(path):
    """{offset: (lexicographer file, type, words, [(pointer, offset, part of speech)], definition)}"""
    synsets = {}
    for line in lines_of(path):
        data, _, gloss = line.partition(" | ")
        fields = data.split(" ")
        count = int(fields[3], 16)
        words = [re.sub(r"\(.*\)\Z", "", fields[4 + 2 * index]) for index in range(count)]
        start = 4 + 2 * count
        pointers = []
        for index in range(int(fields[start])):
            at = start + 1 + 4 * index
            pointers.append((fields[at], fields[at + 1], fields[at + 2]))
        definition = gloss.split('"')[0].strip().rstrip(";:,").strip()
        synsets[fields[0]] = (fields[1], fields[2], words, pointers, definition)
    return synsets


def first_senses(path):
    """{lemma: offset of its most frequent sense}"""
    senses = {}
    for line in lines_of(path):
        fields = line.split()
        senses[fields[0]] = fields[4 + int(fields[3]) + 2]
    return senses


def word_of(offset, synsets, senses):
    """The first plain word whose first sense this synset is, or None."""
    for word in synsets[offset][2]:
        if WORD.match(word) and senses.get(word) == offset:
            return word
    return None


def noun_stars(synsets, senses):
    """[(kind, general word, [specific words])]: a synset and those of its hyponyms that have none of their own."""
    words = {}
    for offset, (file, _, _, _, definition) in sorted(synsets.items()):
        word = word_of(offset, synsets, senses) if file in NOUN_FILES else None
        if word and len(definition) > 10:
            words[offset] = word
    children = {}
    for offset in words:
        for pointer, target, part in synsets[offset][3]:
            if pointer == "@" and part == "n":
                if target in words:
                    children.setdefault(target, []).append(offset)
                break
    stars = []
    for offset, below in sorted(children.items()):
        leaves = [words[child] for child in below if child not in children]
        if len(leaves) >= 2:
            stars.append((NOUN_FILES[synsets[offset][0]], words[offset], leaves))
    return stars


def adjective_poles(synsets, senses):
    """[((word, [stronger words]), (opposite word, [stronger words]))]: antonyms with the adjectives that are similar to each."""
    def pole(offset):
        word = word_of(offset, synsets, senses)
        near = [word_of(target, synsets, senses) for mark, target, _ in synsets[offset][3] if mark == "&"]
        return (word, [other for other in near if other]) if word else None

    poles = []
    for offset, (_, kind, _, pointers, _) in sorted(synsets.items()):
        if kind != "a":
            continue
        opposite = next((target for mark, target, part in pointers if mark == "!" and part == "a"), None)
        if opposite is not None and offset < opposite:
            pair = pole(offset), pole(opposite)
            if all(pair):
                poles.append(pair)
    return poles


def pairs_of(stars, poles):
    """{(relation, form): [(kind, premise word, hypothesis word)]}, for a split's own stars and poles."""
    pairs = {}

    def put(relation, form, *pair):
        pairs.setdefault((relation, form), []).append(pair)

    for kind, general, leaves in stars:
        for form in ("counted", "stated"):
            for leaf in leaves:
                put("hypernym", form, kind, leaf, general)
                put("hyponym", form, kind, general, leaf)
            for one, two in zip(leaves, leaves[1:] + leaves[:1]):
                put("other", form, kind, one, two)
    for (one, near_one), (two, near_two) in poles:
        for word, near in ((one, near_one), (two, near_two)):
            for other in near:
                put("hypernym", "stated", "quality", other, word)
                put("hyponym", "stated", "quality", word, other)
        for left in [one] + near_one:
            for right in [two] + near_two:
                if left == one or right == two:
                    put("other", "stated", "quality", left, right)
                    put("other", "stated", "quality", right, left)
    return pairs


class Writer:
    def __init__(self, rng):
        self.rng = rng

    def pick(self, items):
        return items[int(self.rng.random() * len(items))]

    def article(self, word):
        return "an" if word[0] in "aeiou" else "a"

    def counted(self, pairs, label):
        relation, one, two = self.pick(sorted(cell for cell, its in COUNTED.items() if its == label))
        kind, premise, hypothesis = self.pick(pairs[relation, "counted"])
        predicates = PREDICATES[kind]
        predicate = self.pick(predicates)
        # Now and then the sentences say different things: then nothing follows.
        other = self.pick(predicates) if label == "neutral" and self.rng.random() < 0.2 else predicate
        return self.clause(one, premise, predicate), self.clause(two, hypothesis, other), (premise, hypothesis)

    def clause(self, quantifier, word, predicate):
        subject = QUANTIFIERS[quantifier].format(A=self.article(word).capitalize(), x=word)
        return "%s %s." % (subject, predicate)

    def stated(self, pairs, label):
        relation, one, two = self.pick(sorted(cell for cell, its in STATED.items() if its == label))
        kind, premise, hypothesis = self.pick(pairs[relation, "stated"])
        frame = self.pick(FRAMES[kind])
        texts = []
        for verb, word in ((one, premise), (two, hypothesis)):
            what = word if kind == "quality" else "%s %s" % (self.article(word), word)
            texts.append(frame.format(be="was" if verb == "is" else "was not", x=what))
        return texts[0], texts[1], (premise, hypothesis)


def split_of(rng):
    drawn = rng.random()
    return next(name for name, until in SHARES if drawn < until)


def main(sources, out):
    nouns, adjectives = (read_synsets(find(sources, "data." + part)) for part in ("noun", "adj"))
    noun_senses, adjective_senses = (first_senses(find(sources, "index." + part)) for part in ("noun", "adj"))
    stars, poles = noun_stars(nouns, noun_senses), adjective_poles(adjectives, adjective_senses)
    rng = random.Random(SEED)
    parts = {name: ([], []) for name in SIZES}
    taken = {}
    for index, group in ((0, stars), (1, poles)):
        for item in group:
            name = split_of(rng)
            words = [item[1]] + item[2] if index == 0 else [word for one, near in item for word in [one] + near]
            # A word of two groups would be known from the one and asked for in the other.
            if all(taken.get(word, name) == name for word in words):
                taken.update((word, name) for word in words)
                parts[name][index].append(item)
    writer = Writer(rng)
    rows, used = {}, set()
    for name, size in SIZES.items():
        pairs, seen = pairs_of(*parts[name]), set()
        for _ in range(size * TRIES_A_PAIR):
            if len(seen) == size:
                break
            label = LABELS[len(seen) % 3]
            make = writer.stated if rng.random() < 0.5 else writer.counted
            premise, hypothesis, words = make(pairs, label)
            if (premise, hypothesis) not in seen:
                seen.add((premise, hypothesis))
                used.update(words)
                rows.setdefault(name, []).append([premise, hypothesis, label])
        if len(seen) < size:
            sys.exit("WordNet's words make only %d different pairs for %s, not %d" % (len(seen), name, size))
    glossary = {}
    for synsets, senses in ((adjectives, adjective_senses), (nouns, noun_senses)):
        for word in used:
            if word in senses:
                glossary.setdefault(word, []).append(synsets[senses[word]][4][:GLOSS_CHARS_MAX])
    tested = [[*row, name] for name in ("validation", "record") for row in rows[name]]
    for group in (rows["train"], tested):
        for index in range(len(group) - 1, 0, -1):
            other = int(rng.random() * (index + 1))
            group[index], group[other] = group[other], group[index]
    for folder in ("public", "hidden"):
        os.makedirs(os.path.join(out, folder), exist_ok=True)

    def write(path, header, lines):
        with open(os.path.join(out, path), "w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([header, *lines])

    write("public/train.csv", ["id", "premise", "hypothesis", "label"], [["t%05d" % n, *row] for n, row in enumerate(rows["train"])])
    write("public/test.csv", ["id", "premise", "hypothesis"], [["q%05d" % n, *row[:2]] for n, row in enumerate(tested)])
    write("public/glossary.csv", ["word", "definition"], [[word, "; ".join(glossary[word])] for word in sorted(glossary)])
    write("hidden/answers.csv", ["id", "label", "phase"], [["q%05d" % n, *row[2:]] for n, row in enumerate(tested)])


if __name__ == "__main__":
    main(*sys.argv[1:])
