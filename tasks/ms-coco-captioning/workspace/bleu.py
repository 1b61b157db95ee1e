"""BLEU-4 of a set of captions, each against several references (Papineni et al. 2002), as the judge computes it."""
import math
import re
from collections import Counter

ORDER = 4
WORDS = re.compile(r"[a-z0-9]+(?:'[a-z]+)?")


def words(text):
    """Lower-case words; punctuation does not count."""
    return WORDS.findall(text.lower())


def grams(tokens, order):
    return Counter(tuple(tokens[start : start + order]) for start in range(len(tokens) - order + 1))


def counts_of(caption, references):
    """[(clipped matches, n-grams of the caption) for n from 1 to 4], the caption's length, and that of the nearest reference."""
    mine, theirs = words(caption), [words(reference) for reference in references]
    matches = []
    for order in range(1, ORDER + 1):
        most = Counter()
        for reference in theirs:
            most |= grams(reference, order)
        own = grams(mine, order)
        matches.append((sum((own & most).values()), sum(own.values())))
    nearest = min((abs(len(reference) - len(mine)), len(reference)) for reference in theirs)[1]
    return matches, len(mine), nearest


def bleu_of(counted):
    """BLEU-4, 0 to 1, over many captions' counts: the geometric mean of the precisions, times a penalty for being short."""
    length, nearest = sum(one[1] for one in counted), sum(one[2] for one in counted)
    total = 0.0
    for order in range(ORDER):
        hits = sum(one[0][order][0] for one in counted)
        if hits == 0:
            return 0.0
        total += math.log(hits / sum(one[0][order][1] for one in counted))
    return math.exp(total / ORDER + min(0.0, 1 - nearest / length))


def bleu(captions, references):
    """BLEU-4 of captions against lists of references, in the same order."""
    return bleu_of([counts_of(caption, texts) for caption, texts in zip(captions, references)])
