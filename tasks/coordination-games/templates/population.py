"""The column player<<whose>>: one automaton of a population for a whole game. Each looks at the last round only."""

MOVES = <<moves>>
# (share of games, chances of each move: in the first round, then after (0, 0), (0, 1), ...; the row player's move comes first)
POPULATION = (
<<population>>)


def automaton_for(population, token):
    """The automaton of a game, by a number from 0 to 1 that is drawn once a game."""
    for share, table in population:
        token -= share
        if token < 0:
            return table
    return population[-1][1]


def play(table, history, rng):
    """The column player's move."""
    place = 1 + MOVES * history[-1][0] + history[-1][1] if history else 0
    token = rng.random()
    for move, chance in enumerate(table[place]):
        token -= chance
        if token < 0:
            return move
    return MOVES - 1
