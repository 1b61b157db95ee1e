"""Kneser-Ney smoothing over contexts of up to three tokens, and the tokens of the prefix itself."""
import os

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
ORDERS = (1, 2, 3)
DISCOUNT = 0.85
LAST_DISCOUNT = 1.2
# Texts speak again of what they spoke of before.
CACHE_SHARE = 0.08

weights = dict(np.load(os.path.join(HERE, "weights.npz"), allow_pickle=False))
unigrams = ((weights["unigrams"] + 0.1) / (weights["unigrams"] + 0.1).sum()).astype(np.float32)


def predict(prefixes):
    rows = np.tile(unigrams, (len(prefixes), 1))
    for row, prefix in zip(rows, prefixes):
        context = 0
        for order in ORDERS[: len(prefix)]:
            context |= int(prefix[-order]) << 16 * (order - 1)
            keys, counts = weights["keys%d" % order], weights["counts%d" % order]
            start = np.searchsorted(keys, np.uint64(context << 16))
            end = np.searchsorted(keys, np.uint64(context << 16 | 0xFFFF), side="right")
            if start < end:
                seen = counts[start:end].astype(np.int64)
                # What was dropped of the longest contexts, seen once only, is taken to be a half of it.
                total = seen.sum() + (end - start if order == ORDERS[-1] else 0)
                taken = LAST_DISCOUNT if order == ORDERS[-1] else DISCOUNT
                row *= 1 - (seen - taken).sum() / total
                row[(keys[start:end] & np.uint64(0xFFFF)).astype(np.int64)] += (seen - taken) / total
        row *= 1 - CACHE_SHARE
        np.add.at(row, prefix.astype(np.int64), CACHE_SHARE / len(prefix))
    return np.log(rows)
