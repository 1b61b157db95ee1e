"""Counts for Kneser-Ney smoothing over contexts of up to seven bytes, in all speeches and in the latest ones: weights.npz."""
import numpy as np
from text import training_text

ORDER = 7
LATEST_BYTES = 3_000_000


def main():
    tables = {}
    for part, text in (("all", training_text()), ("late", training_text()[-LATEST_BYTES:])):
        text = text.astype(np.int64)
        keys = np.zeros(len(text) - ORDER, dtype=np.int64)
        for back in range(ORDER + 1):
            keys = keys << 7 | text[back : len(text) - ORDER + back]
        for order in range(ORDER, 0, -1):
            # Of the longest contexts occurrences are counted, of shorter ones the different bytes that came before.
            keys, counts = np.unique(keys, return_counts=True)
            tables["%s%d" % (part, order)] = keys
            tables["%scounts%d" % (part, order)] = np.minimum(counts, 65535).astype(np.uint16)
            keys = keys & (1 << 7 * order) - 1
        tables[part + "0"] = np.bincount(keys, minlength=128)
    np.savez_compressed("weights.npz", **tables)


if __name__ == "__main__":
    main()
