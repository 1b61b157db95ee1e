"""Reads pictures and captions, and writes predictions."""
import csv
import os

import numpy as np
from PIL import Image

DATA = os.environ.get("DATA", "/data")


def rows(name):
    """The rows of train.csv (image_id, file, width, height, caption; one a caption) or test.csv (without captions)."""
    with open(os.path.join(DATA, name), encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def by_picture(table):
    """[(row of the picture, [its captions])] of the training table, in its order."""
    found = {}
    for row in table:
        found.setdefault(row["image_id"], (row, []))[1].append(row["caption"])
    return list(found.values())


def thumbnail(row, side):
    """A picture made side x side x 3 numbers from 0 to 1."""
    with Image.open(os.path.join(DATA, row["file"])) as image:
        image.draft("RGB", (side, side))
        return np.asarray(image.convert("RGB").resize((side, side), Image.BILINEAR), dtype=np.float32) / 255


def write(captions):
    """Writes submission.csv from {image_id: caption}."""
    with open("submission.csv", "w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([("image_id", "caption"), *captions.items()])
