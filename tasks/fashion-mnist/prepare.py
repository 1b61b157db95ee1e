"""Splits Fashion-MNIST: python3 prepare.py SOURCES OUT, where SOURCES holds the four IDX files, packed.

Of the training pictures one in twelve is for validation; the test pictures are the record.
"""
import sys

from nightshift_data import find_source, read_idx
from nightshift_pictures import write_picture_split

# An order that agents do not know; changing it changes which pictures validate.
SECRET = "fashion-mnist/7c1d0b52"
VALIDATION_SHARE = 1 / 12
CLASSES = 10


def read_pair(sources, part):
    """(images, labels) of a part of the set; labels as a list of numbers."""
    paths = [find_source(sources, "/%s-%s-ubyte.gz" % (part, kind)) for kind in ("images-idx3", "labels-idx1")]
    images, labels = map(read_idx, paths)
    if images[0] != "u1" or len(images[1]) != 3 or labels[0] != "u1" or labels[1] != images[1][:1]:
        raise ValueError("%s and %s are not pictures and as many labels" % tuple(paths))
    if max(labels[2]) >= CLASSES:
        raise ValueError("%s: the label %d; they go from 0 to %d" % (paths[1], max(labels[2]), CLASSES - 1))
    return images, list(labels[2])


if __name__ == "__main__":
    _, given, out = sys.argv
    write_picture_split(out, read_pair(given, "train"), read_pair(given, "t10k"), VALIDATION_SHARE, SECRET)
