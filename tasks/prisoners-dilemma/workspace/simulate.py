"""Plays strategy.py against the copy of the opponent and prints the mean payoff. Usage: python3 simulate.py [seed]"""
import random
import sys

sys.dont_write_bytecode = True

GAMES = 2000
ROUNDS = 10
PAYOFF = ((3, 0), (5, 1))


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
            if type(row) is not int or row not in (0, 1):
                sys.exit("illegal move %r: row_strategy must return 0 or 1" % (row,))
            column = column_strategy(history, rng)
            total += PAYOFF[row][column]
            history.append((row, column))
    print("games %d, rounds per game %d, mean payoff per round %.4f" % (GAMES, ROUNDS, total / (GAMES * ROUNDS)))


main()
