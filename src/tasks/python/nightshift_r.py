"""Reads the data files of R (rda, RData, rds, and a package's rdb with its rdx) without R. No code of such a file is ever run.

The format is the binary ("XDR") one of R's manual "R Internals", versions 2 and 3. Vectors, lists, factors and data frames are read;
functions and environments are stepped over where they stand as attributes, and byte code is refused.
"""
import bz2
import collections
import lzma
import struct
import zlib

UNPACKED_BYTES_MAX = 1 << 30
NA_INTEGER = -(1 << 31)
# R marks a missing number among the NaNs by these lower bits.
NA_REAL_LOW = 1954
LATIN1 = 1 << 2

# What R calls a value's kind, its items (missing ones are None), and its attributes by name.
Value = collections.namedtuple("Value", "kind items attributes")
NOTHING = Value("NULL", (), {})
CONSTANTS = (0, 241, 242, 250, 251, 252, 253, 254)


def read_r(path):
    """{name: Value} of an rda or RData file; the one value of an rds file has the name ''. ValueError where it is neither."""
    data = _unpacked(path)
    if data[:5] in (b"RDX2\n", b"RDX3\n"):
        return {name: value for name, value in _read(data[5:], path).items if name is not None}
    return {"": _read(data, path)}


def read_r_database(path, wanted=None):
    """{name: Value} of the objects that a package keeps in `path`, which ends in .rdb; its .rdx must lie beside it.

    `wanted`: the names to read; all of them where it is None. ValueError where one is not there.
    """
    if not path.endswith(".rdb"):
        raise ValueError("%s: must end in .rdb" % path)
    index_path = path[:-1] + "x"
    index = _named(_read(_unpacked(index_path), index_path))
    if "variables" not in index:
        raise ValueError("%s: not an index of R's: it has no variables" % index_path)
    with open(path, "rb") as file:
        data = file.read(UNPACKED_BYTES_MAX)
    places = _named(index["variables"])
    absent = sorted(set(wanted or ()) - set(places))
    if absent:
        raise ValueError("%s: has no %s" % (path, ", ".join(absent)))
    objects = {}
    for name, place in sorted(places.items()):
        if wanted is not None and name not in wanted:
            continue
        start, length = (int(number) for number in place.items)
        if start < 0 or length < 5 or start + length > len(data):
            raise ValueError("%s: %s would lie outside of the file" % (path, name))
        objects[name] = _read(_chunk(data[start : start + length], "%s: %s" % (path, name)), path)
    return objects


def data_frame(value):
    """{column: [values]} of a data frame: factors as their labels, what is missing as None. ValueError where it is none."""
    if value.kind != "list" or "data.frame" not in _texts(value.attributes.get("class", NOTHING)):
        raise ValueError("this is no data frame but a %s" % value.kind)
    names = _texts(value.attributes.get("names", NOTHING))
    columns = {name: _column(column) for name, column in zip(names, value.items)}
    if len(columns) != len(value.items) or len({len(column) for column in columns.values()}) > 1:
        raise ValueError("a data frame whose columns have no names of their own, or differ in length")
    return columns


def _column(value):
    levels = value.attributes.get("levels")
    if levels is not None and value.kind == "integer":
        labels = _texts(levels)
        return [None if code is None else labels[code - 1] for code in value.items]
    if value.kind not in ("logical", "integer", "numeric", "character"):
        raise ValueError("a column of kind %s cannot be written in a table" % value.kind)
    return list(value.items)


def _texts(value):
    return list(value.items) if value.kind == "character" else []


def _named(value):
    return dict(zip(_texts(value.attributes.get("names", NOTHING)), value.items))


def _unpacked(path):
    with open(path, "rb") as file:
        data = file.read(UNPACKED_BYTES_MAX)
    if data[:2] == b"\x1f\x8b":
        return _bounded(zlib.decompressobj(31), data, path)
    if data[:3] == b"BZh":
        return _bounded(bz2.BZ2Decompressor(), data, path)
    if data[:6] == b"\xfd7zXZ\x00":
        return _bounded(lzma.LZMADecompressor(), data, path)
    return data


def _chunk(data, place):
    size, kind = struct.unpack(">I", data[:4])[0], data[4:5]
    if kind == b"2":
        return _bounded(bz2.BZ2Decompressor(), data[5:], place)
    if kind == b"Z":
        filters = [{"id": lzma.FILTER_LZMA2, "preset": 6}]
        return _bounded(lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=filters), data[5:], place)
    if kind == b"0":
        return data[5:]
    unpacked = _bounded(zlib.decompressobj(), data[4:], place)
    if len(unpacked) != size:
        raise ValueError("%s: unpacks to %d bytes where %d are stated" % (place, len(unpacked), size))
    return unpacked


def _bounded(decompressor, data, place):
    try:
        unpacked = decompressor.decompress(data, UNPACKED_BYTES_MAX)
    except (zlib.error, OSError, EOFError, lzma.LZMAError) as error:
        raise ValueError("%s: cannot be unpacked: %s" % (place, error)) from error
    # Raw LZMA has no mark of its end that every writer sets.
    if not decompressor.eof and not isinstance(decompressor, lzma.LZMADecompressor):
        raise ValueError("%s: ends too early, or is larger than %d bytes when unpacked" % (place, UNPACKED_BYTES_MAX))
    return unpacked


def _read(data, place):
    try:
        return _Reader(data).whole()
    except (struct.error, IndexError, RecursionError, TypeError, KeyError, UnicodeDecodeError) as error:
        raise ValueError("%s: damaged, or not a data file of R's (%s)" % (place, error)) from error
    except ValueError as error:
        raise ValueError("%s: %s" % (place, error)) from error


