"""Kneser-Ney over contexts of up to seven bytes; all speeches and late ones mixed; and what this speech said before."""
import os

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
ORDERS = range(1, 8)
# What is taken off a count of 1, 2, and 3 or more (Chen and Goodman 1999).
DISCOUNTS = np.array([0.0, 0.8, 1.2, 1.6])
LATE_SHARE = 0.55
MATCH_MIN = 4
MATCH_SHARES = {4: 0.06, 5: 0.12, 6: 0.2, 7: 0.28}
MATCH_SHARE_MOST = 0.4

tables = dict(np.load(os.path.join(HERE, "weights.npz"), allow_pickle=False))


def counted(part, contexts):
    unigrams = tables[part + "0"] + 0.01
    rows = np.tile(unigrams / unigrams.sum(), (len(contexts[0]), 1))
    for order in ORDERS:
        keys, counts, context = tables["%s%d" % (part, order)], tables["%scounts%d" % (part, order)], contexts[order]
        starts, ends = np.searchsorted(keys, context << 7), np.searchsorted(keys, (context + 1) << 7)
        for row, start, end in zip(rows, starts, ends):
            if start < end:
                seen = counts[start:end].astype(np.int64)
                total = seen.sum()
                taken = DISCOUNTS[np.minimum(seen, 3)]
                row *= taken.sum() / total
                row[keys[start:end] & 127] += (seen - taken) / total
    return rows


def match(prefix):
    """(the byte that followed the longest earlier match of the prefix's end, the length of that match), or None"""
    data = bytes(prefix.astype(np.uint8))
    found = None
    for length in range(MATCH_MIN, 25):
        at = data.rfind(data[-length:], 0, len(data) - 1)
        if at < 0:
            break
        found = data[at + length], length
    return found


def predict(prefixes):
    contexts = [np.zeros(len(prefixes), dtype=np.int64)]
    for order in ORDERS:
        last = np.array([prefix[-order] for prefix in prefixes], dtype=np.int64)
        contexts.append(contexts[-1] | last << 7 * (order - 1))
    rows = LATE_SHARE * counted("late", contexts) + (1 - LATE_SHARE) * counted("all", contexts)
    for row, prefix in zip(rows, prefixes):
        found = match(prefix)
        if found:
            share = MATCH_SHARES.get(found[1], MATCH_SHARE_MOST)
            row *= 1 - share
            row[found[0]] += share
    return np.log(rows)
