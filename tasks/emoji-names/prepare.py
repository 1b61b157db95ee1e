"""Makes pictures and names of emoji out of the font Noto Color Emoji and the annotations of Unicode's CLDR.

python3 prepare.py SOURCES OUT writes OUT/public (train.csv, train.npy, test.csv, test.npy) and OUT/hidden (answers.csv). A picture is the
font's own bitmap of one code point, over white, averaged down to 32 x 32 pixels.
"""
import csv
import os
import random
import struct
import sys
import xml.etree.ElementTree as xml

from nightshift_emoji import SIDE, Font, picture

SEED = 20261
SHARES = (("train", 0.6), ("validation", 0.72), ("record", 1.01))
# Letters, digits and marks of the font are no pictures.
FIRST_CODE_POINT = 0x203C


def find(folder, *places):
    """The one file that lies under one of these paths, or one that ends in them."""
    for here, folders, files in os.walk(folder):
        folders.sort()
        for path in (os.path.join(here, name) for name in sorted(files)):
            if path.replace(os.sep, "/").endswith(places):
                return path
    sys.exit("%s: there is no %s in it" % (folder, places[0]))


def annotations(path):
    """{code point: (name, [keywords])} of all single code points that have both."""
    names, keywords = {}, {}
    for node in xml.parse(path).getroot().iter("annotation"):
        text = node.get("cp")
        if len(text) == 1 and ord(text) >= FIRST_CODE_POINT:
            if node.get("type") == "tts":
                names[ord(text)] = node.text.strip()
            else:
                keywords[ord(text)] = [word.strip() for word in node.text.split("|")]
    return {code: (name, keywords[code]) for code, name in sorted(names.items()) if code in keywords}


def write_npy(path, pictures):
    header = "{'descr': '|u1', 'fortran_order': False, 'shape': (%d, %d, %d, 3), }" % (len(pictures), SIDE, SIDE)
    header = header.ljust(-(-(len(header) + 11) // 64) * 64 - 11) + "\n"
    with open(path, "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode())
        file.write(b"".join(pictures))


def main(sources, out):
    font = Font(find(sources, "/NotoColorEmoji.ttf"))
    rng = random.Random(SEED)
    parts = {"train": [], "test": []}
    for code, (name, keywords) in annotations(find(sources, "annotations/en.xml")).items():
        png = font.png(code)
        pixels = png and picture(png)
        if not pixels:
            continue
        drawn = rng.random()
        split = next(split for split, until in SHARES if drawn < until)
        words = [word for word in keywords if word != name]
        parts["train" if split == "train" else "test"].append((rng.random(), pixels, name, "|".join(words), split))
    for folder in ("public", "hidden"):
        os.makedirs(os.path.join(out, folder), exist_ok=True)

    def write(path, header, lines):
        with open(os.path.join(out, path), "w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([header, *lines])

    for part, items in parts.items():
        items.sort()
        write_npy(os.path.join(out, "public", part + ".npy"), [pixels for _, pixels, _, _, _ in items])
    train, test = parts["train"], parts["test"]
    write("public/train.csv", ["id", "name", "keywords"], [["t%04d" % n, *item[2:4]] for n, item in enumerate(train)])
    write("public/test.csv", ["id"], [["q%04d" % n] for n in range(len(test))])
    write("hidden/answers.csv", ["id", "name", "keywords", "phase"], [["q%04d" % n, *item[2:]] for n, item in enumerate(test)])


if __name__ == "__main__":
    main(*sys.argv[1:])
