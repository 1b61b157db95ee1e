"""Arrays for the judge: in frames to the submission's room, in its answers, and in submitted files. Nothing is ever unpickled.

An array is raw little-endian bytes with a type (f2 f4 f8 i1 u1 i2 u2 i4 i8 bool) and a shape. Where numpy can be imported arrays
are numpy's, else memoryviews of the same shape, which have `tolist()` and can be indexed.
"""
import json
import math

FORMATS = {"f2": "e", "f4": "f", "f8": "d", "i1": "b", "u1": "B", "i2": "h", "u2": "H", "i4": "i", "i8": "q", "bool": "?"}
NAMES = {"e": "f2", "f": "f4", "d": "f8", "b": "i1", "B": "u1", "h": "i2", "H": "u2", "i": "i4", "l": "i8", "q": "i8", "?": "bool"}
WIDTHS = {"f2": 2, "f4": 4, "f8": 8, "i1": 1, "u1": 1, "i2": 2, "u2": 2, "i4": 4, "i8": 8, "bool": 1}
ALIGNMENT = 64
REPLY_BYTES_MAX = 1 << 28

try:
    import numpy
except ImportError:
    numpy = None


def size_of(name, shape):
    """The bytes of an array. ValueError for a type that there is not, or a shape with less than one element."""
    if name not in WIDTHS:
        raise ValueError("no such type of arrays: %r; there are %s" % (name, ", ".join(WIDTHS)))
    if not shape or not all(type(side) is int and side > 0 for side in shape):
        raise ValueError("a shape must be one or more whole numbers above 0, not %r" % (shape,))
    if name == "f2" and numpy is None:
        raise ValueError("f2 arrays need numpy: take an image that has it, and set judge.packages")
    return math.prod(shape) * WIDTHS[name]


def encoded(message):
    """The body of a frame: JSON, or where the message holds arrays a zero byte, a header, and the arrays' bytes."""
    arrays = []

    def mark(value):
        view = _view(value)
        if view.ndim == 0:
            return view.tolist()
        if view.format not in NAMES or view.nbytes == 0:
            raise TypeError("an array of the format %s and %d bytes cannot be sent" % (view.format, view.nbytes))
        arrays.append(view)
        return {"__array__": len(arrays) - 1}

    text = json.dumps(message, separators=(",", ":"), default=mark)
    if not arrays:
        return text.encode()
    described = [(NAMES[view.format], view.shape, view.nbytes) for view in arrays]
    header = ('{"arrays":%s,"message":%s}' % (json.dumps(described), text)).encode()
    parts = [_padded(b"\0" + len(header).to_bytes(4, "big") + header)]
    parts.extend(_padded(view.tobytes()) for view in arrays)
    return b"".join(parts)


def split(data, count, name, shape):
    """The arrays of one answer of the submission's room, of exactly the right length. ValueError where a number is not finite."""
    size = size_of(name, shape)
    view = memoryview(data)
    return [from_bytes(view[index * size : (index + 1) * size], name, shape) for index in range(count)]


def from_bytes(raw, name, shape):
    """An array over these bytes. ValueError where it holds NaN or an infinity, or a bool that is neither 0 nor 1."""
    shape = tuple(shape)
    if name == "bool" and any(value > 1 for value in bytes(raw)):
        raise ValueError("an array of bool holds values that are neither true nor false")
    if numpy is None:
        values = memoryview(raw).cast(FORMATS[name])
        if name[0] == "f" and not all(map(math.isfinite, values)):
            raise ValueError("an array holds NaN or an infinity")
        return values if len(shape) < 2 else memoryview(raw).cast(FORMATS[name], shape)
    values = numpy.frombuffer(raw, dtype=numpy.dtype(name).newbyteorder("<")).reshape(shape)
    if name[0] == "f" and not numpy.isfinite(values).all():
        raise ValueError("an array holds NaN or an infinity")
    return values


def _view(value):
    if numpy is not None and hasattr(value, "__array__"):
        value = numpy.ascontiguousarray(value) if getattr(value, "ndim", 0) > 0 else numpy.asarray(value)
        if value.dtype.byteorder == ">":
            value = value.astype(value.dtype.newbyteorder("<"))
    view = memoryview(value)
    return view if view.contiguous else memoryview(view.tobytes()).cast(view.format, view.shape)


def _padded(data):
    return data + b"\0" * (-len(data) % ALIGNMENT)
