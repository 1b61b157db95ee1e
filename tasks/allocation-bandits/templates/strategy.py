"""The policy: this file is the submission."""

ARMS = <<arms>>


def choose(history):
    """Return the arm of the next round, an integer from 0.

    history: (arm, reward) of each round so far, oldest first.
    """
    return len(history) % ARMS
