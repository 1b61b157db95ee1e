"""Pushes the way the car already moves, with full force: energy goes in at every swing, until it is enough."""
import os

import numpy

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "checkpoints")
FORCES = [float(numpy.load(os.path.join(FOLDER, "%d.npz" % one))["force"]) for one in range(5)]


def act(checkpoint, frame, observations):
    push = FORCES[checkpoint]
    return numpy.where(observations[:, 1] >= 0, push, -push).astype(numpy.float32)
