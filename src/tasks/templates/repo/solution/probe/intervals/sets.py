"""Sets of whole numbers as sorted lists of (first, last) pairs, both ends included."""

# Two intervals touch where the next number after one is the first of the other.
GAP = 1


def normal(pairs):
    """The same numbers as a sorted list of pairs that neither overlap nor touch. Pairs with last < first hold nothing."""
    result = []
    for first, last in sorted(pairs):
        if result and first <= result[-1][1] + GAP:
            result[-1] = (result[-1][0], last)
        else:
            result.append((first, last))
    return result


def size(pairs):
    """How many numbers the pairs hold together; a number that is held twice counts once."""
    return sum(last - first + 1 for first, last in normal(pairs))


def contains(pairs, number):
    """Whether one of the pairs holds the number."""
    return any(first <= number <= last for first, last in pairs)


def union(one, other):
    """The numbers of either, as normal() gives them."""
    return normal(list(one) + list(other))


def intersection(one, other):
    """The numbers of both, as normal() gives them."""
    pairs = []
    for first, last in one:
        for start, end in other:
            pairs.append((max(first, start), min(last, end)))
    return normal(pairs)


def complement(pairs, low, high):
    """The numbers from low to high, both included, that the pairs do not hold."""
    result = []
    for first, last in normal(pairs):
        if low < first:
            result.append((low, first))
        low = last
    if low < high:
        result.append((low, high))
    return result
