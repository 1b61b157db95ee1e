"""Reference: the most likely centre under the mixture that draws the numbers, by a few steps of expectation and maximisation."""
import math

STEPS = 12


def estimate(numbers):
    ordered = sorted(numbers)
    centre = (ordered[len(ordered) // 2 - 1] + ordered[len(ordered) // 2]) / 2
    for _ in range(STEPS):
        top = bottom = 0.0
        for number in numbers:
            square = (number - centre) ** 2
            near, far = 0.75 * math.exp(-square / 2), 0.025 * math.exp(-square / 200)
            share = near / (near + far) if near + far > 0 else 0.0
            weight = share + (1 - share) / 100
            top += weight * number
            bottom += weight
        centre = top / bottom
    return centre
