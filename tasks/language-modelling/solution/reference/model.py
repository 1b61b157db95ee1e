"""Kneser-Ney smoothing over contexts of up to three tokens; and what the prefix itself said after the same tokens, late words first."""
import os

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
ORDERS = (1, 2, 3)
DISCOUNTS = {1: 0.85, 2: 1.2, 3: 1.2}
CACHE_SHARE = 0.08
CACHE_DECAY = 0.998
# What followed the last match of so many tokens is taken to follow again, with this probability.
MATCH_SHARES = {1: 0.04, 2: 0.2, 3: 0.4, 4: 0.6}
MATCH_MOST = 4

weights = dict(np.load(os.path.join(HERE, "weights.npz"), allow_pickle=False))
unigrams = ((weights["unigrams"] + 0.1) / (weights["unigrams"] + 0.1).sum()).astype(np.float32)


def counted(row, prefix):
    context = 0
    for order in ORDERS[: len(prefix)]:
        context |= int(prefix[-order]) << 16 * (order - 1)
        keys, counts = weights["keys%d" % order], weights["counts%d" % order]
        start = np.searchsorted(keys, np.uint64(context << 16))
        end = np.searchsorted(keys, np.uint64(context << 16 | 0xFFFF), side="right")
        if start < end:
            seen = counts[start:end].astype(np.int64)
            # What was dropped, seen once only, is taken to be a half of it.
            total = seen.sum() + (end - start if order > 1 else 0)
            row *= 1 - (seen - DISCOUNTS[order]).sum() / total
            row[(keys[start:end] & np.uint64(0xFFFF)).astype(np.int64)] += (seen - DISCOUNTS[order]) / total


def remembered(row, prefix):
    ages = CACHE_DECAY ** np.arange(len(prefix) - 1, -1, -1)
    row *= 1 - CACHE_SHARE
    np.add.at(row, prefix, CACHE_SHARE * ages / ages.sum())
    places = np.arange(len(prefix) - 1)
    found = None
    for length in range(1, MATCH_MOST + 1):
        places = places[places >= length - 1]
        places = places[prefix[places - (length - 1)] == prefix[len(prefix) - length]]
        if len(places) == 0:
            break
        found = int(prefix[places[-1] + 1]), MATCH_SHARES[length]
    if found:
        row *= 1 - found[1]
        row[found[0]] += found[1]


def predict(prefixes):
    rows = np.tile(unigrams, (len(prefixes), 1))
    for row, prefix in zip(rows, prefixes):
        prefix = prefix.astype(np.int64)
        counted(row, prefix)
        remembered(row, prefix)
    return np.log(rows)
