"""The row player: this file is the submission."""
import random

FIELDS = <<fields>>
SOLDIERS = <<soldiers>>


def row_strategy(history):
    """Return the row player's soldiers on each field for the next round: FIELDS integers, at most SOLDIERS together.

    history: (row move, column move) of each round so far, oldest first.
    """
    cuts = sorted(random.randint(0, SOLDIERS) for _ in range(FIELDS - 1))
    return [high - low for low, high in zip([0] + cuts, cuts + [SOLDIERS])]
