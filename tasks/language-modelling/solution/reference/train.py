"""As the probe, from more tokens; what was seen once is dropped of contexts of two tokens as well."""
import numpy as np
from shards import VOCABULARY, shards

TOKENS = 80_000_000
ORDER = 3


def main():
    shard = shards()[0]
    tokens = shard[: min(TOKENS, len(shard))].astype(np.int64)
    tables = {}
    keys = np.zeros(len(tokens) - ORDER, dtype=np.int64)
    for back in range(ORDER + 1):
        keys = keys << 16 | tokens[back : len(tokens) - ORDER + back]
    # Four tokens of 16 bits fill the key, sign bit included; unsigned order is what the search goes by.
    keys = keys.view(np.uint64)
    for order in range(ORDER, 0, -1):
        # Of the longest contexts occurrences are counted, of shorter ones the different tokens that came before.
        keys, counts = np.unique(keys, return_counts=True)
        kept = counts > (1 if order > 1 else 0)
        tables["keys%d" % order], tables["counts%d" % order] = keys[kept], np.minimum(counts[kept], 65535).astype(np.uint16)
        keys = keys & np.uint64((1 << 16 * order) - 1)
    tables["unigrams"] = np.bincount(keys.astype(np.int64), minlength=VOCABULARY).astype(np.int32)
    np.savez("weights.npz", **tables)


if __name__ == "__main__":
    main()
