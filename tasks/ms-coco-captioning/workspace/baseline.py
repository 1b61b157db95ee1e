"""The baseline: every picture gets the same caption, the one of some thousands that has most in common with the others."""
import numpy as np
from bleu import bleu, grams, words
from pictures import by_picture, rows, write

PICTURES_KNOWN = 4_000
LENGTHS = range(8, 13)


def commonest(captions):
    """The caption whose pairs and threes of words are the commonest, on average."""
    counted = [{order: grams(words(caption), order) for order in (2, 3)} for caption in captions]
    totals = {}
    for one in counted:
        for order in one:
            for gram in one[order]:
                totals[gram] = totals.get(gram, 0) + 1
    scores = [sum(np.log(totals[gram]) for order in one for gram in one[order]) / max(1, sum(map(len, one.values()))) for one in counted]
    fitting = [index for index, caption in enumerate(captions) if len(words(caption)) in LENGTHS] or range(len(captions))
    return captions[max(fitting, key=lambda index: scores[index])]


def main():
    train, test = by_picture(rows("train.csv")), rows("test.csv")
    known, held = train[:PICTURES_KNOWN * 9 // 10], train[PICTURES_KNOWN * 9 // 10 : PICTURES_KNOWN]
    caption = commonest([text for _, captions in known for text in captions])
    if held:
        score = bleu([caption] * len(held), [captions for _, captions in held])
        print("BLEU-4 of %r on held-out training pictures: %.4f" % (caption, score))
    write({row["image_id"]: caption for row in test})


if __name__ == "__main__":
    main()
