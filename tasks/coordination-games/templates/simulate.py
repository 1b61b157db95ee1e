"""Plays strategy.py against the practice opponent and prints the mean payoff. Usage: python3 simulate.py [seed]"""
import random
import sys

sys.dont_write_bytecode = True

GAMES = <<games>>
ROUNDS = <<rounds>>
PAYOFF = <<payoff>>


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
            if type(row) is not int or not 0 <= row < len(PAYOFF):
                sys.exit("illegal move %r: row_strategy must return an integer from 0 to %d" % (row, len(PAYOFF) - 1))
            column = column_strategy(history, rng)
            total += PAYOFF[row][column]
            history.append((row, column))
    print("games %d, rounds per game %d, mean payoff per round %.4f" % (GAMES, ROUNDS, total / (GAMES * ROUNDS)))


main()
