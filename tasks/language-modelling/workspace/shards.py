"""Reads shards of tokens, and tries a model out."""
import glob
import os

import numpy as np

DATA = os.environ.get("DATA", "/data")
VOCABULARY = 50304
WINDOW = 1024
HEADER_BYTES = 1024


def shards():
    """The training shards, each an array of tokens that is read only where it is used."""
    names = sorted(glob.glob(os.path.join(DATA, "fineweb_train_*.bin")))
    return [np.memmap(name, dtype=np.uint16, mode="r", offset=HEADER_BYTES) for name in names]


def nats_per_token(predict, tokens, places=1024, batch=64, seed=0):
    """The mean of -log of the probability that `predict` gives to tokens at random places of windows of 1,024 tokens."""
    rng = np.random.default_rng(seed)
    total = 0.0
    for _ in range(0, places, batch):
        windows = rng.integers(0, (len(tokens) - 1) // WINDOW, batch) * WINDOW
        lengths = rng.integers(1, WINDOW + 1, batch)
        rows = np.asarray(predict([tokens[start : start + length] for start, length in zip(windows, lengths)]), dtype=np.float64)
        top = rows.max(axis=1, keepdims=True)
        rows = rows - top - np.log(np.exp(rows - top).sum(axis=1, keepdims=True))
        total -= rows[np.arange(batch), tokens[windows + lengths]].sum()
    return total / (-(-places // batch) * batch)
