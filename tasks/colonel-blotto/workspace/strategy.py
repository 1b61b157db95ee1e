"""The row player: this file is the submission."""
import random

FIELDS = 6
SOLDIERS = 120


def row_strategy(history):
    """Return the row player's soldiers on each of the six fields for the next round: six integers, at most 120 together.

    history: (row move, column move) of each round so far, oldest first.
    """
    move = [0] * FIELDS
    order = random.sample(range(FIELDS), FIELDS)
    left = SOLDIERS
    for field in order[:3]:
        move[field] = random.randint(10, 30)
        left -= move[field]
    for field in order[3:]:
        move[field] = random.randint(0, left)
        left -= move[field]
    return move
