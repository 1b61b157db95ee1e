"""<<which>>"""

FIELDS = <<fields>>
SOLDIERS = <<soldiers>>
# (share of rounds, weight of each field, how much the weights vary, whether they change places)
HABITS = <<habits>>


def column_strategy(history, rng):
    """Return the column player's soldiers on each field, for the next round.

    history: (row move, column move) of each round so far; this player ignores it. rng: a random.Random.
    """
    token = rng.random() * sum(habit[0] for habit in HABITS)
    for share, weights, vary, shuffled in HABITS:
        token -= share
        if token < 0:
            break
    weights = [weight * max(0.01, 1 + vary * (2 * rng.random() - 1)) for weight in weights]
    if shuffled:
        rng.shuffle(weights)
    whole = sum(weights)
    move = [int(SOLDIERS * weight / whole) for weight in weights]
    move[move.index(max(move))] += SOLDIERS - sum(move)
    return move
