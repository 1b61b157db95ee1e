"""Repeated games with two moves against a hidden population of small automata.

An automaton is five chances of playing 0: in the first round, and after each outcome (0,0), (0,1), (1,0), (1,1) of the last round, the row
player's move first. The column player is one automaton of a population for a whole game. Expected payoffs are exact: of a memory-one row
player by its Markov chain, of the best player there is by dynamic programming over the histories that it can see (a Bayesian best
response, as in Gilboa, 1988, "The complexity of computing best-response automata in repeated games").
"""
import itertools

CHANCES = 5
WEIGHT_DIGITS = 3


def expected(row, population, payoff, rounds):
    """Mean payoff a round of a memory-one row player (five chances of 0) against a weighted population."""
    total = 0.0
    for weight, column in population:
        states = None
        for number in range(rounds):
            after = [0.0] * 4
            seen = [(1.0, 0)] if states is None else [(chance, 1 + index) for index, chance in enumerate(states)]
            for chance, place in seen:
                zero, other = row[place], column[place]
                for index, (one, two) in enumerate(((zero, other), (zero, 1 - other), (1 - zero, other), (1 - zero, 1 - other))):
                    after[index] += chance * one * two
            states = after
            total += weight * sum(chance * payoff[index // 2][index % 2] for index, chance in enumerate(states))
    return total / rounds


def optimum(population, payoff, rounds):
    """The mean payoff a round of the best player that knows the population and sees its game so far."""

    def value(beliefs, place, left):
        whole = sum(beliefs)
        if left == 0 or whole <= 0:
            return 0.0
        zeros = [belief * column[place] for belief, (_, column) in zip(beliefs, population)]
        ones = [belief - zero for belief, zero in zip(beliefs, zeros)]
        best = None
        for move in (0, 1):
            got = sum(zeros) * payoff[move][0] + sum(ones) * payoff[move][1]
            if left > 1:
                got += value(zeros, 1 + 2 * move, left - 1) + value(ones, 2 + 2 * move, left - 1)
            best = got if best is None else max(best, got)
        return best

    return value([weight for weight, _ in population], 0, rounds) / rounds


def spread(row, population, payoff, rounds, games, rng):
    """Standard deviation of one game's mean payoff, from simulated games."""
    scores = []
    weights = [weight for weight, _ in population]
    for _ in range(games):
        column = rng.choices(population, weights)[0][1]
        place, total = 0, 0.0
        for _ in range(rounds):
            one = 0 if rng.random() < row[place] else 1
            two = 0 if rng.random() < column[place] else 1
            total += payoff[one][two]
            place = 1 + 2 * one + two
        scores.append(total / rounds)
    mean = sum(scores) / games
    return (sum((score - mean) ** 2 for score in scores) / (games - 1)) ** 0.5


def deterministic_rows():
    """All memory-one row players without randomness."""
    return [tuple(map(float, bits)) for bits in itertools.product((0, 1), repeat=CHANCES)]


def draw_population(rng, kinds, count):
    """So many automata with weights, each a kind with its chances blurred."""
    weights = [0.4 + rng.random() for _ in range(count)]
    whole = sum(weights)
    population = []
    for weight, kind in zip(weights, rng.sample(sorted(kinds), count)):
        column = [round(min(0.98, max(0.02, chance + rng.uniform(-0.1, 0.1))), 2) for chance in kinds[kind]]
        population.append((round(weight / whole, WEIGHT_DIGITS), column))
    return normalised(population)


def neighbour(rng, population):
    """Another population of the same kind: what an agent may practise against."""
    blurred = []
    for weight, column in population:
        chances = [round(min(0.98, max(0.02, chance + rng.uniform(-0.12, 0.12))), 2) for chance in column]
        blurred.append((round(weight * rng.uniform(0.7, 1.4), WEIGHT_DIGITS), chances))
    whole = sum(weight for weight, _ in blurred)
    return normalised([(round(weight / whole, WEIGHT_DIGITS), column) for weight, column in blurred])


def normalised(population):
    rest = round(1 - sum(weight for weight, _ in population[1:]), WEIGHT_DIGITS)
    return [(rest, population[0][1])] + population[1:]


def program(row, title):
    """A row player as a Python file; chances of 0 or 1 need no randomness."""
    if all(chance in (0.0, 1.0) for chance in row):
        moves = [0 if chance == 1.0 else 1 for chance in row]
        return (
            '"""%s"""\n\nOPENING = %d\nAFTER = (%d, %d, %d, %d)\n\n\ndef row_strategy(history):\n    if not history:\n'
            "        return OPENING\n    own_last, other_last = history[-1]\n    return AFTER[2 * own_last + other_last]\n"
        ) % (title, *moves)
    return (
        '"""%s"""\nimport random\n\nOPENING = %s\nAFTER = (%s, %s, %s, %s)\n\n\ndef row_strategy(history):\n'
        "    chance = OPENING\n    if history:\n        own_last, other_last = history[-1]\n"
        "        chance = AFTER[2 * own_last + other_last]\n    return 0 if random.random() < chance else 1\n"
    ) % (title, *("%g" % chance for chance in row))


def population_text(population):
    return "(\n%s)" % "".join("    (%g, (%s)),\n" % (weight, ", ".join("%g" % one for one in column)) for weight, column in population)
