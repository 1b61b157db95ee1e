"""The row player: this file is the submission."""
import random


def row_strategy(history):
    """Return the row player's move, 0 or 1, for the next round.

    history: (row move, column move) of each round so far, oldest first.
    """
    if not history:
        return 0
    own_last, other_last = history[-1]
    draw = random.random()
    if draw < 0.1:
        return 0
    if draw < 0.2:
        return 1
    if draw < 0.9:
        return other_last
    return own_last
