"""Arrays in the harness's frames: raw little-endian bytes with a type and a shape, never a pickle.

What comes from the judge may hold arrays anywhere; where numpy can be imported they are numpy arrays, else memoryviews of the
same shape. What goes back is one array an answer, of the type and the shape that the judge asked for.
"""
import array

# Taken now: a submission that shares the process may put something else in its place.
from json import loads

FORMATS = {"f2": "e", "f4": "f", "f8": "d", "i1": "b", "u1": "B", "i2": "h", "u2": "H", "i4": "i", "i8": "q", "bool": "?"}
ALIGNMENT = 64


def numpy_or_none():
    """numpy, where the image has it and the task's packages may be used."""
    try:
        import numpy

        return numpy
    except ImportError:
        return None


def decoded(body):
    """The message of a frame's body. A body that begins with a zero byte has arrays behind its header."""
    if body[:1] != b"\0":
        return loads(body)
    body = bytearray(body)  # an agent's function may write into what it is given
    length = int.from_bytes(body[1:5], "big")
    header = loads(bytes(body[5 : 5 + length]))
    numpy = numpy_or_none()
    view = memoryview(body)
    offset = aligned(5 + length)
    arrays = []
    for name, shape, size in header["arrays"]:
        raw = view[offset : offset + size]
        offset += aligned(size)
        if numpy is None:
            arrays.append(raw.cast(FORMATS[name], shape) if shape else raw.cast(FORMATS[name]))
        else:
            arrays.append(numpy.frombuffer(raw, dtype=numpy.dtype(name).newbyteorder("<")).reshape(shape))
    return filled(header["message"], arrays)


def filled(value, arrays):
    """The message with its arrays in place of their marks."""
    if isinstance(value, list):
        return [filled(item, arrays) for item in value]
    if isinstance(value, dict):
        if list(value) == ["__array__"]:
            return arrays[value["__array__"]]
        return {key: filled(item, arrays) for key, item in value.items()}
    return value


def aligned(count):
    return -(-count // ALIGNMENT) * ALIGNMENT


def encoded(answers, name, shape):
    """The body of a frame that answers with one array of this type and shape for each call. ValueError where one is not that."""
    return b"\0" + b"".join(raw_bytes(answer, name, tuple(shape)) for answer in answers)


def raw_bytes(answer, name, shape):
    if hasattr(answer, "detach"):  # a tensor of torch that remembers its gradient
        answer = answer.detach().cpu()
    numpy = numpy_or_none()
    if numpy is None:
        return plain_bytes(answer, name, shape)
    given = numpy.asarray(answer)
    if given.shape != shape:
        raise ValueError("an answer has the shape %s, not %s" % (given.shape, shape))
    wanted = numpy.dtype(name).newbyteorder("<")
    if not numpy.can_cast(given.dtype, wanted, "same_kind"):
        raise ValueError("an answer is an array of %s, not of %s" % (given.dtype, name))
    return given.astype(wanted).tobytes()


def plain_bytes(answer, name, shape):
    """As raw_bytes, from lists, tuples, array.array and memoryviews, without numpy."""
    if isinstance(answer, memoryview):
        answer = answer.tolist()
    flat = []
    flatten(answer, shape, flat, shape)
    if name == "bool":
        return bytes(bool(value) for value in flat)
    if name == "f2":
        raise ValueError("f2 arrays need numpy, which this image does not have")
    if name[0] != "f" and not all(isinstance(value, int) for value in flat):
        raise ValueError("an answer holds numbers that are not whole, but must be an array of %s" % name)
    return array.array(FORMATS[name], flat).tobytes()


def flatten(value, shape, flat, whole):
    if not shape:
        flat.append(value)
        return
    if not hasattr(value, "__len__") or isinstance(value, (str, dict)) or len(value) != shape[0]:
        raise ValueError("an answer has not the shape %s" % (whole,))
    for item in value:
        flatten(item, shape[1:], flat, whole)
