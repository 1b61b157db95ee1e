"""Repeated games with a few moves against a hidden population of automata whose next move depends on the last round, with chances.

An automaton is a table of chances of each move: in the first round, and after each outcome (row move, column move) of the last one. The
column player is one automaton for a whole game. Expected payoffs of fixed answers are exact, by their Markov chain; what the best player
that knows the population and sees its game could get is found by dynamic programming over the histories, as a Bayesian best response.
"""
import itertools

HABITS = ("follower", "stubborn", "stayer", "cycler", "yielding", "contrary")


def place_of(event, moves):
    """The row of an automaton's table: 0 in the first round, then one for each outcome."""
    return 0 if event is None else 1 + event[0] * moves + event[1]


def wanted(habit, event, moves, liked):
    """The move that a habit leads to after the last round's outcome; None in the first round."""
    if event is None or habit == "stubborn":
        return liked
    row, column = event
    if habit == "follower":
        return row
    if habit == "stayer":
        return column
    if habit == "cycler":
        return (column + 1) % moves
    if habit == "contrary":
        return (row + 1) % moves
    return column if row == column else row


def shares(weights):
    """Chances with two digits that add up to 1."""
    whole = sum(weights)
    found = [round(weight / whole, 2) for weight in weights]
    found[found.index(max(found))] += 1 - sum(found)
    return [round(chance, 2) for chance in found]


def automaton(rng, habit, moves, noise):
    """A habit's table, with as much straying as `noise` says."""
    liked = rng.randrange(moves)
    table = []
    for event in [None, *itertools.product(range(moves), repeat=2)]:
        aim = wanted(habit, event, moves, liked)
        stray = noise * rng.uniform(0.6, 1.4)
        weights = [stray / moves * rng.uniform(0.5, 1.5) for _ in range(moves)]
        weights[aim] += 1 - stray
        table.append(shares(weights))
    return table


def neighbour(rng, population):
    """Another population of the same habits: what an agent may practise against."""
    weights = [weight * rng.uniform(0.7, 1.4) for weight, _ in population]
    tables = [
        [shares([chance * rng.uniform(0.7, 1.3) + 0.01 for chance in chances]) for chances in table] for _, table in population
    ]
    return list(zip(shares(weights), tables))


def expected(opening, answers, population, payoff, rounds):
    """Mean payoff a round of a row player with chances of each move: in the first round, and after each move of the column player."""
    moves = len(payoff)
    total = 0.0
    for weight, table in population:
        states = {None: 1.0}
        for _ in range(rounds):
            after = {}
            for event, chance in states.items():
                mine = opening if event is None else answers[event[1]]
                theirs = table[place_of(event, moves)]
                for row, one in enumerate(mine):
                    if one:
                        for column, other in enumerate(theirs):
                            reached = chance * one * other
                            after[row, column] = after.get((row, column), 0.0) + reached
                            total += weight * reached * payoff[row][column]
            states = after
    return total / rounds


def fixed(moves):
    """All players that answer the column player's last move in a fixed way: (opening, answers), as move numbers."""
    for opening, *answers in itertools.product(range(moves), repeat=moves + 1):
        yield opening, tuple(answers)


def chances_of(move, moves):
    return [float(move == one) for one in range(moves)]


def optimum(population, payoff, rounds):
    """The mean payoff a round of the best player that knows the population and sees its game so far."""
    moves = len(payoff)

    def value(beliefs, event, left):
        place = place_of(event, moves)
        reached = [
            [belief * table[place][column] for belief, (_, table) in zip(beliefs, population)] for column in range(moves)
        ]
        likely = [sum(some) for some in reached]
        best = None
        for row in range(moves):
            got = sum(chance * payoff[row][column] for column, chance in enumerate(likely))
            if left > 1:
                got += sum(value(reached[column], (row, column), left - 1) for column in range(moves) if likely[column] > 0)
            best = got if best is None else max(best, got)
        return best

    return value([weight for weight, _ in population], None, rounds) / rounds


def spread(opening, answers, population, payoff, rounds, games, rng):
    """Standard deviation of one game's mean payoff, for a row player given as in `expected`; from simulated games."""
    moves = range(len(payoff))
    scores = []
    for _ in range(games):
        table = rng.choices([table for _, table in population], [weight for weight, _ in population])[0]
        event, total = None, 0.0
        for _ in range(rounds):
            event = (
                rng.choices(moves, opening if event is None else answers[event[1]])[0],
                rng.choices(moves, table[place_of(event, len(payoff))])[0],
            )
            total += payoff[event[0]][event[1]]
        scores.append(total / rounds)
    mean = sum(scores) / games
    return (sum((score - mean) ** 2 for score in scores) / (games - 1)) ** 0.5
