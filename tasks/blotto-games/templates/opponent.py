"""A column player to practise against: it draws every placement from its book. The judge's has another book."""
from book import BOOK


def column_strategy(history, rng):
    """Return the column player's soldiers on each field, for the next round.

    history: (row move, column move) of each round so far; this player ignores it. rng: a random.Random.
    """
    return BOOK[int(rng.random() * len(BOOK))]
