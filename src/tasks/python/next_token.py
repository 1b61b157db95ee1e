"""Next-token distributions, told in two stages, in the submission's room.

A distribution over 50,000 tokens is 200 kB; what a judge needs of it is one number. So the vocabulary is cut into groups: first
the log-probability of every group goes out, and only once it is fixed the judge names the group that the token is in; then the
log-probabilities within that group go out, and only then the token is looked up. Both are normalised by the judge, so that
their product is a distribution over all tokens, whatever is sent from here.
"""
import math

LOWEST = -1e30
PADDING = 1e4


def numpy_or_none():
    try:
        import numpy

        return numpy
    except ImportError:
        return None


def answering(function, hello):
    """Answers the judge's frames by turns: `tokens` and `lengths` of prefixes, then the `group` of each one's next token."""
    vocabulary, width = hello["vocabulary"], hello["group"]
    kept = []

    def answer(frame):
        if "group" in frame:
            rows = kept.pop()
            chosen = [row[group] for row, group in zip(rows, frame["group"].tolist())]
            return [[[max(value, LOWEST) for value in row] for row in chosen]]
        tokens, lengths = frame["tokens"], frame["lengths"].tolist()
        prefixes, start = [], 0
        for length in lengths:
            prefixes.append(tokens[start : start + length])
            start += length
        rows, sums = grouped(function(prefixes), len(lengths), vocabulary, width)
        kept[:] = [rows]
        return [sums]

    return answer


def grouped(given, count, vocabulary, width):
    """The rows cut into groups, and the logarithm of every group's sum. ValueError where they are no log-probabilities."""
    numpy = numpy_or_none()
    if hasattr(given, "detach"):  # a tensor of torch that remembers its gradient
        given = given.detach().float().cpu().numpy()
    if numpy is not None:
        return grouped_arrays(numpy, numpy.asarray(given, dtype=numpy.float32), count, vocabulary, width)
    if not hasattr(given, "__len__") or len(given) != count or any(len(row) != vocabulary for row in given):
        raise ValueError("the log-probabilities have not the shape %s" % ((count, vocabulary),))
    if not all(math.isfinite(value) for row in given for value in row):
        raise ValueError("the log-probabilities hold NaN or an infinity")
    rows = []
    for row in given:
        top = max(row)
        row = [value - top for value in row]
        row.extend([min(row) - PADDING] * (-vocabulary % width))
        rows.append([row[start : start + width] for start in range(0, vocabulary, width)])
    return rows, [[max(log_sum(group), LOWEST) for group in row] for row in rows]


def log_sum(values):
    top = max(values)
    return top + math.log(math.fsum(math.exp(value - top) for value in values))


def grouped_arrays(numpy, given, count, vocabulary, width):
    """As grouped, with numpy."""
    if given.shape != (count, vocabulary):
        raise ValueError("the log-probabilities have the shape %s, not %s" % (given.shape, (count, vocabulary)))
    tops = given.max(axis=1, keepdims=True)
    # One pass instead of a mask of 50,000 columns: what is not finite shows in a row's largest or smallest number.
    lows = given.min(axis=1, keepdims=True)
    if not (numpy.isfinite(tops).all() and numpy.isfinite(lows).all()):
        raise ValueError("the log-probabilities hold NaN or an infinity")
    lacking = -vocabulary % width
    rows = numpy.full((count, vocabulary + lacking), (lows - tops).min() - PADDING, dtype=given.dtype)
    numpy.subtract(given, tops, out=rows[:, :vocabulary])
    rows = rows.reshape(count, -1, width)
    top = rows.max(axis=2)
    sums = top + numpy.log(numpy.exp(rows - top[:, :, None]).sum(axis=2))
    return rows, sums.clip(LOWEST)
