"""The baseline: every picture gets the name of the training picture with the nearest mean colour."""
import numpy as np
from chrf import chrf_of_one
from pictures import pixels, rows, write


def features(images):
    return images.mean(axis=(1, 2))


def nearest(known, asked):
    """For each row of `asked` the index of the nearest row of `known`."""
    return [int(np.argmin(((known - one) ** 2).sum(axis=1))) for one in asked]


def main():
    table, images = rows("train.csv"), pixels("train.npy")
    cut = len(table) * 4 // 5
    found = nearest(features(images[:cut]), features(images[cut:]))
    scores = [chrf_of_one(table[index]["name"], row["name"]) for index, row in zip(found, table[cut:])]
    print("chrF on held-out training pictures: %.4f" % np.mean(scores))
    found = nearest(features(images), features(pixels("test.npy")))
    write({row["id"]: table[index]["name"] for row, index in zip(rows("test.csv"), found)})


if __name__ == "__main__":
    main()
