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
import zlib

SEED = 20261
SIDE = 32
BLOCK = 4
# The font's bitmaps are 136 x 128; the outer columns are empty, or nearly so.
LEFT = 4
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


class Font:
    """The bitmaps of a font with the tables cmap (format 12), CBLC and CBDT (formats 1 and 17)."""

    def __init__(self, path):
        with open(path, "rb") as file:
            self.data = file.read()
        count = struct.unpack_from(">H", self.data, 4)[0]
        self.tables = {}
        for index in range(count):
            tag, _, offset, _ = struct.unpack_from(">4sLLL", self.data, 12 + 16 * index)
            self.tables[tag] = offset
        self.glyphs = self._read_cmap()
        self.bitmaps = self._read_bitmaps()

    def _read_cmap(self):
        at = self.tables[b"cmap"]
        for index in range(struct.unpack_from(">H", self.data, at + 2)[0]):
            start = at + struct.unpack_from(">L", self.data, at + 4 + 8 * index + 4)[0]
            if struct.unpack_from(">H", self.data, start)[0] == 12:
                groups = struct.unpack_from(">L", self.data, start + 12)[0]
                glyphs = {}
                for group in range(groups):
                    first, last, glyph = struct.unpack_from(">LLL", self.data, start + 16 + 12 * group)
                    glyphs.update((code, glyph + code - first) for code in range(first, last + 1))
                return glyphs
        sys.exit("the font has no cmap of format 12")

    def _read_bitmaps(self):
        """{glyph: where its PNG begins and how long it is}"""
        locations, bitmaps = self.tables[b"CBLC"], {}
        arrays, _, count = struct.unpack_from(">LLL", self.data, locations + 8)
        for index in range(count):
            first, last, offset = struct.unpack_from(">HHL", self.data, locations + arrays + 8 * index)
            table = locations + arrays + offset
            index_format, image_format, images = struct.unpack_from(">HHL", self.data, table)
            if (index_format, image_format) != (1, 17):
                sys.exit("the font's bitmaps are of the formats %d and %d, not 1 and 17" % (index_format, image_format))
            for glyph in range(first, last + 1):
                start, end = struct.unpack_from(">LL", self.data, table + 8 + 4 * (glyph - first))
                if end > start:
                    at = self.tables[b"CBDT"] + images + start
                    bitmaps[glyph] = (at + 9, struct.unpack_from(">L", self.data, at + 5)[0])
        return bitmaps

    def png(self, code):
        glyph = self.glyphs.get(code)
        if glyph not in self.bitmaps:
            return None
        at, length = self.bitmaps[glyph]
        return self.data[at : at + length]


def paeth(left, up, corner):
    guess = left + up - corner
    return min((left, up, corner), key=lambda value: abs(guess - value))


def unfiltered(data, height, row_bytes, step):
    """The rows of a PNG's data, of `step` bytes a pixel, with the filters of each row undone."""
    above, rows = bytearray(row_bytes), []
    for number in range(height):
        at = number * (row_bytes + 1)
        kind, row = data[at], bytearray(data[at + 1 : at + 1 + row_bytes])
        for place in range(row_bytes if kind else 0):
            left = row[place - step] if place >= step else 0
            up = above[place]
            corner = above[place - step] if place >= step else 0
            guess = (left, up, (left + up) // 2, paeth(left, up, corner))[kind - 1]
            row[place] = (row[place] + guess) & 255
        rows.append(bytes(row))
        above = row
    return rows


def channels(png):
    """The rows of a PNG over white, as three lists of rows of bytes; None for a kind of PNG that the font has few of."""
    parts, at = {}, 8
    while at < len(png):
        length, name = struct.unpack_from(">L4s", png, at)
        parts[name] = parts.get(name, b"") + png[at + 8 : at + 8 + length]
        at += 12 + length
    width, height, depth, kind = struct.unpack_from(">LLBB", parts[b"IHDR"])
    if (width, height, depth, kind) != (136, 128, 8, 3):
        return None
    rows = unfiltered(zlib.decompress(parts[b"IDAT"]), height, width, 1)
    palette, alphas = parts[b"PLTE"], parts.get(b"tRNS", b"").ljust(256, b"\xff")
    tables = []
    for channel in range(3):
        table = bytearray(256)
        for index in range(len(palette) // 3):
            alpha = alphas[index]
            table[index] = (palette[3 * index + channel] * alpha + 255 * (255 - alpha) + 127) // 255
        tables.append(bytes(table))
    return [[row.translate(table) for row in rows] for table in tables]


def picture(png):
    """SIDE x SIDE x 3 bytes, or None."""
    planes = channels(png)
    if planes is None:
        return None
    shrunk = []
    for rows in planes:
        plane = bytearray()
        for top in range(0, SIDE * BLOCK, BLOCK):
            sums = [0] * SIDE
            for row in rows[top : top + BLOCK]:
                for shift in range(LEFT, LEFT + BLOCK):
                    sums = list(map(int.__add__, sums, row[shift : LEFT + SIDE * BLOCK : BLOCK]))
            plane.extend((value + 8) // (BLOCK * BLOCK) for value in sums)
        shrunk.append(plane)
    return bytes(value for pixel in zip(*shrunk) for value in pixel)


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
