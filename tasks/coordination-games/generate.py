"""Repeated coordination games in the manner of the battle of the sexes: drawn payoffs, rounds, and a hidden population of automata."""
from repeated_game_task import generate

# Chances of playing 0: in the first round, and after (0, 0), (0, 1), (1, 0), (1, 1), the row player's move first.
KINDS = {
    "follower": (0.3, 0.9, 0.9, 0.1, 0.1),
    "stubborn": (0.1, 0.3, 0.1, 0.2, 0.1),
    "yielding": (0.2, 0.9, 0.6, 0.3, 0.1),
    "alternating": (0.5, 0.1, 0.9, 0.1, 0.9),
    "stayer": (0.4, 0.95, 0.05, 0.95, 0.05),
    "switcher": (0.6, 0.9, 0.8, 0.2, 0.1),
    "contrary": (0.5, 0.2, 0.2, 0.8, 0.8),
    "coin": (0.5, 0.5, 0.5, 0.5, 0.5),
}


def payoffs(rng):
    small = lambda: round(rng.uniform(-0.5, 0.5), 1)
    return ((round(rng.uniform(1.5, 3), 1), small()), (small(), round(rng.uniform(0.7, 2), 1)))


generate(
    family="coordination-games",
    use="heldOut",
    title="A repeated coordination game",
    story="Both sides gain when they meet on a move, and they may like different ones.",
    payoffs=payoffs,
    kinds=KINDS,
)
