"""The column player. A copy to read and to play against: the judge uses its own.

Before every round it draws one of eleven rules at random and follows that rule for this round only.
Each rule sees the row player's moves and its own side's moves of the game so far. 0 cooperates, 1 defects.
"""


def mostly_stubborn(rows, columns, rng):
    if not columns:
        return 1
    draw = rng.random()
    if draw < 0.3333:
        return 0
    if draw < 0.5:
        return 1
    if draw < 0.9:
        return columns[-1]
    return 1 - rows[-1]


def tit_for_tat(rows, columns, rng):
    return rows[-1] if rows else 0


def always_cooperate(rows, columns, rng):
    return 0


def always_defect(rows, columns, rng):
    return 1


def coin(rows, columns, rng):
    return 0 if rng.random() < 0.5 else 1


def grim_trigger(rows, columns, rng):
    return 1 if 1 in rows else 0


def pavlov(rows, columns, rng):
    if not rows:
        return 0
    return 0 if rows[-1] == columns[-1] else 1


def tit_for_two_tats(rows, columns, rng):
    return 1 if rows[-2:] == [1, 1] else 0


def suspicious_tit_for_tat(rows, columns, rng):
    return rows[-1] if rows else 1


def forgiving_tit_for_tat(rows, columns, rng):
    if not rows or rows[-2:] == [1, 1]:
        return 0
    return rows[-1]


# The coin stands in the pool twice.
POOL = (
    mostly_stubborn,
    tit_for_tat,
    always_cooperate,
    always_defect,
    coin,
    grim_trigger,
    pavlov,
    tit_for_two_tats,
    suspicious_tit_for_tat,
    coin,
    forgiving_tit_for_tat,
)


def column_strategy(history, rng):
    """Return the column player's move, 0 or 1, for the next round.

    history: (row move, column move) of each round so far; rng: a random.Random.
    """
    rule = POOL[int(rng.random() * len(POOL))]
    return rule([row for row, _ in history], [column for _, column in history], rng)
