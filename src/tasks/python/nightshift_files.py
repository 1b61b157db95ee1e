"""Arrays in submitted files, read warily: npz without pickles, and safetensors.

Everything that a file says about itself is held against bounds before it is believed: names once each, sizes before anything is
unpacked, types from a list. Nothing is evaluated and nothing is unpickled. ValueError has the sentence for the agent.
"""
import io
import json
import math
import re
import zipfile
import zlib

import nightshift_arrays

NAMES_MAX = 1000
NAME_CHARS_MAX = 200
HEADER_BYTES_MAX = 1 << 20
NPY_HEADER = re.compile(
    r"\{'descr': '([<>|=][A-Za-z][0-9]*)', 'fortran_order': (True|False), 'shape': \(((?:[0-9]{1,12},? ?)*)\), *\}\s*"
)
NPY_TYPES = {
    "<f2": "f2", "<f4": "f4", "<f8": "f8", "|i1": "i1", "|u1": "u1",
    "<i2": "i2", "<u2": "u2", "<i4": "i4", "<i8": "i8", "|b1": "bool",
}  # fmt: skip
SAFE_TYPES = {
    "F16": "f2", "F32": "f4", "F64": "f8", "I8": "i1", "U8": "u1",
    "I16": "i2", "U16": "u2", "I32": "i4", "I64": "i8", "BOOL": "bool",
}  # fmt: skip


