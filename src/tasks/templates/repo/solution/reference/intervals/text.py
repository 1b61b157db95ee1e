"""Interval sets as text: `1-3,7,9-12`."""
import re

from intervals.sets import normal

PART = re.compile(r"\s*(\d+)\s*(?:-\s*(\d+)\s*)?")


def write(pairs):
    """The text of normal(pairs): pairs joined by commas, a pair of one number as that number alone, nothing as ''."""
    return ",".join("%d" % first if first == last else "%d-%d" % (first, last) for first, last in normal(pairs))


def read(text):
    """The pairs of a text, as normal() gives them. Spaces do not matter; anything else that is no such text raises ValueError."""
    if not text.strip():
        return []
    pairs = []
    for part in text.split(","):
        found = PART.fullmatch(part)
        if found is None:
            raise ValueError("no interval: %r" % part)
        pairs.append((int(found[1]), int(found[2] or found[1])))
    return normal(pairs)
