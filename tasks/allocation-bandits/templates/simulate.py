"""Plays strategy.py on sample episodes and prints the mean reward per round. Usage: python3 simulate.py [seed]"""
import random
import sys

sys.dont_write_bytecode = True

EPISODES = <<episodes>>


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    rng = random.Random("episodes %d" % seed)
    random.seed("policy %d" % seed)  # before the import, which may draw already
    from arms import ARMS, ROUNDS, episode
    from strategy import choose

    total = 0.0
    for _ in range(EPISODES):
        history = []
        for row in episode(rng):
            arm = choose(list(history))
            if type(arm) is not int or not 0 <= arm < ARMS:
                sys.exit("illegal answer %r: choose must return an arm, an integer from 0 to %d" % (arm, ARMS - 1))
            history.append((arm, row[arm]))
            total += row[arm]
    print("episodes %d, rounds per episode %d, mean reward per round %.4f" % (EPISODES, ROUNDS, total / (EPISODES * ROUNDS)))


main()
