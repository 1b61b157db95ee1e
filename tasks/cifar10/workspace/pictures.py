"""Reads the pictures and writes predictions."""
import csv
import os

import numpy as np

DATA = os.environ.get("DATA_DIR", "/data")


def train():
    """(pictures, labels): n x 3 x 32 x 32 from 0 to 1, and numbers from 0 to 9."""
    with np.load(os.path.join(DATA, "train.npz"), allow_pickle=False) as arrays:
        return arrays["images"].astype(np.float32) / 255, arrays["labels"].astype(np.int64)


def test():
    """The pictures to label; a picture's id is its place among them, from 0."""
    with np.load(os.path.join(DATA, "test.npz"), allow_pickle=False) as arrays:
        return arrays["images"].astype(np.float32) / 255


def write(labels):
    """Writes submission.csv: a label for every test picture, in their order."""
    with open("submission.csv", "w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([("id", "label"), *enumerate(map(int, labels))])
