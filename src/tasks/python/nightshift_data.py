"""For prepare scripts: reads IDX, ARFF and R's data files, splits rows by a keyed hash, and writes CSV and npz. The standard library only.

What is written is the same bytes on every machine: no times, no order of a file system, no locale. What cannot be read is a ValueError
or an OSError that names the file.
"""
import bz2
import csv
import gzip
import hashlib
import hmac
import io
import lzma
import math
import os
import struct
import zipfile

from nightshift_r import data_frame, read_r, read_r_database  # noqa: F401 (part of what this module offers)

READ_BYTES_MAX = 1 << 31
# An IDX header: two zero bytes, the type of the values, the number of sides. Type -> (the name of npz's types, bytes, format).
IDX_TYPES = {8: ("u1", 1, "B"), 9: ("i1", 1, "b"), 11: ("i2", 2, "h"), 12: ("i4", 4, "i"), 13: ("f4", 4, "f"), 14: ("f8", 8, "d")}
NPY_TYPES = {"u1": ("|u1", 1), "i1": ("|i1", 1), "bool": ("|b1", 1), "u2": ("<u2", 2), "i2": ("<i2", 2), "u4": ("<u4", 4),
             "i4": ("<i4", 4), "i8": ("<i8", 8), "f2": ("<f2", 2), "f4": ("<f4", 4), "f8": ("<f8", 8)}
# What zip can say of a time at the earliest: the same in every file.
ZIP_TIME = (1980, 1, 1, 0, 0, 0)


def find_source(folder, ending):
    """The one file below the sources whose path ends like this. ValueError where there is none, or more than one."""
    found = []
    for place, folders, names in os.walk(folder):
        folders.sort()
        found.extend(os.path.join(place, name) for name in sorted(names))
    wanted = [path for path in found if ("/" + os.path.relpath(path, folder).replace(os.sep, "/")).endswith(ending)]
    if len(wanted) != 1:
        raise ValueError("there are %d files that end in %r among the sources in %s" % (len(wanted), ending, folder))
    return wanted[0]


def read_bytes(path, bytes_max=READ_BYTES_MAX):
    """A file's content, unpacked where it is gzip, bzip2 or xz by its first bytes, whatever its name."""
    with open(path, "rb") as file:
        start = file.read(6)
    openers = ((b"\x1f\x8b", gzip.open), (b"BZh", bz2.open), (b"\xfd7zXZ\x00", lzma.open))
    opener = next((known for magic, known in openers if start.startswith(magic)), open)
    try:
        with opener(path, "rb") as file:
            data = file.read(bytes_max + 1)
    except (EOFError, OSError, lzma.LZMAError) as error:
        raise ValueError("%s: cannot be unpacked: %s" % (path, error)) from error
    if len(data) > bytes_max:
        raise ValueError("%s: more than %d bytes when unpacked" % (path, bytes_max))
    return data


def read_idx(path):
    """The array of an IDX file, plain or packed: (type, shape, bytes), little-endian, as `write_npz` takes it."""
    data = read_bytes(path)
    if len(data) < 4 or data[:2] != b"\0\0" or data[2] not in IDX_TYPES or data[3] == 0:
        raise ValueError("%s: not an IDX file" % path)
    name, width, form = IDX_TYPES[data[2]]
    sides = data[3]
    start = 4 + 4 * sides
    if len(data) < start:
        raise ValueError("%s: ends in its header" % path)
    shape = struct.unpack(">%dI" % sides, data[4:start])
    count = math.prod(shape)
    if len(data) - start != count * width:
        raise ValueError("%s: has %d bytes of values where its shape %s asks for %d" % (path, len(data) - start, shape, count * width))
    values = data[start:]
    if width > 1:
        values = struct.pack("<%d%s" % (count, form), *struct.unpack(">%d%s" % (count, form), values))
    return name, shape, values


def take(array, indexes):
    """The chosen entries of an array along its first side, in this order."""
    name, shape, values = array
    size = NPY_TYPES[name][1] * math.prod(shape[1:])
    view = memoryview(values)
    chosen = b"".join(view[index * size : (index + 1) * size] for index in indexes)
    return name, (len(indexes),) + tuple(shape[1:]), chosen


def read_arff(path):
    """(names, rows) of an ARFF file's dense table; a missing value is None, every other one its text without quotes."""
    names, rows, in_data = [], [], False
    for number, line in enumerate(io.StringIO(read_bytes(path).decode("utf-8", "replace")), 1):
        text = line.strip()
        if text == "" or text.startswith("%"):
            continue
        if in_data:
            if text.startswith("{"):
                raise ValueError("%s:%d: sparse rows are not read" % (path, number))
            row = _arff_values(text, "%s:%d" % (path, number))
            if len(row) != len(names):
                raise ValueError("%s:%d: has %d values where there are %d attributes" % (path, number, len(row), len(names)))
            rows.append(row)
            continue
        word = text.split(None, 1)[0].lower()
        if word == "@attribute":
            names.append(_arff_name(text[len(word) :].strip(), "%s:%d" % (path, number)))
        elif word == "@data":
            in_data = True
        elif word != "@relation":
            raise ValueError("%s:%d: neither @relation, @attribute nor @data: %.60r" % (path, number, text))
    if not in_data:
        raise ValueError("%s: not an ARFF file: it has no @data" % path)
    return names, rows


