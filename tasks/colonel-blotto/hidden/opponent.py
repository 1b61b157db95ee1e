"""The column player. A copy to read and to play against: the judge uses its own."""

FIELDS = 6
SOLDIERS = 120


def column_strategy(history, rng):
    """Return the column player's soldiers on each of the six fields, for the next round.

    history: (row move, column move) of each round so far; this player ignores it. rng: a random.Random.
    """
    weights = [int(rng.random() * (SOLDIERS + 1)) for _ in range(FIELDS)]
    whole = sum(weights) or 1
    move = [weight * SOLDIERS // whole for weight in weights]
    move[int(rng.random() * FIELDS)] += SOLDIERS - sum(move)
    return move
