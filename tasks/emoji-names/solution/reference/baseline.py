"""Likeness by edges, colours and layout; of the nearest names, and of pairs of them, the one that agrees most with all of them."""
from functools import lru_cache

import numpy as np
from chrf import chrf_of_one
from pictures import pixels, rows, write

NEIGHBOURS = 20
PAIRED = 4
SHARPNESS = 30
WEIGHTS = {"edges": 1.0, "colours": 1.0, "layout": 0.5}

agreement = lru_cache(None)(chrf_of_one)


def unit(features):
    features = features.reshape(len(features), -1)
    return features / (np.linalg.norm(features, axis=1, keepdims=True) + 1e-6)


def shrunk(images, side):
    step = 32 // side
    return images.reshape(len(images), side, step, side, step, -1).mean(axis=(2, 4))


def edges(images, side=8, bins=8):
    """Directions of the grey picture's gradients in each of side x side fields."""
    down, across = np.gradient(images.mean(axis=3), axis=(1, 2))
    strength = np.hypot(across, down)
    turn = (np.arctan2(down, across) % np.pi) / np.pi * bins
    apart = [np.abs(turn - one) for one in range(bins)]
    parts = [strength * np.maximum(0, 1 - np.minimum(gap, bins - gap)) for gap in apart]
    return unit(np.sqrt(shrunk(np.stack(parts, axis=3), side)))


def colours(images, levels=5):
    bins = np.minimum((images * levels).astype(int), levels - 1) @ np.array([levels * levels, levels, 1])
    counts = [np.bincount(one.ravel(), minlength=levels**3) for one in bins]
    return unit(np.sqrt(np.array(counts, dtype=float)))


def layout(images, side=8):
    small = shrunk(images, side)
    return unit(small - small.mean(axis=(1, 2), keepdims=True))


def main():
    table, known, asked = rows("train.csv"), pixels("train.npy"), pixels("test.npy")
    kinds = {"edges": edges, "colours": colours, "layout": layout}
    likeness = sum(weight * (kinds[kind](asked) @ kinds[kind](known).T) for kind, weight in WEIGHTS.items())
    likeness /= sum(WEIGHTS.values())
    captions = {}
    for row, alike in zip(rows("test.csv"), likeness):
        near = np.argsort(-alike)[:NEIGHBOURS]
        weights = np.exp(SHARPNESS * (alike[near] - alike[near[0]]))
        names = [table[index]["name"] for index in near]
        # Recall counts more than precision: two names together are sometimes the better guess.
        pairs = ["%s %s" % (one, two) for at, one in enumerate(names[:PAIRED]) for two in names[at + 1 : PAIRED]]
        captions[row["id"]] = max(names + pairs, key=lambda text: sum(w * agreement(text, name) for w, name in zip(weights, names)))
    write(captions)


if __name__ == "__main__":
    main()
