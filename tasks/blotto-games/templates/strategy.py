"""The row player: this file is the submission."""
import random

FIELDS = <<fields>>
SOLDIERS = <<soldiers>>
HABITS = (
<<habits>>)


def row_strategy(history):
    """Return the row player's soldiers on each of the fields for the next round: integers, at most SOLDIERS together.

    history: (row move, column move) of each round so far, oldest first.
    """
    return random.choice(HABITS)
