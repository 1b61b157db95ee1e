"""A column player to practise against: of the same kind as the judge's, and not the same. `python3 simulate.py` plays it."""
from population import POPULATION, automaton_for, play

_dealt = {}


def column_strategy(history, rng):
    """Return the column player's move for the next round.

    history: (row move, column move) of each round so far; rng: a random.Random.
    """
    if not history:
        _dealt["table"] = automaton_for(POPULATION, rng.random())
    return play(_dealt["table"], history, rng)