def npz(data, bytes_max):
    """The arrays of an npz file by name, as (type, shape, bytes)."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, RuntimeError, NotImplementedError, EOFError) as error:
        raise ValueError("it is no npz file: %s" % error) from None
    if len(entries) > NAMES_MAX:
        raise ValueError("it holds %d arrays, at most %d may be" % (len(entries), NAMES_MAX))
    arrays = {}
    left = bytes_max
    for entry in entries:
        name = checked_name(entry.filename[:-4] if entry.filename.endswith(".npy") else None, entry.filename, arrays)
        if entry.flag_bits & 1 or entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise ValueError("%r is encrypted, or packed in a way that npz files are not" % name)
        if entry.file_size > left:
            raise ValueError("its arrays are larger than %d bytes unpacked" % bytes_max)
        try:
            with archive.open(entry) as file:
                content = file.read(entry.file_size + 1)
        except (zipfile.BadZipFile, ValueError, OSError, RuntimeError, NotImplementedError, EOFError, zlib.error) as error:
            raise ValueError("%r is damaged: %s" % (name, error)) from None
        if len(content) != entry.file_size:
            raise ValueError("%r is damaged: it is not as long as it says" % name)
        left -= len(content)
        arrays[name] = npy(content, name)
    return arrays


def npy(content, name):
    """One array of an npz file, as (type, shape, bytes)."""
    if content[:6] != b"\x93NUMPY" or content[6:8] not in (b"\1\0", b"\2\0", b"\3\0"):
        raise ValueError("%r is no array" % name)
    size = 2 if content[6] == 1 else 4
    start = 8 + size
    length = int.from_bytes(content[8:start], "little")
    header = NPY_HEADER.fullmatch(content[start : start + min(length, HEADER_BYTES_MAX)].decode("latin-1"))
    if header is None:
        if b"'descr': '|O'" in content[start : start + 64] or b"'descr': 'O'" in content[start : start + 64]:
            raise ValueError("%r holds Python objects, which nobody unpickles here; save plain numbers" % name)
        raise ValueError("%r is not a plain array of numbers" % name)
    kind, order, sides = header.groups()
    if kind not in NPY_TYPES:
        what = "holds Python objects, which nobody unpickles here" if kind == "|O" else "is an array of %s" % kind
        raise ValueError("%r %s; save it as one of %s" % (name, what, " ".join(NPY_TYPES)))
    shape = tuple(int(side) for side in sides.replace(",", " ").split())
    if order == "True" and len(shape) > 1:
        raise ValueError("%r is in column order; save numpy.ascontiguousarray of it" % name)
    return sized(name, NPY_TYPES[kind], shape, content[start + length :])


def safetensors(data, bytes_max):
    """The tensors of a safetensors file by name, as (type, shape, bytes)."""
    if len(data) > bytes_max:
        raise ValueError("it is larger than %d bytes" % bytes_max)
    length = int.from_bytes(data[:8], "little")
    if len(data) < 8 or length > min(HEADER_BYTES_MAX, len(data) - 8):
        raise ValueError("it is no safetensors file: its header is longer than it may be")
    try:
        header = json.loads(data[8 : 8 + length].decode("utf-8"), object_pairs_hook=once)
    except (ValueError, RecursionError) as error:
        raise ValueError("it is no safetensors file: its header %s" % (error if type(error) is Twice else "is no JSON")) from None
    if type(header) is not dict:
        raise ValueError("it is no safetensors file: its header is no object")
    header.pop("__metadata__", None)
    if len(header) > NAMES_MAX:
        raise ValueError("it holds %d tensors, at most %d may be" % (len(header), NAMES_MAX))
    body = memoryview(data)[8 + length :]
    end = 0
    arrays = {}
    for name, about in sorted(header.items(), key=lambda item: offsets_of(*item)):
        checked_name(name, name, arrays)
        start, stop = offsets_of(name, about)
        shape = about.get("shape")
        if start != end or stop > len(body):
            raise ValueError("the tensors do not follow each other without gaps: %r" % name)
        if about.get("dtype") not in SAFE_TYPES:
            raise ValueError("%r must be one of %s" % (name, " ".join(SAFE_TYPES)))
        if type(shape) is not list or not all(type(side) is int and 0 <= side < 1 << 40 for side in shape):
            raise ValueError("%r has no shape" % name)
        arrays[name] = sized(name, SAFE_TYPES[about["dtype"]], tuple(shape), body[start:stop])
        end = stop
    if end != len(body):
        raise ValueError("there are %d bytes after the last tensor" % (len(body) - end))
    return arrays


class Twice(ValueError):
    pass


def once(pairs):
    found = {}
    for name, value in pairs:
        if name in found:
            raise Twice("names %r twice" % name[:NAME_CHARS_MAX])
        found[name] = value
    return found


def offsets_of(name, about):
    offsets = about.get("data_offsets") if type(about) is dict else None
    if type(offsets) is not list or len(offsets) != 2 or not all(type(one) is int and one >= 0 for one in offsets):
        raise ValueError("%r has no offsets" % name[:NAME_CHARS_MAX])
    if offsets[0] > offsets[1]:
        raise ValueError("%r ends before it starts" % name[:NAME_CHARS_MAX])
    return tuple(offsets)


def checked_name(name, whole, known):
    if not name or len(name) > NAME_CHARS_MAX or not name.isprintable():
        raise ValueError("it holds %r, which is no array" % whole[:NAME_CHARS_MAX])
    if name in known:
        raise ValueError("it holds %r twice" % name)
    return name


def sized(name, kind, shape, content):
    if len(content) != math.prod(shape) * nightshift_arrays.WIDTHS[kind]:
        raise ValueError("%r has %d bytes of data, which is not its shape %s of %s" % (name, len(content), shape, kind))
    return kind, shape, content


def fitting(arrays, wanted):
    """The arrays by name, each as `wanted` says: {name: (type, shape)}, None for a side of any length; None: whatever there is."""
    if wanted is not None and set(arrays) != set(wanted):
        missing = sorted(set(wanted) - set(arrays))
        foreign = sorted(set(arrays) - set(wanted))
        raise ValueError("it lacks %s" % missing if missing else "it holds %s, which was not asked for" % foreign[:5])
    found = {}
    for name, (kind, shape, content) in arrays.items():
        if wanted is not None:
            asked_kind, asked_shape = wanted[name]
            fits = len(shape) == len(asked_shape) and all(b in (None, a) for a, b in zip(shape, asked_shape))
            if kind != asked_kind or not fits:
                text = "(%s)" % ", ".join("any" if side is None else str(side) for side in asked_shape)
                raise ValueError("%r is %s of %s, not %s of %s" % (name, shape, kind, text, asked_kind))
        if not shape or 0 in shape:
            raise ValueError("%r is empty, or a single number: give it at least one side" % name)
        try:
            found[name] = nightshift_arrays.from_bytes(content, kind, shape)
        except ValueError as error:
            raise ValueError("%r: %s" % (name, error)) from None
    return found
