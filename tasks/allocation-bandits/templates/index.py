"""Reference: an upper confidence bound (Auer, Cesa-Bianchi and Fischer, 2002) with a prior, and with a memory that fades."""
import math

ARMS = <<arms>>
PRIOR = <<prior>>
WEIGHT = 1.0
WIDTH = <<width>>
FADE = <<fade>>


def choose(history):
    paid, counts = [PRIOR * WEIGHT] * ARMS, [WEIGHT] * ARMS
    for arm, reward in history:
        if FADE < 1:
            paid = [PRIOR * WEIGHT + (one - PRIOR * WEIGHT) * FADE for one in paid]
            counts = [WEIGHT + (one - WEIGHT) * FADE for one in counts]
        paid[arm] += reward
        counts[arm] += 1
    bounds = [one / count + WIDTH / math.sqrt(count) for one, count in zip(paid, counts)]
    return bounds.index(max(bounds))
