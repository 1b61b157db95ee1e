"""Drives simulated cars with one constant force along their motion and keeps the force with the best mean return, checkpoint by checkpoint.

Less force costs less, but needs more swings: the best is just enough to arrive in time.
"""
import os

import numpy
from episodes import play

EPISODES = 256
FORCES = numpy.linspace(0.5, 0.75, 26)

os.makedirs("checkpoints", exist_ok=True)
for checkpoint in range(5):
    keys = numpy.random.default_rng(checkpoint).integers(0, 1 << 32, (EPISODES, 2), dtype=numpy.uint32)
    forces = numpy.repeat(FORCES, EPISODES)

    def act(frame, observations):
        return numpy.where(observations[:, 1] >= 0, forces, -forces).astype(numpy.float32)

    returns, _ = play("MountainCarContinuous-v0", numpy.tile(keys, (len(FORCES), 1)), 200, act)
    means = returns.reshape(len(FORCES), EPISODES).mean(axis=1)
    best = int(means.argmax())
    numpy.savez("checkpoints/%d.npz" % checkpoint, force=numpy.float32(FORCES[best]))
    print("checkpoint %d: force %.2f, mean return %.2f" % (checkpoint, FORCES[best], means[best]), flush=True)