class _Reader:
    """One pass over a serialized value."""

    def __init__(self, data):
        self.data = data
        self.position = 0
        self.references = []

    def whole(self):
        if self.take(2) != b"X\n":
            raise ValueError("not R's binary format; save it without ascii=TRUE")
        version = self.integer()
        self.take(8)
        if version == 3:
            self.take(self.integer())
        elif version != 2:
            raise ValueError("version %d of R's format is not read" % version)
        return self.item()

    def take(self, count):
        if count < 0 or self.position + count > len(self.data):
            raise ValueError("ends too early")
        self.position += count
        return self.data[self.position - count : self.position]

    def integer(self):
        return struct.unpack(">i", self.take(4))[0]

    def length(self):
        count = self.integer()
        return (self.integer() << 32) + self.integer() if count == -1 else count

    def item(self):
        return self.item_of(self.integer())

    def item_of(self, flags):
        kind, has_attributes = flags & 0xFF, bool(flags & 0x200)
        if kind in CONSTANTS:
            return NOTHING
        if kind in (2, 3, 5, 6):
            return self.pairs(flags)
        if kind == 1:
            return self.referred(Value("symbol", (self.item().items[0],), {}))
        if kind == 255:
            index = flags >> 8
            return self.references[(self.integer() if index == 0 else index) - 1]
        if kind == 9:
            return Value("text", (self.text(flags),), {})
        if kind == 4:
            return self.environment()
        if kind in (247, 248, 249):
            self.take(4)
            return self.referred(Value("reference", tuple(self.item() for _ in range(self.integer())), {}))
        if kind in (7, 8):
            return Value("function", (self.take(self.integer()),), {})
        if kind == 238:
            return self.compact()
        if kind == 22:
            pointer = self.referred(Value("pointer", (), {}))
            self.item(), self.item()
            return self.with_attributes(pointer, has_attributes)
        if kind == 25:
            return self.with_attributes(Value("object", (), {}), has_attributes)
        return self.with_attributes(self.vector(kind), has_attributes)

    def vector(self, kind):
        if kind not in (10, 13, 14, 15, 16, 19, 20, 24):
            raise ValueError("a value of R's type %d is not read" % kind)
        count = self.length()
        if kind in (10, 13):
            numbers = struct.unpack(">%di" % count, self.take(4 * count))
            if kind == 10:
                return Value("logical", [None if n == NA_INTEGER else n != 0 for n in numbers], {})
            return Value("integer", [None if n == NA_INTEGER else n for n in numbers], {})
        if kind in (14, 15):
            return Value("numeric" if kind == 14 else "complex", self.reals(count * (kind - 13)), {})
        if kind == 24:
            return Value("raw", self.take(count), {})
        if count > len(self.data) - self.position:
            raise ValueError("ends too early")
        if kind == 16:
            return Value("character", [self.item().items[0] for _ in range(count)], {})
        return Value("list", [self.item() for _ in range(count)], {})

    def reals(self, count):
        raw = self.take(8 * count)
        numbers = struct.unpack(">%dd" % count, raw)
        lows = struct.unpack(">%dI" % (2 * count), raw)[1::2]
        return [None if n != n and low == NA_REAL_LOW else n for n, low in zip(numbers, lows)]

    def text(self, flags):
        count = self.integer()
        if count == -1:
            return None
        return self.take(count).decode("latin-1" if (flags >> 12) & LATIN1 else "utf-8")

    def pairs(self, flags):
        """A linked list as [(tag or None, value)], read along its links without going deeper."""
        found, attributes, is_first = [], {}, True
        while flags & 0xFF in (2, 3, 5, 6):
            own = self.attributes() if flags & 0x200 else {}
            attributes = own if is_first else attributes
            tag = self.item() if flags & 0x400 else NOTHING
            found.append((tag.items[0] if tag.kind == "symbol" else None, self.item()))
            flags, is_first = self.integer(), False
        tail = self.item_of(flags)
        if tail is not NOTHING:
            found.append((None, tail))
        return Value("pairs", found, attributes)

    def environment(self):
        self.take(4)
        place = self.referred(Value("environment", (), {}))
        for _ in range(4):
            self.item()
        return place

    def compact(self):
        """Vectors that R keeps in a shorter form: sequences, numbers to be shown as text, and wrapped ones."""
        info, state, attributes = self.item(), self.item(), self.attributes()
        name = info.items[0][1].items[0]
        if name in ("compact_intseq", "compact_realseq"):
            count, first, step = state.items
            numbers = [first + step * index for index in range(int(count))]
            whole = name == "compact_intseq"
            return Value("integer" if whole else "numeric", [int(n) for n in numbers] if whole else numbers, attributes)
        inner = state.items[0][1] if state.kind == "pairs" else state.items[0]
        if name == "deferred_string":
            return Value("character", [_shown(number) for number in inner.items], attributes)
        if name.startswith("wrap_"):
            return Value(inner.kind, inner.items, attributes or inner.attributes)
        raise ValueError("the compact form %s is not read" % name)

    def with_attributes(self, value, has_attributes):
        return value._replace(attributes=self.attributes()) if has_attributes else value

    def attributes(self):
        found = self.item()
        return dict(found.items) if found.kind == "pairs" else {}

    def referred(self, value):
        self.references.append(value)
        return value


def _shown(number):
    if number is None:
        return None
    return "%.15g" % number
