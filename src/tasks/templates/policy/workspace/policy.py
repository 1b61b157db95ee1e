"""The policy: this file is the submission."""
import random

ARMS = 5
# Pulls at random before the best arm so far is pulled for good.
EXPLORE = 40
# Share of random pulls after that.
CURIOSITY = 0.2


def pull(history):
    """Return the next arm, 0 to 4, from the (arm, reward) tuples so far."""
    if len(history) < EXPLORE or random.random() < CURIOSITY:
        return random.randrange(ARMS)
    paid = [0.0] * ARMS
    count = [0.001] * ARMS
    for arm, reward in history:
        paid[arm] += reward
        count[arm] += 1
    return max(range(ARMS), key=lambda arm: paid[arm] / count[arm])
