"""What draws machines and rewards. A copy to read and to play with: the judge uses its own."""

ARMS = 5
PULLS = 60


def machine(rng):
    """The chances of a machine's arms; rng: a random.Random."""
    return [rng.uniform(0.1, 0.9) for _ in range(ARMS)]


def pay(chances, arm, rng):
    """The reward of one pull, 0 or 1."""
    return int(rng.random() < chances[arm])
