"""What draws the samples. A copy to read and to measure with: the judge uses its own."""

SIZE = 12


def draw(rng):
    """A true centre, and the numbers measured around it; rng: a random.Random."""
    centre = rng.uniform(-50, 50)
    numbers = [centre + rng.gauss(0, 1 if rng.random() < 0.75 else 10) for _ in range(SIZE)]
    return centre, numbers
