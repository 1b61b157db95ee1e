"""Draws sequences of items as the judge draws them; the judge's own are other ones."""

CAPACITY = <<capacity>>
ITEMS = <<items>>
LEAST = <<least>>
MOST = <<most>>
SIZES = "<<sizes>>"


def place(rng):
    """Where a size lies between the least (0) and the most (1)."""
    if SIZES == "small":
        return rng.random() ** 2
    if SIZES == "bell":
        return (rng.random() + rng.random() + rng.random()) / 3
    if SIZES == "twoKinds":
        return rng.uniform(0, 0.35) if rng.random() < 0.6 else rng.uniform(0.65, 1)
    return rng.random()


def sequence(rng):
    """The sizes of the items of one sequence, in the order in which they come."""
    return [LEAST + int(place(rng) * (MOST - LEAST + 1) * 0.999999) for _ in range(ITEMS)]
