"""Plays policy.py on machines of its own and prints the mean reward. Usage: python3 simulate.py [seed]"""
import random
import sys

sys.dont_write_bytecode = True

from arms import PULLS, machine, pay
from policy import pull

MACHINES = 200

rng = random.Random(int(sys.argv[1]) if len(sys.argv) > 1 else 0)
random.seed(0)
total = 0
for _ in range(MACHINES):
    chances, history = machine(rng), []
    for _ in range(PULLS):
        arm = pull(list(history))
        history.append((arm, pay(chances, arm, rng)))
    total += sum(reward for _, reward in history)
print("mean reward %.4f" % (total / (MACHINES * PULLS)))
