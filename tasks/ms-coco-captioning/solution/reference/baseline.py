"""Likeness by edges, colours and layout of 25,000 pictures; of the captions of the nearest, the one that agrees most with all of them."""
import numpy as np
from bleu import grams, words
from pictures import by_picture, rows, thumbnail, write

PICTURES_KNOWN = 25_000
NEIGHBOURS = 20
SIDE = 32
SHARPNESS = 6


def unit(features):
    features = features.reshape(len(features), -1)
    return features / (np.linalg.norm(features, axis=1, keepdims=True) + 1e-6)


def shrunk(images, side):
    step = SIDE // side
    return images.reshape(len(images), side, step, side, step, -1).mean(axis=(2, 4))


def edges(images, bins=8):
    """Directions of the grey picture's gradients in each of 4 x 4 fields."""
    down, across = np.gradient(images.mean(axis=3), axis=(1, 2))
    strength = np.hypot(across, down)
    turn = (np.arctan2(down, across) % np.pi) / np.pi * bins
    apart = [np.abs(turn - one) for one in range(bins)]
    parts = [strength * np.maximum(0, 1 - np.minimum(gap, bins - gap)) for gap in apart]
    return unit(np.sqrt(shrunk(np.stack(parts, axis=3), 4)))


def colours(images, levels=4):
    bins = np.minimum((images * levels).astype(int), levels - 1) @ np.array([levels * levels, levels, 1])
    counts = [np.bincount(one.ravel(), minlength=levels**3) for one in bins]
    return unit(np.sqrt(np.array(counts, dtype=np.float32)))


def layout(images):
    small = shrunk(images, 8)
    return unit(small - small.mean(axis=(1, 2), keepdims=True))


def features(pictures):
    """One row a picture, whose products are the mean likeness of the three kinds."""
    parts = []
    for start in range(0, len(pictures), 2_000):
        images = np.stack([thumbnail(row, SIDE) for row in pictures[start : start + 2_000]])
        parts.append(np.concatenate([edges(images), colours(images), layout(images)], axis=1).astype(np.float32))
    return np.concatenate(parts) / np.sqrt(3)


def agreement(one, other):
    return sum(sum((one[order] & other[order]).values()) for order in range(4)) / (20 + sum(map(len, one)) + sum(map(len, other)))


def main():
    train, test = by_picture(rows("train.csv"))[:PICTURES_KNOWN], rows("test.csv")
    counted = [[grams(words(captions[0]), order) for order in range(1, 5)] for _, captions in train]
    known = features([row for row, _ in train])
    chosen = {}
    for row, likeness in zip(test, features(test) @ known.T):
        near = np.argsort(-likeness)[:NEIGHBOURS]
        weights = np.exp(SHARPNESS * (likeness[near] - likeness[near[0]]))
        sums = [sum(w * agreement(counted[one], counted[other]) for w, other in zip(weights, near) if other != one) for one in near]
        chosen[row["image_id"]] = train[near[int(np.argmax(sums))]][1][0]
    write(chosen)


if __name__ == "__main__":
    main()
