"""Splits CIFAR-10: python3 prepare.py SOURCES OUT, where SOURCES holds cifar-10-binary.tar.gz. Nothing is unpickled.

Of the training pictures one in ten is for validation; the test pictures are the record. A picture stays as it comes: three planes, red, green
and blue, of 32 rows of 32 bytes.
"""
import re
import sys
import tarfile

from nightshift_data import find_source
from nightshift_pictures import write_picture_split

SECRET = "cifar10/e83b15a9"
VALIDATION_SHARE = 0.1
SHAPE = (3, 32, 32)
PICTURE_BYTES = 3 * 32 * 32
CLASSES = 10
BATCH_BYTES_MAX = 1 << 26
BATCH = re.compile(r"(?:.*/)?(data_batch_[1-5]|test_batch)\.bin")


def read_batches(path):
    """{name of the batch: its bytes}"""
    batches = {}
    with tarfile.open(path) as archive:
        for member in archive:
            name = BATCH.fullmatch(member.name)
            if name and member.isfile():
                if member.size > BATCH_BYTES_MAX:
                    raise ValueError("%s: %s has %d bytes, more than %d" % (path, member.name, member.size, BATCH_BYTES_MAX))
                batches[name.group(1)] = archive.extractfile(member).read()
    wanted = {"test_batch", *("data_batch_%d" % number for number in range(1, 6))}
    if set(batches) != wanted:
        raise ValueError("%s: has no %s" % (path, ", ".join(sorted(wanted - set(batches)))))
    return batches


def pictures(path, name, data):
    """(images, labels) of a batch: records of a label's byte and a picture's."""
    size = 1 + PICTURE_BYTES
    if len(data) % size or not data:
        raise ValueError("%s: %s.bin has %d bytes, which is no number of records of %d" % (path, name, len(data), size))
    labels = list(data[::size])
    if max(labels) >= CLASSES:
        raise ValueError("%s: %s.bin has the label %d; they go from 0 to %d" % (path, name, max(labels), CLASSES - 1))
    return b"".join(data[at + 1 : at + size] for at in range(0, len(data), size)), labels


def main(sources, out):
    path = find_source(sources, "/cifar-10-binary.tar.gz")
    read = {name: pictures(path, name, data) for name, data in sorted(read_batches(path).items())}

    def joined(names):
        labels = [label for name in names for label in read[name][1]]
        return ("u1", (len(labels), *SHAPE), b"".join(read[name][0] for name in names)), labels

    training = [name for name in read if name != "test_batch"]
    write_picture_split(out, joined(training), joined(["test_batch"]), VALIDATION_SHARE, SECRET)


if __name__ == "__main__":
    main(*sys.argv[1:])
