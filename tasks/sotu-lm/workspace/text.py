"""Reads the training text, and tries a model out on its last part."""
import os

import numpy as np

DATA = os.environ.get("DATA", "/data")
BYTES = 128
PREFIX_MAX = 512


def training_text():
    """The speeches up to 1992 as an array of byte values, oldest first, a line each."""
    with open(os.path.join(DATA, "train.txt"), "rb") as file:
        return np.frombuffer(file.read(), dtype=np.uint8)


def bits_per_byte(predict, text, places=4096, seed=0):
    """The mean of -log2 of the probability that `predict` gives to bytes at random places of a text, after up to 512 bytes before."""
    rng = np.random.default_rng(seed)
    chosen = rng.integers(PREFIX_MAX, len(text), places)
    total = 0.0
    for start in range(0, places, 512):
        batch = chosen[start : start + 512]
        rows = np.asarray(predict([text[place - PREFIX_MAX : place].astype(np.uint16) for place in batch]), dtype=np.float64)
        top = rows.max(axis=1, keepdims=True)
        rows = rows - top - np.log(np.exp(rows - top).sum(axis=1, keepdims=True))
        total -= rows[np.arange(len(batch)), text[batch]].sum()
    return total / places / np.log(2)
