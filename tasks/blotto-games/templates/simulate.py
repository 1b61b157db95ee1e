"""Plays strategy.py against the practice opponent and prints the mean result. Usage: python3 simulate.py [seed]"""
import random
import sys

sys.dont_write_bytecode = True

GAMES = 1000
ROUNDS = <<rounds>>
FIELDS = <<fields>>
SOLDIERS = <<soldiers>>
VALUES = <<values>>
MAJORITY = <<majority>>


def is_legal(move):
    return (
        isinstance(move, (list, tuple))
        and len(move) == FIELDS
        and all(type(soldiers) is int and soldiers >= 0 for soldiers in move)
        and sum(move) <= SOLDIERS
    )


def result(row, column):
    won = sum(value for value, mine, theirs in zip(VALUES, row, column) if mine > theirs)
    lost = sum(value for value, mine, theirs in zip(VALUES, row, column) if mine < theirs)
    return (won > lost) - (won < lost) if MAJORITY else (won - lost) / sum(VALUES)


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    rng = random.Random("opponent %d" % seed)
    random.seed("row player %d" % seed)  # before the import, which may draw already
    from opponent import column_strategy
    from strategy import row_strategy

    total = 0
    for _ in range(GAMES):
        history = []
        for _ in range(ROUNDS):
            row = row_strategy(list(history))
            if not is_legal(row):
                sys.exit("illegal move %r: %d integers from 0, at most %d together" % (row, FIELDS, SOLDIERS))
            column = column_strategy(history, rng)
            total += result(row, column)
            history.append((tuple(row), tuple(column)))
    print("games %d, rounds per game %d, mean result per round %.4f" % (GAMES, ROUNDS, total / (GAMES * ROUNDS)))


main()
