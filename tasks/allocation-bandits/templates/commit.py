"""Probe: tries every arm a few times, then stays with the one that paid best."""

ARMS = <<arms>>
TRIES = <<tries>>


def choose(history):
    if len(history) < ARMS * TRIES:
        return len(history) % ARMS
    paid = [0.0] * ARMS
    for arm, reward in history[: ARMS * TRIES]:
        paid[arm] += reward
    return paid.index(max(paid))
