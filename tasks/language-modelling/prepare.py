"""Lays out FineWeb's tokens: python3 prepare.py SOURCES OUT, where SOURCES holds fineweb_train_*.bin and fineweb_val_*.bin.

A shard is a header of 256 integers of 32 bits (the first three: 20240520, 1, the number of tokens), then tokens of 16 bits. OUT/public has the training
shards as they are; OUT/hidden has record.bin and validation.bin, the first tokens of the first validation shard and those after them, without a header.
"""
import os
import re
import shutil
import struct
import sys

MAGIC, VERSION = 20240520, 1
HEADER_BYTES = 1024
VOCABULARY = 50304
# As many tokens as MLGym measures its validation loss on, its first ones.
RECORD_TOKENS = 10 * 1024 * 1024
NAME = re.compile(r"fineweb_(train|val)_\d+\.bin\Z")


def checked(path):
    """The number of tokens of a shard whose header and length agree."""
    with open(path, "rb") as file:
        header = file.read(HEADER_BYTES)
    if len(header) < HEADER_BYTES:
        sys.exit("%s is shorter than a shard's header of %d bytes" % (path, HEADER_BYTES))
    magic, version, count = struct.unpack_from("<3i", header)
    if (magic, version) != (MAGIC, VERSION):
        sys.exit("%s begins with %d, version %d: a shard of tokens begins with %d, version %d" % (path, magic, version, MAGIC, VERSION))
    held = (os.path.getsize(path) - HEADER_BYTES) / 2
    if held != count:
        sys.exit("%s names %d tokens in its header, but holds %g" % (path, count, held))
    return count


def main(sources, out):
    shards = {"train": [], "val": []}
    for here, folders, files in os.walk(sources):
        folders.sort()
        for name in sorted(files):
            match = NAME.match(name)
            if match:
                path = os.path.join(here, name)
                shards[match.group(1)].append((name, path, checked(path)))
    for part, found in shards.items():
        if not found:
            sys.exit("%s: there is no fineweb_%s_*.bin in it" % (sources, part))
    for folder in ("public", "hidden"):
        os.makedirs(os.path.join(out, folder), exist_ok=True)
    for name, path, _ in shards["train"]:
        shutil.copyfile(path, os.path.join(out, "public", name))
    _, path, count = min(shards["val"])
    part = min(RECORD_TOKENS, count // 2)
    with open(path, "rb") as file:
        file.seek(HEADER_BYTES)
        for name in ("record", "validation"):
            tokens = file.read(2 * part)
            if max(memoryview(tokens).cast("H")) >= VOCABULARY:
                sys.exit("%s holds a token above %d" % (path, VOCABULARY - 1))
            with open(os.path.join(out, "hidden", name + ".bin"), "wb") as target:
                target.write(tokens)


if __name__ == "__main__":
    main(*sys.argv[1:])
