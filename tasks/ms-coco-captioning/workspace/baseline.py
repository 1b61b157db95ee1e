"""The baseline: every picture gets a caption of the training picture with the most alike colours, among some thousands."""
import numpy as np
from bleu import bleu
from pictures import by_picture, rows, thumbnail, write

PICTURES_KNOWN = 4_000
SIDE = 4


def features(pictures):
    return np.stack([thumbnail(row, SIDE).ravel() for row in pictures])


def nearest(known, asked):
    """For each row of `asked` the index of the nearest row of `known`."""
    return [int(np.argmin(((known - one) ** 2).sum(axis=1))) for one in asked]


def main():
    train, test = by_picture(rows("train.csv"))[:PICTURES_KNOWN], rows("test.csv")
    known = features([row for row, _ in train])
    cut = len(train) * 9 // 10
    found = nearest(known[:cut], known[cut:])
    score = bleu([train[index][1][0] for index in found], [captions for _, captions in train[cut:]])
    print("BLEU-4 on held-out training pictures: %.4f" % score)
    found = nearest(known, features(test))
    write({row["image_id"]: train[index][1][0] for row, index in zip(test, found)})


if __name__ == "__main__":
    main()
