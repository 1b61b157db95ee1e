"""chrF: an F-score over character n-grams (Popovic 2015), as the judge computes it."""
from collections import Counter

ORDER = 6
BETA = 2


def grams(text, order):
    return Counter(text[start : start + order] for start in range(len(text) - order + 1))


def chrf_of_one(text, reference):
    """chrF of a text against one reference, 0 to 1: characters without spaces, n-grams of 1 to 6, recall counted twice.

    Precision and recall are means over the orders that both texts are long enough for.
    """
    text, reference = "".join(text.lower().split()), "".join(reference.lower().split())
    precisions, recalls = [], []
    for order in range(1, ORDER + 1):
        mine, theirs = grams(text, order), grams(reference, order)
        if mine and theirs:
            shared = sum((mine & theirs).values())
            precisions.append(shared / sum(mine.values()))
            recalls.append(shared / sum(theirs.values()))
    if not precisions:
        return 0.0
    precision, recall = sum(precisions) / len(precisions), sum(recalls) / len(recalls)
    if precision + recall == 0:
        return 0.0
    return (1 + BETA * BETA) * precision * recall / (BETA * BETA * precision + recall)
