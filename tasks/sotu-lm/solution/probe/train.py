"""Counts which byte follows which one to five, and writes weights.npz: sorted keys of context and byte, with their counts."""
import numpy as np
from text import training_text

ORDERS = range(1, 6)


def main():
    text = training_text().astype(np.int64)
    tables = {"unigrams": np.bincount(text, minlength=128)}
    for order in ORDERS:
        keys = np.zeros(len(text) - order, dtype=np.int64)
        for back in range(order + 1):
            keys = keys << 7 | text[back : len(text) - order + back]
        keys, counts = np.unique(keys, return_counts=True)
        tables["keys%d" % order], tables["counts%d" % order] = keys, counts.astype(np.int32)
    np.savez_compressed("weights.npz", **tables)


if __name__ == "__main__":
    main()
