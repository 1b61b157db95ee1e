"""For prepare scripts: the bitmaps of the font Noto Color Emoji as small pictures, from the standard library alone."""
import struct
import zlib

SIDE = 32
BLOCK = 4
# The font's bitmaps are 136 x 128; the outer columns are empty, or nearly so.
LEFT = 4


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
        self.glyphs = self._read_cmap(path)
        self.bitmaps = self._read_bitmaps(path)

    def _read_cmap(self, path):
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
        raise ValueError("%s: has no cmap of format 12" % path)

    def _read_bitmaps(self, path):
        """{glyph: where its PNG begins and how long it is}"""
        locations, bitmaps = self.tables[b"CBLC"], {}
        arrays, _, count = struct.unpack_from(">LLL", self.data, locations + 8)
        for index in range(count):
            first, last, offset = struct.unpack_from(">HHL", self.data, locations + arrays + 8 * index)
            table = locations + arrays + offset
            index_format, image_format, images = struct.unpack_from(">HHL", self.data, table)
            if (index_format, image_format) != (1, 17):
                raise ValueError("%s: has bitmaps of the formats %d and %d, not 1 and 17" % (path, index_format, image_format))
            for glyph in range(first, last + 1):
                start, end = struct.unpack_from(">LL", self.data, table + 8 + 4 * (glyph - first))
                if end > start:
                    at = self.tables[b"CBDT"] + images + start
                    bitmaps[glyph] = (at + 9, struct.unpack_from(">L", self.data, at + 5)[0])
        return bitmaps

    def png(self, code):
        """The PNG file of a code point, or None."""
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
    """A PNG of the font as SIDE x SIDE x 3 bytes, over white; None for a kind that the font has few of."""
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
