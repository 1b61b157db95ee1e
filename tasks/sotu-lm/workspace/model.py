"""The submission: `predict(prefixes)` gives the log-probabilities of the next byte, from the counts in weights.npz."""
import os

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
BYTES = 128
ADDED = 0.05

counts = np.load(os.path.join(HERE, "weights.npz"), allow_pickle=False)["counts"]


def predict(prefixes):
    """prefixes: arrays of up to 512 bytes each, numbers from 0 to 127. Returns an array len(prefixes) x 128."""
    last = np.array([prefix[-2:] for prefix in prefixes])
    found = counts[last[:, 0], last[:, 1]] + ADDED
    return np.log(found / found.sum(axis=1, keepdims=True))
