"""Counts tokens and pairs of tokens in a part of the first shard, and writes weights.npz. Then tries model.py on tokens after that part."""
import numpy as np
from shards import VOCABULARY, WINDOW, nats_per_token, shards

TOKENS = 20_000_000
HELD_OUT = 2_000_000


def main():
    shard = shards()[0]
    count = min(TOKENS, len(shard) * 3 // 4)
    tokens = shard[:count].astype(np.int64)
    keys, counts = np.unique(tokens[:-1] * VOCABULARY + tokens[1:], return_counts=True)
    np.savez(
        "weights.npz",
        unigrams=np.bincount(tokens, minlength=VOCABULARY).astype(np.int32),
        firsts=np.searchsorted(keys, np.arange(VOCABULARY + 1) * VOCABULARY).astype(np.int32),
        seconds=(keys % VOCABULARY).astype(np.uint16),
        counts=counts.astype(np.int32),
    )
    from model import predict

    held = shard[count : count + max(HELD_OUT, WINDOW + 1)]
    print("nats per token on held-out tokens: %.4f" % nats_per_token(predict, held))


if __name__ == "__main__":
    main()
