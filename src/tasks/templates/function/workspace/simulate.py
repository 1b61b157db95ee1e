"""Measures estimate.py on samples of its own and prints the mean error. Usage: python3 simulate.py [seed]"""
import random
import sys

sys.dont_write_bytecode = True

from estimate import estimate
from samples import draw

SAMPLES = 2000

rng = random.Random(int(sys.argv[1]) if len(sys.argv) > 1 else 0)
random.seed(0)
samples = [draw(rng) for _ in range(SAMPLES)]
print("mean error %.4f" % (sum(abs(estimate(list(numbers)) - centre) for centre, numbers in samples) / SAMPLES))