def fraction_of(row_id, secret):
    """A number from 0 up to 1 that depends on this id and the secret alone: shares of a split stay where rows come and go."""
    digest = hmac.new(secret.encode(), str(row_id).encode(), hashlib.sha256).digest()
    return int.from_bytes(digest[:7], "big") / (1 << 56)


def split_ids(ids, secret, sizes):
    """Sorts ids by a keyed hash and cuts them: {part: [ids]} of exactly these sizes, each in the order given; None: what is left.

    ValueError where an id comes twice, or there are too few.
    """
    if len(set(ids)) != len(ids):
        raise ValueError("an id comes twice: a split needs ids that differ")
    counted = sum(size for size in sizes.values() if size is not None)
    rest = len(ids) - counted
    if rest < 0:
        raise ValueError("%d ids cannot be split into parts of %d" % (len(ids), counted))
    if sum(size is None for size in sizes.values()) > 1:
        raise ValueError("only one part of a split can be what is left")
    order = sorted(ids, key=lambda row_id: (fraction_of(row_id, secret), str(row_id)))
    parts, start = {}, 0
    for name, size in sizes.items():
        end = start + (rest if size is None else size)
        chosen = set(order[start:end])
        parts[name] = [row_id for row_id in ids if row_id in chosen]
        start = end
    return parts


def write_csv(path, names, rows):
    """Writes a table, with its folders: UTF-8, one line feed a row, None as an empty value, floats as Python writes them."""
    _make_room(path)
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(names)
        for number, row in enumerate(rows, 1):
            if len(row) != len(names):
                raise ValueError("%s: row %d has %d values where there are %d columns" % (path, number, len(row), len(names)))
            writer.writerow(["" if value is None else value for value in row])


def write_npz(path, arrays):
    """Writes {name: (type, shape, bytes)} as numpy's npz. ValueError where the bytes are not as many as the shape asks for.

    Not packed: two versions of zlib pack the same bytes differently, and the hash of what is prepared would differ with them.
    """
    _make_room(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, (kind, shape, values) in arrays.items():
            entry = zipfile.ZipInfo(name + ".npy", ZIP_TIME)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, npy_bytes(kind, shape, values))


def npy_bytes(kind, shape, values):
    """One array as numpy's npy file, version 1.0."""
    if kind not in NPY_TYPES:
        raise ValueError("no such type of arrays: %r; there are %s" % (kind, ", ".join(NPY_TYPES)))
    described, width = NPY_TYPES[kind]
    if len(values) != width * math.prod(shape):
        raise ValueError("%d bytes are no array of %s with the shape %s" % (len(values), kind, tuple(shape)))
    sides = "".join("%d," % side for side in shape) if len(shape) == 1 else ", ".join(map(str, shape))
    header = "{'descr': '%s', 'fortran_order': False, 'shape': (%s), }" % (described, sides)
    header += " " * (-(len(header) + 11) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode("ascii") + bytes(values)


def _arff_name(text, place):
    if text[:1] in ("'", '"'):
        end = text.find(text[0], 1)
        if end > 0:
            return text[1:end]
    elif text:
        return text.split(None, 1)[0]
    raise ValueError("%s: an attribute without a name" % place)


def _arff_values(text, place):
    values, position = [], 0
    while True:
        while text[position : position + 1] in (" ", "\t"):
            position += 1
        quote = text[position : position + 1]
        if quote in ("'", '"') and quote:
            value, position = _arff_quoted(text, position, quote, place)
        else:
            end = text.find(",", position)
            end = len(text) if end < 0 else end
            value = text[position:end].strip()
            value = None if value == "?" else value
            position = end
        values.append(value)
        while text[position : position + 1] in (" ", "\t"):
            position += 1
        if position >= len(text):
            return values
        if text[position] != ",":
            raise ValueError("%s: a comma is missing at character %d" % (place, position + 1))
        position += 1


def _arff_quoted(text, position, quote, place):
    letters = []
    position += 1
    while position < len(text):
        letter = text[position]
        if letter == "\\" and position + 1 < len(text):
            letters.append(text[position + 1])
            position += 2
        elif letter == quote:
            return "".join(letters), position + 1
        else:
            letters.append(letter)
            position += 1
    raise ValueError("%s: a quoted value does not end" % place)


def _make_room(path):
    folder = os.path.dirname(path)
    if folder:
        os.makedirs(folder, exist_ok=True)
