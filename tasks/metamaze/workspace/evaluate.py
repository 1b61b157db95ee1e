"""Measures policy.py with its five checkpoints as the judge does, on episodes of its own: python3 evaluate.py [SEED]"""
import random
import sys

import numpy
from episodes import play

NAME = "MetaMaze-misc"
CHECKPOINTS = 5
EPISODES = 256
FRAMES = 199


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    random.seed(seed)
    import policy

    keys = numpy.random.default_rng(seed).integers(0, 1 << 32, (EPISODES, 2), dtype=numpy.uint32)

    def act(frame, observations):
        groups = numpy.split(observations, CHECKPOINTS)
        return numpy.concatenate([policy.act(one, frame, group) for one, group in enumerate(groups)])

    returns, lengths = play(NAME, numpy.tile(keys, (CHECKPOINTS, 1)), FRAMES, act)
    means = ", ".join("%.3f" % one for one in returns.reshape(CHECKPOINTS, EPISODES).mean(axis=1))
    told = (returns.mean(), returns.std(), lengths.mean())
    print("mean return %.3f, standard deviation %.3f, %.0f frames on average" % told)
    print("by checkpoint: " + means)


main()
