"""Reference: Thompson's sampling (1933): pull the arm that is best in a draw from what is believed of each."""
import random

ARMS = 5
SHARPNESS = 2.0


def pull(history):
    won, lost = [1.0] * ARMS, [1.0] * ARMS
    for arm, reward in history:
        won[arm] += SHARPNESS * reward
        lost[arm] += SHARPNESS * (1 - reward)
    return max(range(ARMS), key=lambda arm: random.betavariate(won[arm], lost[arm]))
