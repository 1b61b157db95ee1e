"""Writes five checkpoints of one number each: how often the ball is sent back where it came from."""
import os

import numpy

os.makedirs("checkpoints", exist_ok=True)
for checkpoint in range(5):
    numpy.savez("checkpoints/%d.npz" % checkpoint, back=numpy.float32(0.1))
