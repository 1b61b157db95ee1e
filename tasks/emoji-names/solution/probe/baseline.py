"""Among the names of the most alike pictures, the one that agrees most with the others."""
import numpy as np
from chrf import chrf_of_one
from pictures import pixels, rows, write

NEIGHBOURS = 10


def shrunk(images, side=8):
    small = images.reshape(len(images), side, 32 // side, side, 32 // side, 3).mean(axis=(2, 4)).reshape(len(images), -1)
    small = small - small.mean(axis=1, keepdims=True) * 0.5
    return small / (np.linalg.norm(small, axis=1, keepdims=True) + 1e-6)


def main():
    table, known, asked = rows("train.csv"), shrunk(pixels("train.npy")), shrunk(pixels("test.npy"))
    captions = {}
    for row, likeness in zip(rows("test.csv"), asked @ known.T):
        near = np.argsort(-likeness)[:NEIGHBOURS]
        weights = np.exp(20 * (likeness[near] - likeness[near[0]]))
        names = [table[index]["name"] for index in near]
        agreement = [sum(w * chrf_of_one(name, other) for w, other in zip(weights, names)) for name in names]
        captions[row["id"]] = names[int(np.argmax(agreement))]
    write(captions)


if __name__ == "__main__":
    main()
