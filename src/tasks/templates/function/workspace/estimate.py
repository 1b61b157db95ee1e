"""The estimator: this file is the submission."""

# How many of the sorted numbers are left out at either end.
LOWEST = 0
HIGHEST = 0


def estimate(numbers):
    """Return the estimated centre of a list of twelve floats."""
    kept = sorted(numbers)[LOWEST : len(numbers) - HIGHEST]
    return sum(kept) / len(kept)
