"""Interval sets as text: `1-3,7,9-12`."""
from intervals.sets import normal


def write(pairs):
    """The text of normal(pairs): pairs joined by commas, a pair of one number as that number alone, nothing as ''."""
    return ",".join("%d-%d" % pair for pair in normal(pairs))


def read(text):
    """The pairs of a text, as normal() gives them. Spaces do not matter; anything else that is no such text raises ValueError."""
    pairs = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        pairs.append((int(first), int(last)))
    return normal(pairs)
