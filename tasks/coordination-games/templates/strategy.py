"""The row player: this file is the submission."""
import random

WEIGHTS = <<weights>>


def row_strategy(history):
    """Return the row player's move for the next round, an integer from 0.

    history: (row move, column move) of each round so far, oldest first.
    """
    return random.choices(range(len(WEIGHTS)), WEIGHTS)[0]
