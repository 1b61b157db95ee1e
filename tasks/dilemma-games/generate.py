"""Repeated prisoner's dilemmas: drawn payoffs, rounds, and a hidden population of automata."""
from repeated_game_task import generate

# Chances of cooperating (0): in the first round, and after (0, 0), (0, 1), (1, 0), (1, 1), the row player's move first.
KINDS = {
    "titForTat": (0.9, 0.9, 0.9, 0.1, 0.1),
    "grudging": (0.9, 0.9, 0.3, 0.05, 0.05),
    "pavlov": (0.9, 0.9, 0.1, 0.1, 0.9),
    "generous": (0.9, 0.95, 0.9, 0.4, 0.4),
    "cooperator": (0.9, 0.9, 0.9, 0.9, 0.9),
    "defector": (0.1, 0.1, 0.1, 0.1, 0.1),
    "suspicious": (0.1, 0.9, 0.9, 0.1, 0.1),
    "contrary": (0.5, 0.2, 0.1, 0.9, 0.8),
    "coin": (0.5, 0.5, 0.5, 0.5, 0.5),
}


def payoffs(rng):
    both = round(rng.uniform(2, 4), 1)
    return ((both, round(rng.uniform(-1, 0.5), 1)), (round(both + rng.uniform(1.5, 3), 1), round(rng.uniform(0.5, 1.5), 1)))


generate(
    family="dilemma-games",
    use="train",
    title="A repeated dilemma",
    story="Playing 0 helps the other side, playing 1 pays more at once; what it does to later rounds is for you to find out.",
    payoffs=payoffs,
    kinds=KINDS,
)
