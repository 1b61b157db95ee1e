"""Probe: the median."""


def estimate(numbers):
    ordered = sorted(numbers)
    middle = len(ordered) // 2
    return (ordered[middle - 1] + ordered[middle]) / 2
